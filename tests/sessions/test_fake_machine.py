"""Scripted agents: their state is computed when it is read."""

import pytest
import trio
from trio.testing import MockClock

from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.spec import LaunchError, LaunchSpec


def spec(attempt: int = 1) -> LaunchSpec:
    return LaunchSpec(session_id="ses_a", attempt=attempt, argv=("a",), env={}, cwd="/")


async def test_output_appears_on_schedule(autojump_clock: MockClock) -> None:
    machine = FakeMachine(lambda spec: Lifetime(output=((1, b"one"), (2, b"two"))))
    agent = machine.start(spec())
    assert agent.next_moment() == agent.started + 1
    await trio.sleep(1)
    agent.catch_up()
    assert machine.logs["ses_a"] == b"one"
    await trio.sleep(5)
    assert machine.find("ses_a") is agent
    assert machine.logs["ses_a"] == b"onetwo"
    assert agent.next_moment() == float("inf")


async def test_the_next_attempt_has_its_own_script_and_the_same_log(autojump_clock: MockClock) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=1, output=((0, str(spec.attempt).encode()),)))
    machine.start(spec())
    await trio.sleep(1)
    second = machine.start(spec(attempt=2))
    assert second.identity.output_start == 1
    assert machine.logs["ses_a"] == b"12"
    assert machine.find("ses_a") is second
    first = machine.find("ses_a", 1)
    assert first is not None
    assert not first.alive


async def test_a_refused_start_leaves_no_agent(autojump_clock: MockClock) -> None:
    machine = FakeMachine(lambda spec: Lifetime(failure=("EACCES", "a: Permission denied")))
    with pytest.raises(LaunchError, match="EACCES: a: Permission denied"):
        machine.start(spec())
    agent = machine.find("ses_a")
    assert agent is not None
    assert agent.record is not None
    assert agent.record.reason == "failed_to_start"


async def test_only_the_living_can_be_lost(autojump_clock: MockClock) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=1))
    agent = machine.start(spec())
    await trio.sleep(2)
    machine.kill_shim("ses_a")
    machine.kill_shim("ses_unknown")
    assert agent.lost == ""
