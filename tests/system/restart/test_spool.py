"""Hooks that fire without a daemon: their events are in the timeline after the next start, each of them once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from maestrod.core.access.session_token import make_token
from tests.kit.daemons.daemon import Daemon, Json

HOOK = Path(__file__).parents[3] / "hooks" / "event.py"


def fire(daemon: Daemon, session: Json, event: str) -> None:
    """Run the hook as an agent of the session does."""
    key = (daemon.data / "secret.key").read_bytes()
    environ = {
        "MAESTRO_HOME": str(daemon.home),
        "HOME": str(daemon.home),
        "MAESTRO_SOCKET": str(daemon.socket),
        "MAESTRO_SESSION_ID": session["id"],
        "MAESTRO_SESSION_TOKEN": make_token(key, session["id"], 1),
    }
    payload = json.dumps({"tool_name": "Bash", "event": event})
    answer = subprocess.run(
        [sys.executable, "-I", "-S", str(HOOK), "--agent", "shell", "--event", event],
        input=payload, env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.stdout == ""


def hooks(daemon: Daemon, session: Json) -> list[str]:
    timeline = daemon.every("session.timeline", sessionId=session["id"])
    return [entry["message"] for entry in timeline if entry.get("source") == "hook"]


def start_session(daemon: Daemon) -> Json:
    """A session whose agent is there and stays."""
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))
    task = daemon.call("task.create", title="t", projectId=project["id"], commands=["sleep 600"])
    with daemon.watch(topics=["timeline"]) as events:
        session: Json = daemon.call("session.spawn", taskIds=[task["id"]], agent="shell")
        events.wait_for(lambda event: event["data"]["type"] == "task_started")
    return session


@pytest.mark.slow
def test_events_of_hooks_without_a_daemon_are_read_once_at_the_next_start(daemon: Daemon) -> None:
    daemon.start()
    session = start_session(daemon)
    fire(daemon, session, "Live")
    daemon.kill()
    for number in range(5):
        fire(daemon, session, f"Spooled{number}")
    spooled = sorted((daemon.data / "spool").glob("*.json"))
    assert len(spooled) == 5
    kept = {path: path.read_bytes() for path in spooled}
    daemon.start()
    expected = ["hook Live", *(f"hook Spooled{number}" for number in range(5))]
    assert hooks(daemon, session) == expected
    assert list((daemon.data / "spool").glob("*.json")) == []
    daemon.kill()
    for path, content in kept.items():
        path.write_bytes(content)  # as if it had died between taking them in and removing them
    daemon.start()
    assert hooks(daemon, session) == expected
    assert list((daemon.data / "spool").glob("*.json")) == []


@pytest.mark.slow
def test_invalid_and_forbidden_events_delay_nobody(daemon: Daemon) -> None:
    daemon.start()
    session = start_session(daemon)
    daemon.kill()
    spool = daemon.data / "spool"
    spool.mkdir(mode=0o700, exist_ok=True)
    (spool / "1.json").write_text("{torn")
    (spool / "2.json").write_text('{"event": "Forged", "sessionToken": "ses_1.1.00"}')
    (spool / "3.json").write_text('{"event": "Nobody", "sessionId": "ses_none"}')
    (spool / "4.json").mkdir()
    (spool / "5.json").write_bytes(b'{"event": "' + b"x" * (2 << 20) + b'"}')
    fire(daemon, session, "Good")
    daemon.start()
    assert hooks(daemon, session) == ["hook Good"]
    assert "Traceback" not in daemon.words()
