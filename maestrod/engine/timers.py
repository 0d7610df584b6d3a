"""Timers: sleep until the world's next deadline, on the monotonic clock.

A deadline is a wall time, kept by the entity that waits. It becomes a duration when it appears, so setting the clock meanwhile
neither fires many deadlines at once nor lengthens a wait.

A deadline is judged only after ``hear`` has processed the reports that arrived before it. A deadline that passed while the
daemon could not listen (it was down, stopped, or its loop stalled) gets ``GRACE_SECONDS`` more, because agents and users that
were in time must first notice that the daemon listens again. A deadline that only starts something gets no grace.
"""

from collections.abc import Awaitable, Callable, Sequence
from heapq import heappop, heappush

import trio

from maestrod.core.values.deadline import Deadline
from maestrod.core.values.facts import Fact, Woke
from maestrod.core.world.world import World
from maestrod.engine.clock import TimeSource

#: Seconds for reports after the daemon did not listen. The shell worker retries at least every 2 s, other clients about as
#: often.
GRACE_SECONDS = 5.0
#: A timer this late (s) shows that the loop did not run; an overloaded machine is late by tenths of a second.
LATE_SECONDS = 1.0
#: Maximum seconds for ``hear`` before a judgement, so that an agent that floods the daemon cannot delay its own deadline;
#: and after a start, when there may be hours of output to read.
HEAR_SECONDS = 0.5
HEAR_AT_START_SECONDS = 30.0
#: Turns of the loop in which everything already in the sockets is accepted, read and decided. A new connection takes about ten.
HEAR_TURNS = 50


async def no_reports() -> None:
    """For daemons whose reports arrive only through sockets."""


async def drain_sockets() -> None:
    """Return when everything that is in the sockets now is accepted, read and decided."""
    for _ in range(HEAR_TURNS):
        await trio.lowlevel.checkpoint()


class Timers:
    """Reports deadlines to the world: ``wake`` is awaited with a ``Woke`` for every deadline that has passed.

    It reports none before ``listen`` is called. ``notice`` checks the clock before each judgement.
    """

    def __init__(
        self, world: World, clock: TimeSource, wake: Callable[[Fact], Awaitable[None]], notice: Callable[[], None]
    ) -> None:
        self._world = world
        self._clock = clock
        self._wake = wake
        self._notice = notice
        self._hear: Callable[[], Awaitable[None]] = no_reports
        self._listens = trio.Event()
        self._armed: dict[Deadline, float] = {}
        self._heap: list[tuple[float, Deadline]] = []
        self._graced: set[Deadline] = set()
        self._floor = 0.0
        self._changed = trio.Event()

    def listen(self, hear: Callable[[], Awaitable[None]] = no_reports) -> None:
        """Begin to judge deadlines. ``hear`` processes reports that do not arrive through sockets."""
        self._hear = hear
        self._listens.set()

    def refresh(self) -> None:
        """Check the deadlines that moved."""
        if self._world.moved_deadlines:
            self._changed.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Sleep until the next deadline or change, until cancelled. Without deadlines, it never wakes up."""
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
        """Report due deadlines after processing reports, or delay those that passed while the daemon did not listen."""
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
        """The deadlines that are due, in order of time. They stay armed until they are judged."""
        due = []
        while self._heap and self._heap[0][0] <= trio.current_time():
            at, deadline = heappop(self._heap)
            if self._armed.get(deadline) == at and deadline not in due:
                due.append(deadline)
        return due

    def _is_due(self, deadline: Deadline) -> bool:
        """Whether a deadline must still be judged. One that moved is armed again."""
        at = self._armed.get(deadline)
        return at is not None and at <= trio.current_time() and deadline not in self._world.moved_deadlines

    def _is_late(self, deadline: Deadline) -> bool:
        """Whether the loop did not run when a deadline was due. After a grace, only if it did not run for longer than a grace."""
        patience = GRACE_SECONDS if deadline in self._graced else LATE_SECONDS
        return deadline.kind.needs_reports and trio.current_time() - self._armed[deadline] > patience

    async def _take_in(self, seconds: float) -> None:
        """Process all reports until now: turns of the loop for the sockets, ``hear`` for the rest."""
        await drain_sockets()
        with trio.move_on_after(seconds):
            await self._hear()

    def _put_off(self, floor: float) -> None:
        """Delay all deadlines that are due before ``floor`` to that time."""
        self._floor = floor
        for deadline, at in list(self._armed.items()):
            if at < floor and deadline.kind.needs_reports:
                self._graced.add(deadline)
                self._set(deadline, floor)
