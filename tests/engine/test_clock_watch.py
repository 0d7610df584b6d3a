"""The system reports clock jumps where it can, and nothing wakes an idle daemon before one."""

import os
import sys

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from maestrod.engine import clock_watch
from maestrod.engine.clock_watch import LOOK_SECONDS, ClockWatch


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has timers that are cancelled by a jump")
async def test_a_clock_that_runs_normally_wakes_nobody() -> None:
    watch = ClockWatch()
    assert watch.is_notified
    with trio.move_on_after(0.05) as scope:
        await watch.changed()
    assert scope.cancelled_caught
    watch.close()


async def test_where_the_system_cannot_report_clock_changes_the_watch_polls(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.setattr(clock_watch, "_timer", lambda: None)
    watch = ClockWatch()
    began = trio.current_time()
    await watch.changed()
    assert not watch.is_notified and trio.current_time() - began == LOOK_SECONDS


async def test_a_clock_change_reported_by_the_system_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may set the clock of the machine that runs this, so something else is readable."""
    reader, writer = os.pipe()
    monkeypatch.setattr(clock_watch, "_timer", lambda: reader)
    monkeypatch.setattr(clock_watch, "_arm", lambda fd: True)
    watch = ClockWatch()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.changed)
        await trio.testing.wait_all_tasks_blocked()
        os.write(writer, b"x")
    watch.close()
    os.close(writer)
