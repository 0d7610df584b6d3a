"""``maestroctl logs``: the bytes as they came, page by page, and on with ``-f``."""

import base64
import json
from typing import Any

import pytest

from tests.kit.clients.entities import SESSION, TASK, session, task
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.maestroctl.conftest import CommandLine

LOG = b"one\ntwo \x1b[31mred\x1b[0m\n"
LATER = "ses_00000000000000000000000002"


@pytest.fixture
def logging(daemon: FakeDaemon) -> FakeDaemon:
    def output(params: dict[str, Any]) -> dict[str, Any]:
        if "lines" in params:
            return {"start": 4, "end": len(LOG), "data": encoded(LOG[4:])}
        start = max(params["offset"], 2)  # two bytes were rotated away
        return {"start": start, "end": min(start + 5, len(LOG)), "data": encoded(LOG[start : start + 5])}

    daemon.on("session.output", output)
    daemon.on("session.get", session())
    return daemon


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_whole_log_is_printed_and_missing_bytes_are_reported(logging: FakeDaemon, cli: CommandLine) -> None:
    outcome = cli("logs", SESSION)
    assert (outcome.code, outcome.out) == (0, LOG[2:].decode())
    assert outcome.err == "[2 bytes of older output are gone]\n"


def test_output_is_read_from_an_offset_or_as_the_last_lines(logging: FakeDaemon, cli: CommandLine) -> None:
    assert cli("logs", SESSION, "--since-offset", "4").out == LOG[4:].decode()
    outcome = cli("logs", SESSION, "-n", "1")
    assert (outcome.out, outcome.err) == (LOG[4:].decode(), "")


def test_a_task_means_its_last_session(logging: FakeDaemon, cli: CommandLine) -> None:
    tree = {"seq": 1, "tasks": [task(sessionIds=[SESSION]), task(id="tsk_2", sessionIds=[LATER])]}
    logging.on("task.tree", tree)
    assert cli("logs", TASK, "-n", "1").code == 0
    assert logging.called("session.output")[0]["sessionId"] == LATER


def test_a_task_without_a_session_is_refused(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("task.tree", {"seq": 1, "tasks": [task()]})
    outcome = cli("logs", TASK)
    assert outcome.code == 1
    assert "no session has worked on" in outcome.err


def test_following_continues_where_the_pages_ended(logging: FakeDaemon, cli: CommandLine) -> None:
    end = len(LOG)
    note = {"attachment": 1, "offset": end, "data": encoded(b"three\n")}
    last = {"attachment": 1, "offset": end + 6, "ended": True}
    logging.on("session.attach", Reply({"attachment": 1, "offset": end}, [("output", note), ("output", last)]))
    outcome = cli("logs", "-f", SESSION, "--since-offset", "4")
    assert outcome.out == LOG[4:].decode() + "three\n"
    assert logging.called("session.attach") == [{"sessionId": SESSION, "offset": end}]


def test_json_is_printed(logging: FakeDaemon, cli: CommandLine) -> None:
    assert json.loads(cli("logs", SESSION, "--json", "--since-offset", "4").out)["start"] == 4
    lines = [json.loads(line) for line in cli("logs", SESSION, "--jsonl", "--since-offset", "4").out.splitlines()]
    assert b"".join(base64.b64decode(line["data"]) for line in lines) == LOG[4:]
    assert [line["end"] for line in lines][:-1] == [line["start"] for line in lines][1:]


def test_on_a_terminal_only_colours_pass(
    logging: FakeDaemon, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging.on("session.output", {"start": 0, "end": 9, "data": encoded(b"a\x1b[2J\x1b[31mb")})
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert cli("logs", SESSION, "-n", "1").out == "a\x1b[31mb"
