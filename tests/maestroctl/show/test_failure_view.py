"""A failure as text: which task, why, the last output of its session, and what to type."""

import base64
import os
from collections.abc import Iterator

import pytest

from maestroctl.client.client import Client
from maestroctl.show.failure_view import last_output, lines
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import SESSION, TASK
from tests.kit.clients.fake_daemon import FakeDaemon

FAILURE = {"taskId": TASK, "title": "build", "error": "exit code 2", "sessionId": SESSION}


@pytest.fixture
def client(daemon: FakeDaemon) -> Iterator[Client]:
    with Client(paths_of(os.environ)) as made:
        yield made


def test_the_failure_shows_task_error_and_next_command() -> None:
    assert lines({**FAILURE, "attempt": 2, "failed": 3}, ["make: *** boom"]) == [
        "  task 'build' failed (attempt 2): exit code 2",
        "    its session's last output:",
        "      make: *** boom",
        "    2 other tasks failed too",
        f"    full output: maestroctl logs {SESSION}",
        f"    to retry: maestroctl retry {TASK}",
    ]


def test_a_long_error_keeps_its_beginning_and_its_end() -> None:
    shown = lines({**FAILURE, "error": "\n".join(map(str, range(100)))})
    assert shown[0].endswith(": 0") and "      99" in shown and "      50" not in shown


def test_no_text_of_an_agent_controls_the_terminal() -> None:
    assert "\x1b" not in "\n".join(lines({**FAILURE, "title": "\x1b[2J", "error": "\x1b[2J\n\x1b"}))


def test_the_last_output_is_shown_where_the_error_has_none(client: Client, daemon: FakeDaemon) -> None:
    daemon.on("session.get", {"id": SESSION, "readTo": 0})
    daemon.on("session.output", {"data": base64.b64encode(b"one\n\x1b[2Jtwo\n\n").decode(), "start": 0, "end": 9})
    assert last_output(client, FAILURE) == ["one", "two"]
    assert last_output(client, {**FAILURE, "error": "exit code 2: make\nboom"}) == []
    assert last_output(client, {**FAILURE, "sessionId": None}) == []
