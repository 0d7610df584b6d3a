"""The end of a run: the outcome, and for failures the command, the exit code, the last lines and where to find more."""

from collections import Counter
from typing import Any

import pytest

from maestroctl.show.run_model import RunModel
from maestroctl.show.run_summary import exit_code, summary
from maestrod.api.session import Session
from tests.kit.clients.entities import RUN, SESSION, TASK, session, task

LEAF = "tsk_0000000000000000000000000c"


def counted(*tasks: dict[str, Any]) -> dict[str, Any]:
    """The sums that the daemon keeps for a parent."""
    ends = Counter(leaf.get("status") for leaf in tasks)
    return {"total": len(tasks), "completed": ends["completed"], "failed": ends["failed"]}


def model(status: str, *tasks: dict[str, Any], **members: Any) -> RunModel:
    run = {
        "id": RUN,
        "projectId": "p",
        "rootTaskId": TASK,
        "status": status,
        "agent": "shell",
        "createdAt": 1000,
        "completedAt": 63_000,
        **members,
    }
    return RunModel(
        {
            "seq": 1,
            "run": run,
            "tasks": [task(title="Check", leaves=counted(*tasks)), *tasks],
            "sessions": [session(taskIds=[LEAF])],
        }
    )


def leaf(**members: Any) -> dict[str, Any]:
    return task(id=LEAF, parentId=TASK, title="pytest", **members)


def test_a_completed_run_is_one_line() -> None:
    assert summary(model("completed", leaf(status="completed"))) == [
        "Check: completed in 1m02s (1 of 1 task completed)"
    ]


def test_a_failure_is_shown_with_all_that_is_needed_to_continue() -> None:
    failed = leaf(
        status="failed", attempt=2, result={"error": "command ended with exit code 3: pytest\nE   boom\x1b[0m"}
    )
    assert summary(model("failed", failed)) == [
        "Check: failed in 1m02s (0 of 1 task completed, 1 failed)",
        "✘ pytest (attempt 2)",
        "    command ended with exit code 3: pytest",
        "    E   boom\\x1b[0m",
        f"    full output: maestroctl logs {SESSION}",
        f"To retry what failed: maestroctl retry {TASK}",
    ]


def test_a_failed_planner_is_reported_once() -> None:
    words = "planner ended with exit code 3: ./plan"
    lines = summary(model("failed", leaf(status="failed", result={"error": words}), error=words))
    assert sum(words in line for line in lines) == 1


def test_a_long_error_keeps_its_beginning_and_its_end() -> None:
    lines = summary(model("failed", leaf(status="failed", result={"error": "\n".join(map(str, range(100)))})))
    assert "    0" in lines
    assert "    99" in lines
    assert "    50" not in lines
    assert "    … 88 lines …" in lines


def test_a_failure_without_a_message_says_so() -> None:
    assert "    no reason given" in summary(model("failed", leaf(status="failed")))


def test_many_failures_are_counted() -> None:
    many = [task(id=f"tsk_{number}", parentId=TASK, status="failed") for number in range(15)]
    assert f"… and 5 more: maestroctl task tree {TASK}" in summary(model("failed", *many))


def test_a_refused_plan_shows_the_findings() -> None:
    finding = {"path": "groups[0]", "code": "plan.cycle", "message": "a cycle"}
    lines = summary(model("failed", error="no usable plan", diagnostics=[finding]))
    assert lines[1:3] == ["  no usable plan", "  error: groups[0]: a cycle"]


@pytest.mark.parametrize("status, code", [("completed", 0), ("failed", 1), ("cancelled", 130), ("running", 75)])
def test_the_exit_code_is_the_outcome(status: str, code: int) -> None:
    assert exit_code(model(status)) == code


def test_usage_is_reported_where_agents_report_it() -> None:
    used = {"input": 2400, "output": 60, "cost": 0.5}
    run = model("completed", leaf(status="completed"), usage=used)
    assert summary(run)[1] == "  used 2,400 tokens in, 60 out, $0.50 so far"
    run.sessions = type(run.sessions)(Session, [session(status="completed")])
    assert summary(run)[1] == "  used 2,400 tokens in, 60 out, $0.50"
    assert not any("used" in line for line in summary(model("completed", leaf(status="completed"))))


def test_a_run_is_named_by_its_number() -> None:
    assert summary(model("completed", number=12))[0].startswith("Run #12 Check: completed")
