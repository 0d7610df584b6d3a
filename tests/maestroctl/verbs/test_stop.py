"""``maestroctl stop``: what it stops, and the ``0 left`` it ends with."""

import json
from typing import Any

import pytest

from maestrod.api.errors import NotAllowed
from tests.kit.clients.entities import RUN, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


@pytest.fixture
def stopping(daemon: FakeDaemon) -> FakeDaemon:
    ended = session(id="ses_x", status="completed")
    daemon.on("session.list", lambda params: {"items": [session(), *([] if params["live"] else [ended])]})
    daemon.on("session.stop", lambda params: {"sessionId": params["sessionId"], "left": 0})
    daemon.on("run.cancel", {})
    daemon.on("task.cancel", {})
    daemon.on("task.tree", {"seq": 1, "tasks": [task(), task(id="tsk_2")]})
    return daemon


def test_a_session_is_shown(stopping: FakeDaemon, cli: CommandLine) -> None:
    outcome = cli("stop", SESSION, "--reason", "enough")
    assert outcome.code == 0
    assert outcome.out == f"{SESSION} stopped: 0 left\n"
    assert stopping.called("session.stop") == [{"sessionId": SESSION, "reason": "enough"}]


@pytest.mark.parametrize("identity, method", [(RUN, "run.cancel"), (TASK, "task.cancel")])
def test_a_run_and_a_task_are_shown_with_all_their_sessions(
    stopping: FakeDaemon, cli: CommandLine, identity: str, method: str
) -> None:
    assert cli("stop", identity).out.splitlines() == [f"{SESSION} stopped: 0 left", f"{identity}: 0 left"]
    assert len(stopping.called(method)) == 1
    assert len(stopping.called("session.stop")) == 1


def test_processes_left_by_a_stop_are_a_failure(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.stop", {"sessionId": SESSION, "left": 2})
    outcome = cli("stop", SESSION, "--json")
    result: dict[str, Any] = json.loads(outcome.out)
    assert (outcome.code, result["left"]) == (1, 2)


def test_a_refusal_of_another_kind_is_reported(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.stop", NotAllowed("session.foreign", "it is not yours"))
    outcome = cli("stop", SESSION)
    assert (outcome.code, outcome.out) == (77, "")
    assert "it is not yours" in outcome.err
