"""``maestroctl watch``: the named run, the active one, or the last one."""

from typing import Any

import pytest

from tests.kit.clients.entities import RUN, TASK, task
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.maestroctl.conftest import CommandLine

OTHER = "run_00000000000000000000000002"


@pytest.fixture
def ended(daemon: FakeDaemon) -> FakeDaemon:
    def get(params: dict[str, Any]) -> dict[str, Any]:
        run = {"id": params["runId"], "projectId": "p", "rootTaskId": TASK, "status": "completed", "agent": "shell"}
        return {"seq": 1, "run": run, "tasks": [task(status="completed")]}

    daemon.on("run.get", get)
    daemon.on("event.subscribe", Reply({"subscription": 1, "seq": 1}))
    daemon.on("run.list", lambda params: {"items": [] if params["active"] else [{"id": OTHER}]})
    return daemon


def test_the_named_run_is_shown(ended: FakeDaemon, cli: CommandLine) -> None:
    assert cli("watch", RUN).code == 0
    assert ended.called("run.get")[0] == {"runId": RUN}


def test_without_an_active_run_the_last_one_is_shown(ended: FakeDaemon, cli: CommandLine) -> None:
    assert cli("watch", "--jsonl").code == 0
    assert ended.called("run.get")[0] == {"runId": OTHER}
    assert [call["active"] for call in ended.called("run.list")] == [True, False]


def test_without_any_run_the_way_to_start_one_is_shown(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("run.list", {})
    outcome = cli("watch")
    assert outcome.code == 1
    assert "maestroctl run" in outcome.err
