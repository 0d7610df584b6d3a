"""``maestroctl why``: sentences about a session, a task, a run."""

import json
from typing import Any

import pytest

from maestroctl.client.reading import filled
from maestroctl.show.render import when
from maestroctl.verbs.why import explain
from maestrod.api.task import TaskView
from tests.kit.clients.entities import OTHER_TASK, PROJECT, RUN, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

#: A run as the daemon sends it.
RUNNING = {"id": RUN, "projectId": PROJECT, "rootTaskId": TASK, "status": "running", "agent": "shell"}


def test_the_daemon_explains_a_session(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.why", {"session": session(), "explanation": ["It works."]})
    daemon.on("run.list", {"items": []})
    daemon.on("system.status", FREE)
    assert cli("why", SESSION).out == f"{SESSION} is working: parser\n  It works.\n"
    assert json.loads(cli("why", SESSION, "--json").out)["explanation"] == ["It works."]


def test_a_session_that_is_held_is_paused_before_anything_else(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.why", {"session": session(runId=RUN), "explanation": ["parser is paused: its run is paused"]})
    daemon.on("run.list", {"items": [{**RUNNING, "paused": True}]})
    daemon.on("system.status", FREE)
    assert cli("why", SESSION).out.splitlines()[0] == f"{SESSION} is paused: parser"


def test_a_task_is_explained_by_what_blocks_it(daemon: FakeDaemon, cli: CommandLine) -> None:
    blocked = task(status="blocked", dependencies=[OTHER_TASK])
    other = task(id=OTHER_TASK, status="failed", title="lint")
    daemon.on("task.get", lambda params: blocked if params["taskId"] == TASK else other)
    assert cli("why", TASK).out.splitlines() == [
        f"{TASK} is blocked: Write the parser",
        f"  it waits for {OTHER_TASK} (failed): lint; to retry it: maestroctl retry {OTHER_TASK}",
    ]
    assert json.loads(cli("why", TASK, "--json").out)["dependencies"] == [filled(other, TaskView)]


def test_a_run_is_shown(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("run.get", {"seq": 1, "run": {**RUNNING, "status": "failed", "error": "no plan\x1b"}})
    assert cli("why", RUN).out == f"{RUN} failed\n  no plan\\x1b\n"


def test_reasons_and_attempts_are_shown() -> None:
    reason = {"source": "report", "code": "blocked", "detail": "needs a key", "by": SESSION}
    attempts = [{"attempt": 1, "status": "failed", "error": "boom\nbang"}, {"attempt": 2, "status": "failed"}]
    done = task(id=OTHER_TASK, status="completed")
    assert explain(task(status="pending", statusReason=reason, attempts=attempts), [done]) == [
        f"{TASK} is pending: Write the parser",
        f"  report says blocked (by {SESSION}): needs a key",
        "  attempt 1 failed: boom",
        "    bang",
        "  attempt 2 failed",
    ]


GROUP = {"dispatch": {"runId": RUN, "agent": "shell"}}
DAEMON = {"version": "0.2.0", "instance": "i", "pid": 1, "startedAt": 1, "seq": 1}
FREE = {**DAEMON, "slots": 8}


@pytest.mark.parametrize(
    "members, run, system, words",
    [
        ({}, {}, FREE, "no run includes it: maestroctl run --task"),
        (GROUP, {"paused": True}, FREE, f"its run is paused: maestroctl resume {RUN}"),
        (GROUP, {}, {**FREE, "frozen": True}, "everything is frozen: maestroctl thaw"),
        (GROUP, {}, {**FREE, "slotsUsed": 8}, "it waits for a slot: 8 of 8 are in use"),
        (
            {**GROUP, "notBefore": 1_700_000_000_000, "attempt": 2, "maxAttempts": 3},
            {},
            FREE,
            "attempt 2 of 3 at 'Write the parser' has been due since 20",
        ),
    ],
)
def test_a_task_that_could_start_but_does_not_is_explained(
    daemon: FakeDaemon, cli: CommandLine, members: Any, run: Any, system: Any, words: str
) -> None:
    daemon.on("task.get", task(**members))
    daemon.on("task.tree", {"seq": 1, "tasks": [task(**members)]})
    daemon.on("run.get", {"seq": 1, "run": {**RUNNING, **run}})
    daemon.on("system.status", system)
    assert words in cli("why", TASK).out.splitlines()[1]


def test_a_task_of_a_group_points_to_the_group(daemon: FakeDaemon, cli: CommandLine) -> None:
    group = task(id=OTHER_TASK, title="Wheel", status="blocked", **GROUP)
    daemon.on("task.get", lambda params: task(parentId=OTHER_TASK) if params["taskId"] == TASK else group)
    assert cli("why", TASK).out.splitlines()[1:] == [
        f"  it belongs to the group {OTHER_TASK} (blocked), Wheel: maestroctl why {OTHER_TASK}"
    ]


def test_a_group_says_when_its_failures_are_retried(daemon: FakeDaemon, cli: CommandLine) -> None:
    again = {"title": "lint", "attempt": 2, "maxAttempts": 3, "notBefore": 253_402_214_400_000}
    daemon.on("task.get", task(status="pending", **GROUP))
    daemon.on("run.get", {"seq": 1, "run": RUNNING})
    daemon.on("task.tree", {"seq": 1, "tasks": [task(**GROUP), task(id=OTHER_TASK, parentId=TASK, **again)]})
    assert "attempt 2 of 3 at 'lint' begins in " in cli("why", TASK).out


def test_a_paused_run_says_so(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("run.get", {"seq": 1, "run": {**RUNNING, "paused": True}})
    daemon.on("session.list", {"items": []})
    daemon.on("attention.list", {"items": []})
    daemon.on("system.status", FREE)
    assert cli("why", RUN).out == f"{RUN} is paused\n  to resume: maestroctl resume {RUN}\n"


def test_a_run_that_is_held_shows_its_sessions_as_paused(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("run.get", {"seq": 1, "run": RUNNING})
    daemon.on("session.list", {"items": [session(runId=RUN)]})
    daemon.on("attention.list", {"items": []})
    daemon.on("system.status", {**FREE, "frozen": True})
    assert cli("why", RUN).out.splitlines()[1:] == [
        "  everything is frozen: maestroctl thaw",
        f"  session parser is paused: maestroctl why {SESSION}",
    ]


ENDED_RUN = {**RUNNING, "number": 3, "title": "Ship", "createdAt": 1_000, "completedAt": 13_000}


def leaf(title: str, status: str, **members: Any) -> dict[str, Any]:
    return task(id=f"tsk_{title:0>26}", title=title, status=status, parentId=TASK, **members)


def test_a_completed_run_says_when_and_that_all_is_done(daemon: FakeDaemon, cli: CommandLine) -> None:
    root = task(status="completed", leaves={"total": 2, "completed": 2})
    tasks = [root, leaf("a", "completed"), leaf("b", "completed")]
    daemon.on("run.get", {"seq": 1, "run": {**ENDED_RUN, "status": "completed"}, "tasks": tasks})
    assert cli("why", RUN).out.splitlines() == [
        f"run #3 {RUN} completed: Ship",
        f"  ended {when(13_000)}, after 12s",
        "  all 2 tasks completed",
    ]


def test_a_failed_run_names_every_task_that_failed_and_its_error(daemon: FakeDaemon, cli: CommandLine) -> None:
    first = leaf("a", "failed", completedAt=2, result={"error": "exit code 2\nno compiler"})
    second = leaf("b", "failed", completedAt=3, result={"error": "exit code 3\nno network"})
    root = task(status="failed", leaves={"total": 3, "completed": 1, "failed": 2})
    failure = {"taskId": first["id"], "title": "a", "error": "exit code 2\nno compiler", "failed": 2}
    run = {**ENDED_RUN, "status": "failed", "error": "task 'a' failed: exit code 2", "failure": failure}
    daemon.on("run.get", {"seq": 1, "run": run, "tasks": [root, second, first, leaf("c", "completed")]})
    assert cli("why", RUN).out.splitlines()[2:] == [
        "  1 of 3 tasks completed, 2 failed",
        "  task 'a' failed: exit code 2",
        "      no compiler",
        f"    to retry: maestroctl retry {first['id']}",
        "  task 'b' failed: exit code 3",
        f"    more: maestroctl why {second['id']}",
    ]


def test_a_cancelled_run_says_who_cancelled_it(daemon: FakeDaemon, cli: CommandLine) -> None:
    reason = {"source": "user", "code": "cancelled", "detail": "wrong branch"}
    tasks = [task(status="cancelled", leaves={"total": 1, "cancelled": 1}), leaf("a", "cancelled", statusReason=reason)]
    daemon.on("run.get", {"seq": 1, "run": {**ENDED_RUN, "status": "cancelled"}, "tasks": tasks})
    outcome = cli("why", RUN).out.splitlines()
    assert (outcome[0], outcome[-1]) == (f"run #3 {RUN} was cancelled: Ship", "  user says cancelled: wrong branch")


def test_an_active_run_names_its_workers_and_what_waits_for_a_person(daemon: FakeDaemon, cli: CommandLine) -> None:
    question = {"id": "att_1", "kind": "permission", "message": "may it push?", "number": 3, "sessionId": SESSION}
    plan = {"id": "att_2", "kind": "approval", "message": "the plan?", "number": 4, "sessionId": "", "runId": RUN}
    other = {"id": "att_3", "kind": "question", "message": "of another run", "number": 5, "sessionId": "ses_other"}
    daemon.on("run.get", {"seq": 1, "run": RUNNING})
    daemon.on("system.status", FREE)
    daemon.on("session.list", {"items": [session()]})
    daemon.on("attention.list", {"items": [question, plan, other]})
    assert cli("why", RUN).out.splitlines() == [
        f"{RUN} is running",
        "  needs your answer: may it push? (maestroctl answer 3 VALUE)",
        "  needs your answer: the plan? (maestroctl answer 4 VALUE)",
        f"  session parser is working: maestroctl why {SESSION}",
    ]


def test_an_active_run_names_its_progress_its_failed_tasks_and_its_retries(
    daemon: FakeDaemon, cli: CommandLine
) -> None:
    root = task(status="in_progress", leaves={"total": 7, "completed": 3, "failed": 1})
    failed = leaf("a", "failed", completedAt=2, result={"error": "exit code 2\nno compiler"})
    again = leaf("b", "pending", attempt=2, maxAttempts=3, notBefore=253_402_214_400_000)
    daemon.on("run.get", {"seq": 1, "run": RUNNING, "tasks": [root, failed, again]})
    daemon.on("system.status", FREE)
    daemon.on("session.list", {"items": []})
    daemon.on("attention.list", {"items": []})
    lines = cli("why", RUN).out.splitlines()
    assert lines[1:4] == [
        "  3 of 7 tasks completed, 1 failed",
        "  task 'a' failed: exit code 2",
        f"    more: maestroctl why {failed['id']}",
    ]
    assert lines[4].startswith("  attempt 2 of 3 at 'b' begins in ")
