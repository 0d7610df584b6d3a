"""``maestroctl why``: sentences about a session, a task, a run."""

import json

from maestroctl.verbs.why import explain
from tests.kit.entities import OTHER_TASK, RUN, SESSION, TASK, session, task
from tests.kit.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_a_session_is_explained_by_the_daemon(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.why", {"session": session(), "explanation": ["It works."]})
    assert cli("why", SESSION).out == f"{SESSION} is working: parser\n  It works.\n"
    assert json.loads(cli("why", SESSION, "--json").out)["explanation"] == ["It works."]


def test_a_task_is_explained_by_what_it_waits_for(daemon: FakeDaemon, cli: CommandLine) -> None:
    blocked = task(status="blocked", dependencies=[OTHER_TASK])
    other = task(id=OTHER_TASK, status="failed", title="lint")
    daemon.on("task.get", lambda params: blocked if params["taskId"] == TASK else other)
    assert cli("why", TASK).out.splitlines() == [
        f"{TASK} is blocked: Write the parser",
        f"  it waits for {OTHER_TASK} (failed): lint",
    ]
    assert json.loads(cli("why", TASK, "--json").out)["dependencies"] == [other]


def test_a_run(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("run.get", {"seq": 1, "run": {"id": RUN, "status": "failed", "error": "no plan\x1b"}})
    assert cli("why", RUN).out == f"{RUN} is failed\n  no plan\\x1b\n"


def test_reasons_and_attempts() -> None:
    reason = {"source": "report", "code": "blocked", "detail": "needs a key", "by": SESSION}
    attempts = [{"attempt": 1, "status": "failed", "error": "boom"}, {"attempt": 2, "status": "failed"}]
    done = task(id=OTHER_TASK, status="completed")
    assert explain(task(statusReason=reason, attempts=attempts), [done]) == [
        f"{TASK} is pending: Write the parser",
        f"  report says blocked: needs a key (by {SESSION})",
        "  attempt 1 failed: boom",
        "  attempt 2 failed",
    ]
