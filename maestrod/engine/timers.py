"""Timers: sleeping until the world's next deadline, on the monotonic clock.

A deadline is a wall time, kept by the entity that waits. It is turned into a time to wait when it appears, so that a clock
set forward or back meanwhile neither fires a storm nor stretches a wait.

Nobody is judged unheard. What falls due is judged only after ``hear`` has taken in what was reported until then. A deadline that
passed while the daemon could not listen (it was down, stopped, or its loop stalled) gets ``GRACE_SECONDS`` on top, because those who
were in time first have to notice that somebody listens again. A deadline that only begins something gets no grace.
"""

from collections.abc import Awaitable, Callable, Sequence
from heapq import heappop, heappush

import trio

from maestrod.core.values.deadline import Deadline
from maestrod.core.values.facts import Fact, Woke
from maestrod.core.world.world import World
from maestrod.engine.clock import TimeSource

#: Seconds to report in after the daemon did not listen: the shell worker tries again at least every 2 s, other clients about as often.
GRACE_SECONDS = 5.0
#: A timer that fires so many seconds late shows that the loop did not run: an overloaded machine is late by tenths.
LATE_SECONDS = 1.0
#: Seconds that hearing may take before a judgement, so that an agent that floods the daemon cannot put off its own deadline;
#: and after a start, when there may be hours of output to read.
HEAR_SECONDS = 0.5
HEAR_AT_START_SECONDS = 30.0
#: Turns of the loop in which what lies in the sockets already is accepted, read and decided: a new connection takes about ten.
HEAR_TURNS = 50


async def nothing_to_hear() -> None:
    """What is heard where reports come by the sockets only."""


async def hear_sockets() -> None:
    """Return when what lies in the sockets by now is accepted, read and decided."""
    for _ in range(HEAR_TURNS):
        await trio.lowlevel.checkpoint()


class Timers:
    """Wakes the world: ``wake`` is awaited with a ``Woke`` for every deadline that has passed.

    Nothing wakes before ``listen`` is called. ``notice`` is asked to look at the clock before anybody is judged by it.
    """

    def __init__(
        self, world: World, clock: TimeSource, wake: Callable[[Fact], Awaitable[None]], notice: Callable[[], None]
    ) -> None:
        self._world = world
        self._clock = clock
        self._wake = wake
        self._notice = notice
        self._hear: Callable[[], Awaitable[None]] = nothing_to_hear
        self._listens = trio.Event()
        self._armed: dict[Deadline, float] = {}
        self._heap: list[tuple[float, Deadline]] = []
        self._graced: set[Deadline] = set()
        self._floor = 0.0
        self._changed = trio.Event()

    def listen(self, hear: Callable[[], Awaitable[None]] = nothing_to_hear) -> None:
        """Reports can come in from now on: begin to judge. ``hear`` takes in what is reported by other ways than the sockets."""
        self._hear = hear
        self._listens.set()

    def refresh(self) -> None:
        """Look at the deadlines that moved."""
        if self._world.moved_deadlines:
            self._changed.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Sleep until the next deadline or change, for ever; with nothing to wait for there is no wake-up."""
        task_status.started()
        await self._listens.wait()
        self._arm()
        if self._armed:
            opened = trio.current_time()
            await self._take_in(HEAR_AT_START_SECONDS)
            self._put_off(opened + GRACE_SECONDS)
        while True:
            self._arm()
            timeout = self._heap[0][0] - trio.current_time() if self._heap else float("inf")
            if timeout > 0:
                with trio.move_on_after(timeout):
                    await self._changed.wait()
            await self._judge()

    def _arm(self) -> None:
        self._changed = trio.Event()
        for deadline in sorted(self._world.take_moved_deadlines()):
            at = self._world.deadlines.get(deadline)
            left = 0 if at is None else max(0, at - self._clock.wall())
            if left or at is None:
                self._graced.discard(deadline)
            if at is None:
                self._armed.pop(deadline, None)
            else:
                due = trio.current_time() + left / 1000
                self._set(deadline, max(due, self._floor) if deadline in self._graced else due)

    def _set(self, deadline: Deadline, due: float) -> None:
        self._armed[deadline] = due
        heappush(self._heap, (due, deadline))

    async def _judge(self) -> None:
        """Wake the world for what is due, heard; or put off what passed while nobody listened."""
        due = self._due()
        if not due:
            return
        self._notice()
        if any(self._is_late(deadline) for deadline in due):
            await self._take_in(GRACE_SECONDS)
            self._put_off(trio.current_time() + GRACE_SECONDS)
        else:
            await self._take_in(HEAR_SECONDS)
        for deadline in due:
            if self._is_due(deadline):
                del self._armed[deadline]
                self._graced.discard(deadline)
                await self._wake(Woke(deadline))

    def _due(self) -> Sequence[Deadline]:
        """The deadlines that are due, in the order of their moments; they stay in the heap until they are judged."""
        due = []
        while self._heap and self._heap[0][0] <= trio.current_time():
            at, deadline = heappop(self._heap)
            if self._armed.get(deadline) == at and deadline not in due:
                due.append(deadline)
        return due

    def _is_due(self, deadline: Deadline) -> bool:
        """Whether a deadline is to be judged still; one that moved is armed anew."""
        at = self._armed.get(deadline)
        return at is not None and at <= trio.current_time() and deadline not in self._world.moved_deadlines

    def _is_late(self, deadline: Deadline) -> bool:
        """Whether the loop did not run when a deadline fell due. Twice in a row only when it stood still for longer than a grace."""
        patience = GRACE_SECONDS if deadline in self._graced else LATE_SECONDS
        return deadline.kind.needs_word and trio.current_time() - self._armed[deadline] > patience

    async def _take_in(self, seconds: float) -> None:
        """Hear what was reported until now: the loop's turns take in the sockets, ``hear`` the rest."""
        await hear_sockets()
        with trio.move_on_after(seconds):
            await self._hear()

    def _put_off(self, floor: float) -> None:
        """Judge nothing before ``floor`` that was due by then."""
        self._floor = floor
        for deadline, at in list(self._armed.items()):
            if at < floor and deadline.kind.needs_word:
                self._graced.add(deadline)
                self._set(deadline, floor)
