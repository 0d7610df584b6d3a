"""How a run or a task ended, in sentences. As users see it: ``why`` in tests/maestroctl/verbs/test_why.py."""

from typing import Any

import pytest

from maestroctl.show.ending import also_failed, has_ended, outcome, summary
from maestrod.api.run import RunStatus
from maestrod.api.task import TaskStatus
from tests.kit.clients.entities import TASK, task


def failed(number: int, **members: Any) -> dict[str, Any]:
    return task(id=f"tsk_{number}", title=f"t{number}", status="failed", parentId=TASK, **members)


@pytest.mark.parametrize("status", [*RunStatus, *TaskStatus])
def test_every_status_is_open_or_has_a_verb(status: RunStatus | TaskStatus) -> None:
    assert has_ended({"status": status.value}) == status.is_over
    assert "_" not in outcome(status.value) or not status.is_over


def test_one_task_alone_is_not_all_tasks() -> None:
    one = {"leaves": {"total": 1, "completed": 1}}
    assert list(summary({"completedAt": None}, one)) == ["  1 of 1 task completed"]
    assert list(summary({}, {"leaves": None})) == []


def test_the_failures_that_follow_are_named_in_order_up_to_ten() -> None:
    tasks = [failed(number, completedAt=100 - number, result={"error": "\n boom\nmore"}) for number in range(13)]
    lines = list(also_failed([task(status="failed"), *tasks], "tsk_12"))
    assert lines[:2] == ["  task 't11' failed: boom", "    more: maestroctl why tsk_11"]
    assert (len(lines), lines[-1]) == (21, "  2 other tasks failed too")


def test_a_failure_without_an_error_has_its_reason_or_none() -> None:
    reason = {"source": "timer", "code": "timed_out", "detail": "it took too long"}
    assert next(also_failed([failed(1, statusReason=reason)], None)) == "  task 't1' failed: it took too long"
    assert next(also_failed([failed(1)], None)) == "  task 't1' failed: no reason given"


def test_no_text_of_an_agent_drives_the_terminal() -> None:
    assert "\x1b" not in "\n".join(also_failed([failed(1, result={"error": "\x1b[2J"})], None))
