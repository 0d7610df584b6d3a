"""``maestroctl wait``: until a run or a task has ended; the exit code is its outcome."""

import json
from typing import Any

import pytest

from tests.kit.clients.entities import RUN, TASK, task
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.maestroctl.conftest import CommandLine


def event(seq: int, identity: str) -> tuple[str, dict[str, Any]]:
    found = {"seq": seq, "at": 1, "type": "task.status", "id": identity}
    return "event", {"subscription": 1, "event": found}


@pytest.mark.parametrize("status, code", [("completed", 0), ("skipped", 0), ("failed", 1), ("cancelled", 130)])
def test_the_exit_code_is_the_outcome(daemon: FakeDaemon, cli: CommandLine, status: str, code: int) -> None:
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 1}))
    daemon.on("task.get", task(status=status))
    outcome = cli("wait", TASK)
    assert (outcome.code, outcome.out) == (code, f"{TASK} {status}\n")


def test_a_wait_checks_again_only_after_events_of_its_subject(daemon: FakeDaemon, cli: CommandLine) -> None:
    views = iter(
        [{"id": RUN, "status": "running"}, {"id": RUN, "status": "running"}, {"id": RUN, "status": "completed"}]
    )
    daemon.on("run.get", lambda params: {"seq": 1, "run": next(views)})
    events = [event(2, "other"), event(3, RUN)]
    pending = iter(
        [
            Reply({"subscription": 1, "seq": 1}, events, hang_up=True),
            Reply({"subscription": 2, "seq": 3}, [event(4, RUN)]),
        ]
    )
    daemon.on("event.subscribe", lambda params: next(pending))
    outcome = cli("wait", RUN, "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["status"] == "completed"
    assert daemon.called("event.subscribe")[1]["since"] == 3


def test_an_expired_timeout_is_exit_code_124(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 1}))
    daemon.on("task.get", task(status="in_progress"))
    assert cli("wait", TASK, "--timeout-ms", "1").code == 124


def test_it_looks_again_when_the_history_was_replaced(daemon: FakeDaemon, cli: CommandLine) -> None:
    views = iter([task(status="in_progress"), task(status="completed")])
    daemon.on("task.get", lambda params: next(views))
    pending = iter([Reply({"subscription": 1, "seq": 1}, hang_up=True), Reply({"subscription": 1, "seq": 1})])
    daemon.on("event.subscribe", lambda params: next(pending))
    histories = iter([1, 2, 2])
    daemon.on("event.list", lambda params: {"items": [{"seq": 1, "at": next(histories), "type": "a.b", "id": TASK}]})
    assert cli("wait", TASK).out == f"{TASK} completed\n"
