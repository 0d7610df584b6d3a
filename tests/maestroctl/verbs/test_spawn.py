"""``maestroctl spawn --tasks t1,t2``."""

import json

from tests.kit.clients.entities import OTHER_TASK, SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_an_agent_is_started_on_tasks(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.list", {"items": [task(), task(id=OTHER_TASK)]})
    daemon.on("session.spawn", session(status="spawning"))
    assert cli("spawn", "--tasks", f"{TASK[-4:]},{OTHER_TASK}").out == f"{SESSION} spawning parser\n"
    line = [
        "spawn",
        "--tasks",
        TASK,
        "--tasks",
        OTHER_TASK,
        "--agent",
        "shell",
        "--strategy",
        "queue",
        "--skills",
        "a,b",
    ]
    assert json.loads(cli(*line, "--name", "x", "--persona", "p", "--json").out)["id"] == SESSION
    first, second = daemon.called("session.spawn")
    assert first == {"taskIds": [TASK, OTHER_TASK], "role": "worker", "strategy": "simple"}
    assert second == {
        "taskIds": [TASK, OTHER_TASK],
        "role": "worker",
        "strategy": "queue",
        "agent": "shell",
        "skills": ["a", "b"],
        "name": "x",
        "persona": "p",
    }


def test_a_missing_task_is_a_usage_error(cli: CommandLine) -> None:
    assert cli("spawn", "--tasks", ",").code == 2
    assert cli("spawn").code == 2


def test_the_terminal_of_a_spawned_session_can_be_chosen(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.spawn", session(status="spawning"))
    for terminal in ("pty", "pipe"):
        assert cli("spawn", "--tasks", TASK, "--agent", "claude", "--terminal", terminal).code == 0
    assert [call["terminal"] for call in daemon.called("session.spawn")] == ["pty", "pipe"]
    assert cli("spawn", "--tasks", TASK, "--terminal", "external").code == 2
