"""``maestroctl plan check`` and ``plan submit``."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clients.entities import PLAN, TASK
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

FINDING = {"path": "groups[0].dependsOn[0]", "code": "plan.dangling", "message": "no group b", "severity": "error"}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "plan.json"
    path.write_text('{"groups": []}')
    return str(path)


def test_a_valid_plan_passes(daemon: FakeDaemon, cli: CommandLine, file: str) -> None:
    groups = [{"key": "a", "title": "A", "subtasks": [{}, {}]}, {"key": "b", "title": "B", "subtasks": [{}]}]
    warning = {**FINDING, "severity": "warning"}
    report = {
        "ok": True,
        "waves": [["a"], ["b"]],
        "criticalPath": ["a", "b"],
        "groups": groups,
        "diagnostics": [warning],
    }
    daemon.on("plan.check", report)
    outcome = cli("plan", "check", file)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "warning: groups[0].dependsOn[0]: no group b (plan.dangling)",
        "wave 1: a",
        "wave 2: b",
        "critical path: a → b",
        "This plan is valid: 2 groups, 3 tasks, 2 waves.",
    ]
    assert daemon.called("plan.check") == [{"plan": {"groups": []}}]


def test_one_of_each_is_not_counted_as_several(daemon: FakeDaemon, cli: CommandLine, file: str) -> None:
    daemon.on(
        "plan.check", {"ok": True, "waves": [["a"]], "groups": [{"key": "a", "subtasks": [{}]}], "diagnostics": []}
    )
    assert cli("plan", "check", file).out.splitlines()[-1] == "This plan is valid: 1 group, 1 task, 1 wave."


def test_a_refused_plan_shows_its_findings(daemon: FakeDaemon, cli: CommandLine, file: str) -> None:
    daemon.on("plan.check", {"ok": False, "diagnostics": [FINDING]})
    outcome = cli("plan", "check", file)
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == "This plan has errors and would be refused."
    assert json.loads(cli("plan", "check", file, "--json").out)["ok"] is False


@pytest.mark.parametrize("status, code", [("ready", 0), ("invalid", 1)])
def test_a_plan_is_submitted(daemon: FakeDaemon, cli: CommandLine, file: str, status: str, code: int) -> None:
    daemon.on("plan.submit", {"id": PLAN, "status": status, "diagnostics": [FINDING]})
    outcome = cli("plan", "submit", file, "--task-id", TASK)
    assert (outcome.code, outcome.out.splitlines()[0]) == (code, f"{PLAN} {status}")
    assert daemon.called("plan.submit") == [{"plan": {"groups": []}, "taskId": TASK}]


@pytest.mark.usefixtures("in_session")
def test_a_planner_submits_for_its_own_task(daemon: FakeDaemon, cli: CommandLine, file: str) -> None:
    daemon.on("plan.submit", {"id": PLAN, "status": "ready"})
    assert json.loads(cli("plan", "submit", file, "--json").out)["id"] == PLAN
    assert daemon.called("plan.submit") == [{"plan": {"groups": []}, "sessionToken": "token"}]


def test_outside_a_session_the_task_must_be_named(cli: CommandLine, file: str) -> None:
    outcome = cli("plan", "submit", file)
    assert outcome.code == 2
    assert "--task-id" in outcome.err


def test_a_missing_file_is_reported(cli: CommandLine) -> None:
    outcome: Any = cli("plan", "check", "/nowhere.json")
    assert outcome.code == 2
