"""``maestroctl retry``: another try, by any part of the id."""

import json

from tests.kit.entities import TASK, task
from tests.kit.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_it_is_tried_again(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.list", {"items": [task()]})
    daemon.on("task.retry", task(attempt=2))
    assert cli("retry", TASK[-5:]).out == f"{TASK} pending Write the parser\n"
    assert json.loads(cli("retry", TASK, "--json").out)["attempt"] == 2
    assert daemon.called("task.retry") == [{"taskId": TASK}] * 2
