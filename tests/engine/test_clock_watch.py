"""The system tells of jumps where it can, and nothing wakes an idle daemon before one."""

import os
import sys

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from maestrod.engine import clock_watch
from maestrod.engine.clock_watch import LOOK_SECONDS, ClockWatch


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has timers that are cancelled by a jump")
async def test_a_clock_that_goes_on_as_it_should_wakes_nobody() -> None:
    watch = ClockWatch()
    assert watch.is_told
    with trio.move_on_after(0.05) as scope:
        await watch.changed()
    assert scope.cancelled_caught
    watch.close()


async def test_where_the_system_does_not_tell_one_looks_now_and_then(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.setattr(clock_watch, "_timer", lambda: None)
    watch = ClockWatch()
    began = trio.current_time()
    await watch.changed()
    assert not watch.is_told and trio.current_time() - began == LOOK_SECONDS


async def test_what_the_system_tells_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
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
