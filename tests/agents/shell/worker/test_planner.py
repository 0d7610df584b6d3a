"""A real orchestrator process: the input of the program, its output, and how a plan is repaired."""

import json
from typing import Any

import pytest

from maestrod.api.session import Role
from maestrod.core.prompts.manifest import context_json
from tests.agents.scripted_daemon import Answer, Refusal, ScriptedDaemon, accept_all
from tests.agents.worker_process import Finished, Place
from tests.core.prompts.manifests import context, task

FINDING = {"path": "groups[0].key", "code": "missing", "message": "A group needs `key`", "severity": "error"}


def plan_with(here: Place, script: str, answer: Answer = accept_all) -> tuple[Finished, ScriptedDaemon]:
    """Run a planner written in shell."""
    program = here.project / "plan it"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    (here.folder / "task-context.json").write_text(context_json(context()))
    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(role=Role.ORCHESTRATOR, program=("./plan it",), tasks=(task("tsk_root"),))
    return ended, daemon


def refuse_first(times: int) -> Answer:
    """Find the first plans invalid, as the daemon does."""
    left = iter(range(times))

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method != "plan.submit":
            return {}
        invalid = {"status": "invalid", "diagnostics": [FINDING]}
        return invalid if next(left, None) is not None else {"id": "pln_1", "status": "applied"}

    return answer


def test_a_json_plan_is_handed_in(here: Place) -> None:
    script = 'cat > seen; cmp seen "$MAESTRO_TASK_CONTEXT" && echo working >&2 && printf \' {"groups": [1]}\\n\''
    ended, daemon = plan_with(here, script)
    assert ended.code == 0, ended.output
    assert daemon.methods() == ["session.register", "session.update", "plan.submit"]
    assert daemon.params("plan.submit") == [{"taskId": "tsk_root", "plan": {"groups": [1]}}]
    assert json.loads((here.project / "seen").read_text())["task"]["title"] == "Check it"
    assert "working" in ended.output and '{"groups": [1]}' in ended.output


def test_everything_else_is_read_as_markdown(here: Place) -> None:
    _, daemon = plan_with(here, "echo '# Plan'; echo '- [ ] a'")
    assert daemon.params("plan.submit") == [{"taskId": "tsk_root", "markdown": "# Plan\n- [ ] a\n"}]


def test_a_refused_plan_returns_with_its_findings(here: Place) -> None:
    script = 'test -z "$MAESTRO_PLAN_DIAGNOSTICS" || cat "$MAESTRO_PLAN_DIAGNOSTICS" > found; echo "{}"'
    ended, daemon = plan_with(here, script, refuse_first(1))
    assert ended.code == 0 and daemon.methods().count("plan.submit") == 2
    assert json.loads((here.project / "found").read_text()) == {"attempt": 2, "diagnostics": [FINDING]}
    assert "# error at groups[0].key: A group needs `key`" in ended.output


def test_after_the_last_repair_the_task_has_failed(here: Place) -> None:
    ended, daemon = plan_with(here, "echo '{}'", refuse_first(9))
    assert ended.code == 1 and daemon.methods().count("plan.submit") == 3
    assert daemon.params("task.fail") == [
        {"taskId": "tsk_root", "error": "the plan was refused 3 times; last: groups[0].key: A group needs `key`"}
    ]


def test_findings_may_arrive_as_a_refusal_too(here: Place) -> None:
    refusals = iter([Refusal(422, "plan.invalid", details={"diagnostics": [FINDING]})])

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "plan.submit" and (refusal := next(refusals, None)):
            raise refusal
        return {"status": "applied"}

    assert plan_with(here, "echo '{}'", answer)[0].code == 0


@pytest.mark.parametrize(
    "printed",
    [
        '{"groups": ',
        "[1, 2]",
        '{"groups": [], "groups": [1]}',
        '{"groups": NaN,}',
        '```json\n{"groups": []}\n```\n',
        "Here is the plan:\n",
        "{" * 100_000,
    ],
)
def test_text_that_is_not_plainly_json_is_sent_to_the_daemon_unchanged(here: Place, printed: str) -> None:
    (here.project / "text").write_text(printed)
    _, daemon = plan_with(here, "cat text")
    assert daemon.params("plan.submit") == [{"taskId": "tsk_root", "markdown": printed}]


def test_the_program_may_submit_the_plan_itself(here: Place) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        return {"items": [{"status": "invalid"}, {"id": "pln_2", "status": "applied"}]} if method == "plan.list" else {}

    assert plan_with(here, "true", answer)[0].code == 0


@pytest.mark.parametrize(
    "script, error",
    [
        ("echo no idea >&2; echo half; exit 3", "planner ended with exit code 3: ./plan it\nhalf"),
        ("true", "the planner neither printed a plan nor submitted one with `maestroctl plan submit`"),
        ("head -c 5000000 /dev/zero", "the planner ./plan it printed more than 4194304 bytes"),
    ],
)
def test_a_planner_that_fails_fails_the_task(here: Place, script: str, error: str) -> None:
    ended, daemon = plan_with(here, script)
    assert ended.code == 1 and daemon.params("task.fail") == [{"taskId": "tsk_root", "error": error}]


def test_a_missing_planner_fails_the_task(here: Place) -> None:
    (here.folder / "task-context.json").write_text("{}")
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(role=Role.ORCHESTRATOR, program=("./nowhere",), tasks=(task("tsk_root"),))
    assert ended.code == 1
    assert "the planner ./nowhere cannot be started: " in daemon.params("task.fail")[0]["error"]


@pytest.mark.parametrize(
    "first_line, mode, words",
    [
        ("#!/bin/nosuch", 0o755, "the interpreter named in its first line does not exist"),
        ("#!/bin/sh", 0o644, "it is not executable (chmod +x)"),
    ],
)
def test_a_planner_that_cannot_be_started_says_what_to_do(here: Place, first_line: str, mode: int, words: str) -> None:
    (here.folder / "task-context.json").write_text("{}")
    program = here.project / "planner"
    program.write_text(first_line + "\n")
    program.chmod(mode)
    with ScriptedDaemon(here.socket) as daemon:
        here.run(role=Role.ORCHESTRATOR, program=(str(program),), tasks=(task("tsk_root"),))
    assert daemon.params("task.fail")[0]["error"] == f"the planner {program} cannot be started: {words}"


def test_without_a_program_planning_is_refused(here: Place) -> None:
    with ScriptedDaemon(here.socket):
        ended = here.run(role=Role.ORCHESTRATOR, tasks=(task("tsk_root"),))
    assert ended.code == 1 and "name one" in ended.output
