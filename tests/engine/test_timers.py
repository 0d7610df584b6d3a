"""Timers wake at deadlines by the monotonic clock, whatever the wall clock does meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from maestrod.core.facts import Fact, Woke
from maestrod.core.world import World
from maestrod.engine.timers import Timers
from tests.kit.engine_parts import FixedClock


class Bench:
    """Timers of a world whose deadlines the test sets by hand."""

    def __init__(self) -> None:
        self.world, self.clock = World(), FixedClock()
        self.woken: list[tuple[str, float]] = []
        self.timers = Timers(self.world, self.clock, self.wake)

    async def wake(self, fact: Fact) -> None:
        assert isinstance(fact, Woke)
        self.woken.append((fact.key, trio.current_time() - self.began))
        self.world.deadlines.pop(fact.key, None)

    def set(self, key: str, after_ms: int | None) -> None:
        if after_ms is None:
            self.world.deadlines.pop(key, None)
        else:
            self.world.deadlines[key] = self.clock.now + after_ms
        self.world.moved_deadlines.add(key)
        self.timers.refresh()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.began = trio.current_time()
        async with trio.open_nursery() as nursery:
            await nursery.start(self.timers.run)
            yield
            nursery.cancel_scope.cancel()


async def test_deadlines_wake_in_order_and_on_time(autojump_clock: trio.testing.MockClock) -> None:
    bench = Bench()
    async with bench.running():
        bench.set("retry:b", 2000)
        bench.set("retry:a", 1000)
        await trio.sleep(5)
    assert bench.woken == [("retry:a", 1.0), ("retry:b", 2.0)]


async def test_a_deadline_that_moved_or_went_does_not_fire_at_its_old_time(
    autojump_clock: trio.testing.MockClock,
) -> None:
    bench = Bench()
    async with bench.running():
        bench.set("timeout:moved", 1000)
        bench.set("timeout:gone", 1000)
        await trio.sleep(0.5)
        bench.set("timeout:moved", 3000)
        bench.set("timeout:gone", None)
        await trio.sleep(10)
    assert bench.woken == [("timeout:moved", 3.5)]


async def test_deadlines_set_before_the_start_fire(autojump_clock: trio.testing.MockClock) -> None:
    bench = Bench()
    bench.set("retry:past", -60_000)
    async with bench.running():
        await trio.sleep(1)
    assert bench.woken == [("retry:past", 0.0)]


async def test_fault_26_a_wall_clock_that_jumps_does_not_fire_or_stretch_timers(
    autojump_clock: trio.testing.MockClock,
) -> None:
    bench = Bench()
    async with bench.running():
        bench.set("retry:a", 10_000)
        await trio.sleep(1)
        bench.clock.now += 365 * 86_400_000
        bench.timers.refresh()
        await trio.sleep(1)
        assert bench.woken == []
        bench.clock.now -= 400 * 86_400_000
        await trio.sleep(20)
    assert bench.woken == [("retry:a", 10.0)]


async def test_nothing_to_wait_for_means_no_wake_up(autojump_clock: trio.testing.MockClock) -> None:
    bench = Bench()
    async with bench.running():
        before = trio.lowlevel.current_statistics().seconds_to_next_deadline
        await trio.testing.wait_all_tasks_blocked()
        assert before == float("inf") or before > 1e6


async def test_a_deadline_that_another_one_moved_does_not_wake_at_its_old_moment(
    autojump_clock: trio.testing.MockClock,
) -> None:
    bench = Bench()

    async def wake(fact: Fact) -> None:
        await Bench.wake(bench, fact)
        if len(bench.woken) == 1:
            bench.clock.now += 1000
            bench.set("wake:b", 5000)

    bench.timers = Timers(bench.world, bench.clock, wake)
    async with bench.running():
        bench.set("wake:a", 1000)
        bench.set("wake:b", 1000)
        await trio.sleep(10)
    assert bench.woken == [("wake:a", 1.0), ("wake:b", 6.0)]
