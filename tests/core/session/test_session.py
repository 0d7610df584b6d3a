"""The life of a session: registration, working and resting, its one end, and what happens to its tasks.

Covers ``start.py``: starting is a session's first page.
Covers ``stop.py``: stopping is its last.
Covers ``fact_rules.py``: reports and facts together make a session's history.
"""

import pytest

from maestrod.core.values.effects import Launch, Stop
from maestrod.core.values.facts import Draining, StoppingSessions
from tests.kit.worlds.scenario import (
    Call,
    Find,
    Later,
    Scenario,
    Step,
    came_up,
    effect,
    event,
    exited,
    group,
    live,
    lost,
    member,
    not_launched,
    nothing,
    project,
    refused,
    run_of,
    status,
    subtask,
    task,
    woke,
)

UNIT = run_of(group("g", subtask("a"), subtask("b")))
START = Call("task.start", by="@g", taskId="a")


@pytest.mark.parametrize(
    "sign",
    [
        Call("session.register", by="@g"),
        Call("session.report", by="@g", message="hello"),
        Call("event.report", by="@g", event="SessionStart"),
        Call("attention.ask", by="@g", message="?"),
        Call("task.update", by="@g", taskId="a", title="a"),
    ],
    ids=lambda call: call.method,
)
def test_a_sessions_first_call_is_its_first_sign_of_life(sign: Call) -> None:
    play = Scenario().given(UNIT, came_up("@g")).then(status("@g", "spawning"), member("@g", "process.pid", 7))
    assert any(key.kind == "register" for key in play.world.deadlines)
    play.when(sign).then(status("@g", "idle"))
    assert not any(key.kind == "register" for key in play.world.deadlines)


def test_a_session_is_working_while_one_of_its_tasks_is_in_progress() -> None:
    play = Scenario().given(UNIT).when(START).then(status("@g", "working"))
    play.when(Call("task.complete", by="@g", taskId="a")).then(status("@g", "idle"))


def test_without_a_registration_in_time_the_session_has_failed_and_is_stopped() -> None:
    play = Scenario().given(UNIT).when(Later(60_000), woke("register", "@g"))
    play.then(status("@g", "failed"), effect(Stop, "@g"), member("@g", "status_reason.code", "not_registered"))


@pytest.mark.parametrize("judgement", ["completed", "failed"])
def test_a_process_that_dies_before_its_registration_has_failed_and_shows_its_last_output(judgement: str) -> None:
    play = Scenario().given(UNIT).when(exited("@g", judgement, tail="no such option")).then(status("@g", "failed"))
    detail = play.world.sessions[play.id_of("@g")].status_reason
    assert detail is not None and "before any sign of life; last output: no such option" in detail.detail


@pytest.mark.parametrize("judgement", ["completed", "failed", "stopped"])
def test_a_process_that_dies_after_its_registration_ends_as_its_adapter_judges(judgement: str) -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))), START).when(exited("@g", judgement))
    play.then(status("@g", judgement), event("session.status"), member("@g", "exit.reason", "exited"))


def test_work_in_progress_has_failed_and_the_rest_goes_to_another_session() -> None:
    play = Scenario().given(UNIT, START).when(exited("@g", "failed"))
    play.then(status("a", "failed"), status("b", "pending"), live("g"), effect(Launch))
    play.then(member("@g", "task_ids", (play.id_of("b"),)))


def test_a_process_that_ends_well_without_completing_its_task_has_not_completed_it() -> None:
    play = Scenario().given(UNIT, START).when(exited("@g", "completed")).then(status("a", "failed"))
    assert "ended without completing it" in str(play.world.tasks[play.id_of("a")].result)


def test_a_lost_session_has_failed_and_says_so() -> None:
    play = Scenario().given(UNIT, START).when(lost("@g")).then(status("a", "failed"))
    first = next(iter(play.world.sessions.values()))
    assert first.status_reason is not None and first.status_reason.code == "lost"


def test_attempts_are_kept_as_history_with_a_backoff_that_doubles() -> None:
    play = Scenario().given(run_of(group("g", subtask("a", maxAttempts=3, backoffMs=1000))))
    waits = []
    for _ in range(2):
        play.given(Call("task.fail", by="@g", taskId="a", error="no"))
        not_before = play.world.tasks[play.id_of("a")].not_before
        assert not_before is not None
        waits.append(not_before - play.at)
        play.given(exited("@g"), Later(5000), woke("retry", "a"))
    assert waits == [1000, 2000]
    play.when(Call("task.fail", by="@g", taskId="a", error="for good")).then(
        status("a", "failed"), status("run", "failed")
    )
    attempts = play.world.tasks[play.id_of("a")].attempts
    assert [(tried.attempt, tried.error) for tried in attempts] == [(1, "no"), (2, "no"), (3, "for good")]
    assert len({tried.session_id for tried in attempts}) == 3


def test_a_failed_launch_fails_the_session_but_a_shortage_costs_no_attempt() -> None:
    play = Scenario().given(UNIT).when(not_launched("@g")).then(status("a", "failed"), status("b", "failed"))
    play = Scenario().given(UNIT).when(not_launched("@g", retryable=True))
    play.then(status("a", "pending"), member("a", "attempt", 1), member("a", "attempts", ()), live())
    play.when(woke("retry", "a")).then(live("g"), status("run", "running"))


def test_a_stop_by_the_user_stops_the_session_and_cancels_its_tasks() -> None:
    play = Scenario().given(UNIT, START).when(Call("session.stop", sessionId="@g", reason="enough"))
    play.then(effect(Stop, "@g"), status("@g", "working"), member("@g", "status_reason.detail", "enough"))
    play.when(exited("@g", "failed")).then(status("@g", "stopped"), status("a", "cancelled"), status("b", "cancelled"))
    play.when(Call("session.stop", sessionId="@g")).then(refused("session.ended"))


