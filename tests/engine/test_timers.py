"""Timers wake at deadlines by the monotonic clock, whatever the wall clock does meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from maestrod.core.values.deadline import Deadline, DeadlineKind
from maestrod.core.values.facts import Fact, Woke
from maestrod.core.world.world import World
from maestrod.engine.timers import GRACE_SECONDS, HEAR_SECONDS, LATE_SECONDS, Timers
from tests.kit.parts.engine_parts import FixedClock


class Bench:
    """Timers of a world whose deadlines the test sets by hand."""

    def __init__(self) -> None:
        self.world, self.clock = World(), FixedClock()
        self.woken: list[tuple[str, float]] = []
        self.heard: list[float] = []
        self.hearing_takes = 0.0
        self.timers = Timers(self.world, self.clock, self.wake, self.notice)

    def notice(self) -> None:
        """Nobody sets this clock by itself."""

    async def hear(self) -> None:
        await trio.sleep(self.hearing_takes)
        self.heard.append(trio.current_time() - self.began)

    async def wake(self, fact: Fact) -> None:
        assert isinstance(fact, Woke)
        self.woken.append((str(fact.deadline), trio.current_time() - self.began))
        self.world.deadlines.pop(fact.deadline, None)

    def set(self, key: str, after_ms: int | None) -> None:
        kind, _, id_ = key.partition(":")
        deadline = Deadline(DeadlineKind(kind), id_)
        if after_ms is None:
            self.world.deadlines.pop(deadline, None)
        else:
            self.world.deadlines[deadline] = self.clock.now + after_ms
        self.world.moved_deadlines.add(deadline)
        self.timers.refresh()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.began = trio.current_time()
        async with trio.open_nursery() as nursery:
            await nursery.start(self.timers.run)
            self.timers.listen(self.hear)
            yield
            nursery.cancel_scope.cancel()


async def test_deadlines_wake_in_order_and_on_time(autojump_clock: trio.testing.MockClock) -> None:
    bench = Bench()
    async with bench.running():
        bench.set("retry:b", 2000)
        bench.set("retry:a", 1000)
        await trio.sleep(5)
    assert bench.woken == [("retry:a", 1.0), ("retry:b", 2.0)]


async def test_a_moved_or_deleted_deadline_does_not_fire_at_its_old_time(
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


async def test_fault_26_a_jumping_wall_clock_neither_fires_nor_delays_timers(
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


async def test_without_deadlines_there_is_no_wake_up(autojump_clock: trio.testing.MockClock) -> None:
    bench = Bench()
    async with bench.running():
        before = trio.lowlevel.current_statistics().seconds_to_next_deadline
        await trio.testing.wait_all_tasks_blocked()
        assert before == float("inf") or before > 1e6


async def test_a_moved_deadline_does_not_fire_at_its_old_time(
    autojump_clock: trio.testing.MockClock,
) -> None:
    bench = Bench()

    async def wake(fact: Fact) -> None:
        await Bench.wake(bench, fact)
        if len(bench.woken) == 1:
            bench.clock.now += 1000
            bench.set("wake:b", 5000)

    bench.timers = Timers(bench.world, bench.clock, wake, bench.notice)
    async with bench.running():
        bench.set("wake:a", 1000)
        bench.set("wake:b", 1000)
        await trio.sleep(10)
    assert bench.woken == [("wake:a", 1.0), ("wake:b", 6.0)]


def stall(clock: trio.testing.MockClock, seconds: float) -> None:
    """The process does not run for a while (SIGSTOP, a loop that is stuck): time goes on, and nothing of it is noticed."""
    clock.jump(seconds)


@pytest.mark.parametrize("key", ["timeout:a", "register:a", "answer:a", "finish:a", "stall:a", "quiet:a"])
class TestOfADeadlineThatNeedsWord:
    async def test_it_gets_a_grace_when_it_passed_before_the_start(
        self, key: str, autojump_clock: trio.testing.MockClock
    ) -> None:
        bench = Bench()
        bench.set(key, -60_000)
        async with bench.running():
            await trio.sleep(20)
        assert bench.woken == [(key, GRACE_SECONDS)]
        assert bench.heard[0] == 0.0

    async def test_it_gets_a_grace_when_it_passes_soon_after_the_start(
        self, key: str, autojump_clock: trio.testing.MockClock
    ) -> None:
        bench = Bench()
        bench.set(key, 1000)
        async with bench.running():
            await trio.sleep(20)
        assert bench.woken == [(key, GRACE_SECONDS)]

    async def test_a_deadline_set_after_the_start_is_on_time(
        self, key: str, autojump_clock: trio.testing.MockClock
    ) -> None:
        bench = Bench()
        bench.set("timeout:old", -1)
        async with bench.running():
            await trio.sleep(1)
            bench.set(key, 1000)
            await trio.sleep(20)
        assert bench.woken == [(key, 2.0), ("timeout:old", GRACE_SECONDS)]

    async def test_it_gets_a_grace_when_it_passed_in_a_stall(
        self, key: str, mock_clock: trio.testing.MockClock
    ) -> None:
        bench = Bench()
        async with bench.running():
            bench.set(key, 10_000)
            bench.set("timeout:soon", 22_000)
            await trio.testing.wait_all_tasks_blocked()
            stall(mock_clock, 20.0)
            await trio.testing.wait_all_tasks_blocked()
            assert (bench.woken, bench.heard[-1]) == ([], 20.0)
            mock_clock.autojump_threshold = 0
            await trio.sleep(20)
        assert sorted(bench.woken) == sorted([(key, 25.0), ("timeout:soon", 25.0)])

    async def test_it_is_judged_after_the_reports_are_read(
        self, key: str, autojump_clock: trio.testing.MockClock
    ) -> None:
        bench = Bench()

        async def hear() -> None:
            bench.set(key, None)

        async with bench.running():
            bench.timers.listen(hear)
            bench.set(key, 1000)
            await trio.sleep(20)
        assert bench.woken == []

    async def test_endless_reports_postpone_it_only_briefly(
        self, key: str, autojump_clock: trio.testing.MockClock
    ) -> None:
        bench = Bench()
        bench.hearing_takes = 3600.0
        async with bench.running():
            await trio.testing.wait_all_tasks_blocked()
            bench.set(key, 1000)
            await trio.sleep(20)
        assert bench.woken == [(key, 1.0 + HEAR_SECONDS)]


@pytest.mark.parametrize("key", ["retry:a", "wake:a", "limit:agent"])
async def test_a_deadline_that_only_begins_something_gets_no_grace(
    key: str, mock_clock: trio.testing.MockClock
) -> None:
    bench = Bench()
    async with bench.running():
        bench.set(key, 10_000)
        await trio.testing.wait_all_tasks_blocked()
        stall(mock_clock, 20.0)
        await trio.testing.wait_all_tasks_blocked()
        assert bench.woken == [(key, 20.0)]


async def test_a_loop_that_is_always_late_postpones_a_deadline_once(mock_clock: trio.testing.MockClock) -> None:
    bench = Bench()
    async with bench.running():
        bench.set("timeout:a", 10_000)
        for seconds in (12.0, GRACE_SECONDS + 2 * LATE_SECONDS):
            await trio.testing.wait_all_tasks_blocked()
            assert bench.woken == []
            stall(mock_clock, seconds)
        await trio.testing.wait_all_tasks_blocked()
    assert [key for key, _ in bench.woken] == ["timeout:a"]


async def test_nothing_is_judged_before_clients_can_report(autojump_clock: trio.testing.MockClock) -> None:
    bench = Bench()
    bench.began = trio.current_time()
    bench.set("timeout:a", -60_000)
    bench.set("retry:a", -60_000)
    async with trio.open_nursery() as nursery:
        await nursery.start(bench.timers.run)
        await trio.sleep(100)
        assert bench.woken == []
        bench.timers.listen(bench.hear)
        await trio.sleep(20)
        assert bench.woken == [("retry:a", 100.0), ("timeout:a", 100.0 + GRACE_SECONDS)]
        nursery.cancel_scope.cancel()
