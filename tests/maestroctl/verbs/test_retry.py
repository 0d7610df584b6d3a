"""``maestroctl retry``: retries a task, by any part of its id, or what failed in a run."""

import json

from tests.kit.clients.entities import PROJECT, RUN, TASK, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_a_failed_task_is_retried(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.list", {"items": [task()]})
    daemon.on("run.list", {"items": []})
    daemon.on("task.retry", task(attempt=2))
    assert cli("retry", TASK[-5:]).out == f"{TASK} pending Write the parser\n"
    assert json.loads(cli("retry", TASK, "--json").out)["attempt"] == 2
    assert daemon.called("task.retry") == [{"taskId": TASK}] * 2


def test_retrying_a_run_retries_its_root_task(daemon: FakeDaemon, cli: CommandLine) -> None:
    failed = {"id": RUN, "projectId": PROJECT, "rootTaskId": TASK, "status": "failed", "agent": "shell", "number": 7}
    daemon.on("run.list", {"items": [failed]})
    daemon.on("run.get", {"seq": 1, "run": failed})
    daemon.on("task.retry", task(attempt=2))
    assert cli("retry", "7").code == 0
    assert daemon.called("task.retry") == [{"taskId": TASK}]