def test_a_pending_report_does_not_hide_why_the_session_is_being_stopped() -> None:
    """Else a timeout looked like the user's will, and what was to be tried again was cancelled."""
    play = Scenario().given(run_of(group("g", subtask("a", timeoutMs=5000, maxAttempts=2), subtask("b"))), START)
    play.given(Later(5000), woke("timeout", "a"), Call("task.start", by="@g", taskId="b"))
    play.then(member("@g", "status_reason.code", "timeout"))
    play.when(exited("@g", "failed")).then(status("@g", "stopped"), status("a", "pending"))


def test_an_ended_session_never_changes_again() -> None:
    play = Scenario().given(UNIT, START, exited("@g", "failed"), exited("@g", "failed"))
    ended = play.world.sessions[play.id_of("@g")]
    play.when(Call("session.report", sessionId="@g", message="late")).then(event("timeline.added"))
    for step in (exited("@g"), lost("@g"), came_up("@g"), not_launched("@g")):
        play.when(step).then(nothing())
    for verb in ("update", "pause", "resume", "stop"):
        play.when(Call(f"session.{verb}", sessionId="@g")).then(refused("session.ended"))
    assert play.world.sessions[ended.id] == ended


def test_a_fact_about_another_attempt_changes_nothing() -> None:
    Scenario().given(UNIT).when(exited("@g", attempt=2)).then(nothing(), live("g"))


# -- external sessions ---------------------------------------------------------------------------


def external(*steps: Step) -> Scenario:
    register = Call("session.register", projectId="shop", agent="shell", name="me", taskIds=["a", "a"])
    return Scenario().given(project(), task("a"), register, *steps)


def test_an_agent_started_by_hand_is_followed_and_takes_no_slot() -> None:
    play = external().then(status("@me", "idle"), live("me"), member("@me", "terminal.value", "external"))
    assert play.world.by_session.slots == {} and not play.world.deadlines
    play.when(Call("task.start", by="@me", taskId="a")).then(status("@me", "working"))
    play.when(Call("session.update", by="@me", status="completed")).then(
        status("@me", "completed"), status("a", "failed")
    )


def test_stopping_an_agent_started_by_hand_is_only_noted() -> None:
    external().when(Call("session.stop", sessionId="@me")).then(status("@me", "stopped"), effect(Stop, count=0))


def test_for_our_sessions_the_process_reports_how_it_ended() -> None:
    play = Scenario().given(UNIT).when(Call("session.update", by="@g", status="completed"))
    play.then(refused("session.illegal_transition"))


# -- spawning and linking by hand ----------------------------------------------------------------


def test_spawning_needs_a_slot() -> None:
    limit = {"maxSessions": 1}
    play = Scenario().given(project(settings=limit), task("a"), Call("session.spawn", taskIds=["a", "a"], name="w"))
    play.then(member("@w", "task_ids", (play.id_of("a"),)))
    play.when(Call("session.spawn", taskIds=["a"])).then(refused("session.no_slot"))


def test_spawning_on_a_unit_takes_it_from_the_scheduler() -> None:
    play = Scenario().given(project(), task("a"), Call("run.start", taskId="a"), Call("run.pause", runId="run"))
    play.given(Call("session.stop", sessionId="@a"), Call("session.unlink", sessionId="@a", taskId="a"), exited("@a"))
    play.given(Call("session.spawn", taskIds=["a"], name="mine"))
    play.when(Call("run.resume", runId="run")).then(live("mine"))


def test_nothing_is_spawned_while_frozen() -> None:
    play = Scenario().given(project(), task("a"), Call("system.freeze"))
    play.when(Call("session.spawn", taskIds=["a"])).then(refused("system.frozen"))


def test_unlinking_makes_a_started_task_pending_again() -> None:
    play = Scenario().given(project(), task("a"), Call("session.spawn", taskIds=["a"], name="w"))
    play.given(Call("task.start", by="@w", taskId="a"))
    play.when(Call("session.unlink", sessionId="@w", taskId="a"))
    play.then(status("a", "pending"), status("@w", "idle"), member("@w", "task_ids", ()), event("timeline.added"))
    assert play.world.sessions_of(play.id_of("a")) == []


def test_linking_shows_on_both_sides() -> None:
    play = Scenario().given(project(), project("other"), task("a"), Call("session.spawn", projectId="shop", name="w"))
    play.when(Call("session.link", sessionId="@w", taskId="a")).then(event("timeline.added"))
    assert play.world.sessions_of(play.id_of("a")) == [play.id_of("@w")]
    play.given(Call("task.create", title="far", projectId="other"))
    play.when(Call("session.link", sessionId="@w", taskId="far")).then(refused("session.other_project"))


def test_draining_returns_the_work_to_the_next_daemon() -> None:
    play = Scenario().given(UNIT, START, Find(lambda _: Draining()))
    play.when(Find(lambda _: StoppingSessions())).then(effect(Stop, "@g"))
    play.when(exited("@g", "failed")).then(status("a", "pending"), member("a", "attempts", ()), live())


def test_a_process_stopped_before_it_registered_needs_no_registration() -> None:
    play = Scenario().given(UNIT, came_up("@g"), Call("session.stop", sessionId="@g", reason="enough"))
    assert not [key for key in play.world.deadlines if key.kind == "register"]
    play.when(exited("@g", "failed")).then(status("@g", "stopped"), member("@g", "status_reason.detail", "enough"))
