"""Setting the clock and sleeping change only the waits that they concern."""

import pytest

from maestrod.api.system import ClockMark
from maestrod.core.values.facts import ClockMoved
from maestrod.core.values.policy import Policy
from maestrod.core.world.clock_rules import requests_now
from maestrod.core.world.draft import Draft
from tests.kit.worlds.scenario import (
    Call,
    Find,
    Later,
    Scenario,
    came_up,
    exited,
    group,
    member,
    refused,
    run_of,
    status,
    subtask,
)

HOUR = 3_600_000
TASK = subtask("a", timeoutMs=10_000, maxAttempts=2, backoffMs=60_000)


def clock(play: Scenario, step: int = 0, slept: int = 0) -> Find:
    """The clock is set by some ms, or the machine sleeps for some."""
    play.at += step + slept

    def make(play: Scenario) -> ClockMoved:
        before = play.world.system.clock
        stepped = (before.stepped if before is not None else 0) + step
        return ClockMoved(ClockMark(boot="b", ahead=play.at, asleep=slept, stepped=stepped), step, slept)

    return Find(make)


def begun() -> Scenario:
    return Scenario(at=10 * HOUR).given(
        run_of(group("g", TASK)), came_up("@g"), Call("task.start", by="@g", taskId="a")
    )


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_setting_the_clock_moves_pending_deadlines_with_it(step: int) -> None:
    play = begun()
    task, session = play.world.tasks[play.id_of("a")], play.world.sessions[play.id_of("@g")]
    assert task.deadline is not None and task.started_at is not None
    play.when(clock(play, step))
    play.then(
        member("a", "deadline", task.deadline + step),
        member("a", "started_at", task.started_at + step),
        member("a", "created_at", task.created_at),
        member("@g", "last_activity", session.last_activity + step),
    )


@pytest.mark.parametrize("slept", [0, HOUR])
@pytest.mark.parametrize("step", [0, HOUR, -HOUR])
def test_the_next_attempt_waits_for_real_time(step: int, slept: int) -> None:
    play = begun().given(Call("task.fail", by="@g", taskId="a", error="no"))
    due = play.world.tasks[play.id_of("a")].not_before
    assert due is not None
    play.when(clock(play, step, slept)).then(member("a", "not_before", due + step))


def test_time_asleep_counts_neither_for_tasks_nor_for_questions() -> None:
    play = begun().given(Call("attention.ask", by="@g", kind="input", message="which", timeoutMs=60_000, onTimeout="a"))
    task, question = play.world.tasks[play.id_of("a")], play.world.attention[play.id_of("question")]
    assert task.deadline is not None and question.deadline is not None
    play.when(clock(play, slept=HOUR))
    play.then(
        member("a", "deadline", task.deadline + HOUR),
        member("a", "started_at", task.started_at),
        member("question", "deadline", question.deadline + HOUR),
        member("question", "opened_at", question.opened_at),
    )


def test_history_stays_as_it_was_recorded() -> None:
    play = begun().given(Call("task.complete", by="@g", taskId="a"))
    done = play.world.tasks[play.id_of("a")]
    play.when(clock(play, -HOUR))
    assert play.world.tasks[done.id] == done


def test_a_session_whose_clock_was_set_back_loses_no_task() -> None:
    """What it got done is after its beginning still, so the task it had not begun goes to another session."""
    one, two = subtask("a"), subtask("b", "a")
    play = Scenario(at=10 * HOUR).given(run_of(group("g", one, two)), came_up("@g"))
    play.given(clock(play, -HOUR), Call("task.start", by="@g", taskId="a"), Call("task.complete", by="@g", taskId="a"))
    play.given(exited("@g", "failed")).then(status("a", "completed"), status("b", "pending"))
    play.then(member("b", "attempts", ()))


def test_a_request_is_remembered_for_its_time_whatever_the_clock_shows() -> None:
    retention = 60_000
    play = Scenario(policy=Policy(request_retention_ms=retention), at=10 * HOUR)
    play.given(Call("project.create", name="p", workingDir="/p", requestId="first"))
    play.given(clock(play, HOUR), Call("project.create", name="q", workingDir="/q", requestId="second"))
    assert "owner:first" in play.world.requests
    play.when(Call("project.create", name="other", workingDir="/p", requestId="first")).then(refused("request.reused"))
    play.given(clock(play, -2 * HOUR), Later(retention + 1))
    play.given(Call("project.create", name="r", workingDir="/r", requestId="third"))
    assert "owner:first" not in play.world.requests
    assert requests_now(Draft(play.world, play.stamp())) == play.at + HOUR


def test_a_reboot_moves_no_deadline() -> None:
    play = begun()
    before = dict(play.world.deadlines)
    play.when(clock(play)).then(member("a", "clock.left", None))
    assert play.world.deadlines == before
    assert play.world.system.clock is not None
