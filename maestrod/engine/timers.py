"""Timers: sleeping until the world's next deadline, on the monotonic clock.

A deadline is a wall time, kept by the entity that waits. It is turned into a time to wait when it appears, so that a clock
set forward or back meanwhile neither fires a storm nor stretches a wait.
"""

from collections.abc import Awaitable, Callable
from heapq import heappop, heappush

import trio

from maestrod.core.facts import Fact, Woke
from maestrod.core.world import World
from maestrod.engine.clock import Clock


class Timers:
    """Wakes the world: ``wake`` is awaited with a ``Woke`` for every deadline that has passed."""

    def __init__(self, world: World, clock: Clock, wake: Callable[[Fact], Awaitable[None]]) -> None:
        self._world = world
        self._clock = clock
        self._wake = wake
        self._armed: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []
        self._changed = trio.Event()

    def refresh(self) -> None:
        """Look at the deadlines that moved."""
        if self._world.moved_deadlines:
            self._changed.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Sleep until the next deadline or change, for ever; with nothing to wait for there is no wake-up."""
        task_status.started()
        while True:
            self._arm()
            timeout = self._heap[0][0] - trio.current_time() if self._heap else float("inf")
            if timeout > 0:
                with trio.move_on_after(timeout):
                    await self._changed.wait()
            await self._fire()

    def _arm(self) -> None:
        self._changed = trio.Event()
        moved, self._world.moved_deadlines = self._world.moved_deadlines, set()
        for key in sorted(moved):
            at = self._world.deadlines.get(key)
            if at is None:
                self._armed.pop(key, None)
                continue
            due = trio.current_time() + max(0, at - self._clock.wall()) / 1000
            self._armed[key] = due
            heappush(self._heap, (due, key))

    async def _fire(self) -> None:
        while self._heap and self._heap[0][0] <= trio.current_time():
            due, key = heappop(self._heap)
            if self._armed.get(key) == due and key not in self._world.moved_deadlines:  # one that moved is armed anew
                del self._armed[key]
                await self._wake(Woke(key))
