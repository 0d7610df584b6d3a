"""The fake custody under a mock clock: scripts play out in virtual time, across restarts of the daemon."""

import pytest
import trio
from trio.testing import MockClock

from maestrod.sessions.fake import FakeCustody
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.spec import AlreadyEnded, ExitRecord, LaunchSpec, Running, ShimGone


def spec(attempt: int = 1) -> LaunchSpec:
    return LaunchSpec(session_id="ses_a", attempt=attempt, argv=("a",), env={}, cwd="/")


class Life:
    """One daemon's life over a machine."""

    def __init__(self, machine: FakeMachine) -> None:
        self.exits: list[ExitRecord] = []
        self.custody = FakeCustody(machine, self.on_exit)

    async def on_exit(self, record: ExitRecord) -> None:
        self.exits.append(record)


async def test_an_hour_of_a_fake_agent_takes_no_time(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=3600, code=4, output=((1800, b"half"), (3599, b" done"))))
    life = Life(machine)
    await nursery.start(life.custody.run)
    began = trio.current_time()
    await life.custody.launch(spec())
    assert await life.custody.wait_output("ses_a", 0) == 4
    assert trio.current_time() - began == pytest.approx(1800)
    await trio.sleep(1801)
    [record] = life.exits
    assert (record.code, record.output_end) == (4, 9)
    assert record.ended_at - (record.started_at or 0) == 3600_000


async def test_an_agent_that_ends_between_two_daemons_is_recorded_with_the_time_of_its_end(
    autojump_clock: MockClock,
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=10, code=1))
    async with trio.open_nursery() as first_life:
        first = Life(machine)
        await first_life.start(first.custody.run)
        identity = await first.custody.launch(spec())
        first_life.cancel_scope.cancel()
    await trio.sleep(100)
    async with trio.open_nursery() as second_life:
        second = Life(machine)
        await second_life.start(second.custody.run)
        adoption = await second.custody.adopt("ses_a", 1)
        assert isinstance(adoption, AlreadyEnded)
        assert adoption.record.ended_at == identity.at + 10_000
        second_life.cancel_scope.cancel()
    assert (first.exits, second.exits) == ([], [])
    assert machine.launches == [("ses_a", 1)]


async def test_a_paused_script_waits(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    life = Life(FakeMachine(lambda spec: Lifetime(seconds=10)))
    await nursery.start(life.custody.run)
    await life.custody.launch(spec())
    await trio.sleep(4)
    await life.custody.signal("ses_a", "STOP")
    await trio.sleep(1000)
    assert life.exits == []
    await life.custody.signal("ses_a", "CONT")
    await trio.sleep(5.9)
    assert life.exits == []
    await trio.sleep(0.2)
    assert len(life.exits) == 1


async def test_an_agent_can_end_while_it_is_stopped(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    life = Life(FakeMachine(lambda spec: Lifetime(seconds=3, code=0, ignores=frozenset({"TERM"}))))
    await nursery.start(life.custody.run)
    await life.custody.launch(spec())
    report = await life.custody.stop("ses_a", [("TERM", 10), ("KILL", 10)])
    assert (report.left, report.signalled) == (0, ("TERM",))
    assert [(record.code, record.reason) for record in life.exits] == [(0, "exited")]


async def test_a_slow_reaction_takes_its_time(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    life = Life(FakeMachine(lambda spec: Lifetime(reaction=3)))
    await nursery.start(life.custody.run)
    await life.custody.launch(spec())
    began = trio.current_time()
    report = await life.custody.stop("ses_a")
    assert report.signalled == ("TERM",)
    assert trio.current_time() - began == pytest.approx(3)


async def test_after_a_reboot_everything_is_lost(autojump_clock: MockClock) -> None:
    machine = FakeMachine()
    async with trio.open_nursery() as first_life:
        first = Life(machine)
        await first_life.start(first.custody.run)
        await first.custody.launch(spec())
        first_life.cancel_scope.cancel()
    machine.reboot()
    async with trio.open_nursery() as second_life:
        second = Life(machine)
        await second_life.start(second.custody.run)
        assert isinstance(await second.custody.adopt("ses_a", 1), ShimGone)
        identity = await second.custody.launch(spec(attempt=2))
        assert await second.custody.adopt("ses_a", 2) == Running(identity)
        second_life.cancel_scope.cancel()


async def test_custody_that_does_not_run_says_so() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        await Life(FakeMachine()).custody.launch(spec())
