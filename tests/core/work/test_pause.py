"""Pausing a session, a run or everything; clocks are stopped meanwhile."""

from maestrod.core.values.effects import Launch, Signal
from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    effect,
    exited,
    group,
    live,
    member,
    refused,
    run_of,
    status,
    subtask,
    woke,
)

GROUPS = (group("g", subtask("a", timeoutMs=10_000)), group("h", subtask("b")))
START = Call("task.start", by="@g", taskId="a")


def begun(**params: int) -> Scenario:
    return Scenario().given(run_of(*GROUPS, **params), START)


def test_a_timeout_does_not_run_while_the_session_is_held() -> None:
    play = begun().given(Later(3000), Call("session.pause", sessionId="@g"))
    play.then(member("a", "deadline", None), member("a", "clock.left", 6000))
    play.given(Later(3_600_000)).when(Call("session.resume", sessionId="@g"))
    play.then(member("a", "deadline", play.at + 6000), member("a", "clock.left", None))
    play.when(Later(6000), woke("timeout", "a")).then(status("a", "failed"), member("@g", "stopping", True))


def test_a_session_that_begins_while_held_has_no_running_clock() -> None:
    """A report that was on its way when the session was held."""
    play = Scenario().given(run_of(*GROUPS), Call("session.pause", sessionId="@g"))
    play.when(START).then(status("a", "in_progress"), member("a", "deadline", None), member("a", "clock.left", 10_000))


def test_a_held_session_need_not_register_in_time() -> None:
    play = Scenario().given(run_of(*GROUPS), Call("session.pause", sessionId="@g"))
    assert not [key for key in play.world.deadlines if key.id == play.id_of("@g")]
    play.when(Call("session.resume", sessionId="@g")).then(member("@g", "live.clock.left", None))
    assert [key for key in play.world.deadlines if key.id == play.id_of("@g")]


def test_a_paused_run_starts_nothing_and_holds_its_sessions() -> None:
    play = begun(maxSessions=1).when(Call("run.pause", runId="run")).then(effect(Signal, "@g"))
    play.when(Call("task.complete", by="@g", taskId="a"), exited("@g")).then(live())
    play.when(Call("run.resume", runId="run")).then(live("h"), effect(Launch))


def test_emergency_stop_and_thaw() -> None:
    play = begun(maxSessions=1).when(Call("system.freeze", reason="hot"))
    play.then(effect(Signal, "@g"), member("a", "deadline", None))
    assert play.effects == [Signal(play.id_of("@g"), 1, "STOP")] and play.world.system.frozen_reason == "hot"
    play.when(exited("@g", "failed")).then(live())
    play.when(Call("system.thaw")).then(live("h"), effect(Signal, count=0))
    assert not play.world.system.frozen


def test_a_session_held_twice_is_resumed_once() -> None:
    play = begun().given(Call("session.pause", sessionId="@g"), Call("run.pause", runId="run"))
    play.when(Call("session.resume", sessionId="@g")).then(effect(Signal, "@g", 0))
    play.when(Call("run.resume", runId="run")).then(effect(Signal, "@g"))


def test_an_agent_started_by_hand_cannot_be_held() -> None:
    play = Scenario().given(run_of(*GROUPS), Call("session.register", projectId="shop", agent="shell", name="me"))
    play.when(Call("session.pause", sessionId="@me")).then(refused("session.external"))
    play.when(Call("system.freeze")).then(effect(Signal, "@me", 0))


def test_an_ended_run_cannot_be_paused() -> None:
    play = begun().given(Call("run.cancel", runId="run"))
    play.when(Call("run.pause", runId="run")).then(refused("run.ended"))
