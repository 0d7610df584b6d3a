"""Late reports: the time they name counts within bounds, but never against a decided timeout."""

from typing import Any

import pytest

from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    came_up,
    group,
    item,
    member,
    refused,
    run_of,
    status,
    subtask,
    woke,
)

TIMEOUT = 10_000

#: The reports that end or block a task, or say how far it is.
REPORTS: dict[str, dict[str, Any]] = {
    "task.complete": {"summary": "done"},
    "task.fail": {"error": "no"},
    "task.skip": {"reason": "no"},
    "task.block": {"reason": "no"},
    "task.progress": {"progress": 0.5},
}


def begun(strategy: str = "simple", attempts: int = 1) -> Scenario:
    """A task that may take ten seconds has begun just now."""
    one = subtask("a", timeoutMs=TIMEOUT, maxAttempts=attempts, backoffMs=60_000)
    play = Scenario().given(run_of(group("g", one, strategy=strategy)), came_up("@g"))
    if strategy == "queue":
        return play.given(Call("queue.next", by="@g"))
    return play.given(Call("task.start", by="@g", taskId="a"))


def overdue(**given: Any) -> Scenario:
    """Its deadline is over, and nothing was heard: the daemon was not there."""
    return begun(**given).given(Later(TIMEOUT + 10_000))


def test_a_late_report_of_work_done_in_time_counts_with_its_time() -> None:
    play = overdue()
    began = play.world.tasks[play.id_of("a")].started_at or 0
    play.when(Call("task.complete", by="@g", taskId="a", at=began + 8000))
    play.then(status("a", "completed"), member("a", "completed_at", began + 8000))
    entry, *_ = [event.data for event in play.last if event.data.get("type") == "task_completed"]
    assert entry["metadata"] == {"happenedAt": began + 8000}


@pytest.mark.parametrize("method", REPORTS)
def test_a_report_of_work_done_after_its_deadline_times_out(method: str) -> None:
    play = overdue()
    began = play.world.tasks[play.id_of("a")].started_at or 0
    play.when(Call(method, by="@g", taskId="a", at=began + TIMEOUT + 1, **REPORTS[method]))
    play.then(status("a", "failed"), member("a", "status_reason.code", "timeout"), member("@g", "stopping", True))


@pytest.mark.parametrize("method", REPORTS)
def test_a_report_without_a_time_counts_as_in_time(method: str) -> None:
    play = overdue().when(Call(method, by="@g", taskId="a", **REPORTS[method]))
    assert play.refusal is None
    assert play.world.tasks[play.id_of("a")].attempts == () or method == "task.fail"


@pytest.mark.parametrize("verb", ["complete", "fail", "skip"])
def test_a_queue_worker_reports_by_the_same_rules(verb: str) -> None:
    words: dict[str, Any] = {"complete": {"summary": "x"}, "fail": {"error": "x"}, "skip": {"reason": "x"}}[verb]
    ended = {"complete": "completed", "fail": "failed", "skip": "skipped"}[verb]
    play = overdue(strategy="queue")
    began = play.world.tasks[play.id_of("a")].started_at or 0
    play.when(Call(f"queue.{verb}", by="@g", at=began + 1000, **words))
    play.then(status("a", ended), item("@g", "a", ended), member("a", "completed_at", began + 1000))

    late = overdue(strategy="queue")
    began = late.world.tasks[late.id_of("a")].started_at or 0
    late.when(Call(f"queue.{verb}", by="@g", at=began + TIMEOUT + 1, **words))
    late.then(status("a", "failed"), item("@g", "a", "failed"), member("a", "status_reason.code", "timeout"))
    assert late.reply.status.value == "failed"


@pytest.mark.parametrize("method", [*REPORTS, "task.start"])
def test_a_decided_timeout_stands_whatever_time_is_reported_later(method: str) -> None:
    play = overdue(attempts=2)
    began = play.world.tasks[play.id_of("a")].started_at or 0
    play.given(woke("timeout", "a")).then(status("a", "pending"), member("a", "attempt", 2))
    when: dict[str, Any] = {} if method == "task.start" else {"at": began + 1000}
    play.when(Call(method, by="@g", taskId="a", **when, **REPORTS.get(method, {})))
    play.then(refused("task.attempt_over"), status("a", "pending"), member("a", "attempt", 2))


def test_reports_from_before_the_attempt_or_from_the_future_are_refused() -> None:
    play = begun()
    began = play.world.tasks[play.id_of("a")].started_at or 0
    play.when(Call("task.complete", by="@g", taskId="a", at=began + 3_600_000)).then(refused("report.in_future"))
    play.when(Call("task.complete", by="@g", taskId="a", at=1)).then(member("a", "completed_at", began))


def test_a_clock_a_little_ahead_reports_now() -> None:
    play = begun()
    play.when(Call("task.complete", by="@g", taskId="a", at=play.at + 30_000))
    play.then(member("a", "completed_at", play.at))


def test_a_repeated_report_may_carry_another_time() -> None:
    play = begun()
    play.given(Call("task.complete", by="@g", taskId="a", requestId="r", at=play.at))
    play.when(Call("task.complete", by="@g", taskId="a", requestId="r", at=play.at - 5)).then(status("a", "completed"))


def test_an_entry_in_the_timeline_says_when_it_happened() -> None:
    play = begun().given(Later(60_000))
    happened = play.at - 30_000
    play.when(Call("session.report", by="@g", message="half way", metadata={"a": 1}, at=happened))
    assert play.reply.metadata == {"a": 1, "happenedAt": happened}
    play.when(Call("session.report", by="@g", message="x", at=play.at + 3_600_000)).then(refused("report.in_future"))
