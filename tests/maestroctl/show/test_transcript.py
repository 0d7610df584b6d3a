"""What an agent said and did, as text."""

import base64
import time
from typing import Any

import pytest

from maestroctl.show.transcript import lines
from tests.kit.clients.entities import SESSION, session
from tests.kit.clients.fake_daemon import FakeDaemon, Reply
from tests.maestroctl.conftest import CommandLine


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def entry(seq: int, kind: str, message: str, **metadata: Any) -> dict[str, Any]:
    base = {"id": f"evt_{seq}", "seq": seq, "type": kind, "timestamp": 1000 * seq, "message": message}
    return {**base, "sessionId": SESSION, **({"metadata": metadata} if metadata else {})}


SAID = entry(1, "progress", "I begin.\nFirst the tests.", said=True)
DID = entry(2, "progress", "Bash: make test\x1b[2J")
DONE = entry(3, "task_completed", "parser done")


@pytest.fixture
def talking(daemon: FakeDaemon) -> FakeDaemon:
    def timeline(params: dict[str, Any]) -> dict[str, Any]:
        if params.get("backward"):
            return {"items": [DID]}
        return {"items": [SAID], "nextCursor": "1"} if "cursor" not in params else {"items": [DID]}

    daemon.on("session.get", session(readTo=99))
    daemon.on("system.status", {"seq": 1})
    daemon.on("session.timeline", timeline)
    return daemon


def test_words_stand_alone_and_actions_have_an_icon() -> None:
    assert lines(SAID) == ["00:00:01  I begin.", "          First the tests."]
    assert lines(DID) == ["00:00:02  › Bash: make test\\x1b[2J"]
    assert lines(DONE) == ["00:00:03  ✔ parser done"]
    assert lines(entry(4, "milestone", "")) == ["00:00:04  · milestone"]


def test_the_log_of_an_agent_that_writes_json_is_its_transcript(talking: FakeDaemon, cli: CommandLine) -> None:
    assert cli("logs", SESSION).out.splitlines() == [*lines(SAID), *lines(DID)]
    assert cli("logs", SESSION, "-n", "1").out.splitlines() == lines(DID)
    assert talking.called("session.output") == []


def test_following_prints_each_entry_once_and_ends_with_the_session(talking: FakeDaemon, cli: CommandLine) -> None:
    def event(seq: int, kind: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        recorded = {"seq": seq, "at": 1, "type": kind, "id": SESSION, "sessionId": SESSION, "data": data}
        return ("event", {"subscription": 1, "event": recorded})

    events = [
        event(2, "timeline.added", DID),
        event(3, "timeline.added", DONE),
        event(4, "session.status", {"status": "completed"}),
    ]
    talking.on("event.subscribe", Reply({"subscription": 1, "seq": 1}, events))
    outcome = cli("logs", "-f", SESSION)
    assert outcome.out.splitlines() == [*lines(SAID), *lines(DID), *lines(DONE)]


def test_following_an_ended_session_only_prints(talking: FakeDaemon, cli: CommandLine) -> None:
    talking.on("session.get", session(readTo=99, status="completed"))
    assert cli("logs", "-f", SESSION).code == 0
    assert talking.called("event.subscribe") == []


def test_a_silent_agent_is_never_shown_as_json(talking: FakeDaemon, cli: CommandLine) -> None:
    talking.on("session.get", session(readTo=0, terminal="pipe", agent="claude", status="spawning"))
    talking.on("agent.list", {"items": [{"name": "claude", "prompts": "stream"}, {"name": "shell", "prompts": "none"}]})
    assert cli("logs", SESSION).out.splitlines() == [*lines(SAID), *lines(DID)]
    assert talking.called("session.output") == []
    talking.on("session.get", session(readTo=0, terminal="pipe", agent="shell"))
    talking.on("session.output", {"start": 0, "end": 3, "data": base64.b64encode(b"own").decode()})
    assert cli("logs", SESSION, "-n", "1").out == "own"
