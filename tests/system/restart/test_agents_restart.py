"""SIGKILL of the daemon while agents work, ask for permission or wait for a limit: nothing is lost, repeated or late.

The agent is a program that speaks like Claude Code, hooks and stream (``tests/kit/agents/scripted_claude.py``), through the real adapter,
the real hook programs, shims and daemons.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kit.agents import scripted_claude
from tests.kit.daemons.daemon import Daemon, Json, live_of
from tests.kit.patience import PATIENCE

PERMISSION = ["allow", "deny", "allow for session", "deny for session"]
REPORT = {"run": 'maestroctl task complete "$MAESTRO_TASK_ID" "done"'}


@pytest.fixture
def claude(daemon: Daemon, short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the agent works in; the daemon finds the scripted program, and a user who set it up."""
    scripted_claude.install(short_folder / "bin")
    monkeypatch.setenv("PATH", f"{short_folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    daemon.home.mkdir(parents=True, exist_ok=True)
    (daemon.home / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True}))
    folder = short_folder / "w"
    folder.mkdir()
    return folder


def run(daemon: Daemon, folder: Path) -> str:
    """A run of one task for the agent; its id."""
    group = {"key": "g", "title": "g", "agent": "claude", "subtasks": [{"key": "t", "title": "t", "prompt": "do it"}]}
    started: Json = daemon.call("run.start", plan={"groups": [group]}, workingDir=str(folder), agent="shell")
    return str(started["id"])


def question(daemon: Daemon, kind: str) -> Json:
    """The one open question, once it is there."""
    with daemon.watch(since=0, topics=["attention.created"]) as events:
        return events.wait_for(lambda event: bool(event["data"]["kind"] == kind))


def session_of(daemon: Daemon) -> Json:
    [session] = daemon.every("session.list")
    return session


@pytest.mark.slow
def test_a_question_on_the_stream_stays_open_and_its_answer_arrives_once(daemon: Daemon, claude: Path) -> None:
    scripted_claude.write_script(claude, [{"ask": "git push"}, REPORT])
    daemon.start()
    run_id = run(daemon, claude)
    asked = question(daemon, "permission")["id"]
    for _ in range(2):
        daemon.restart()
        [still] = daemon.every("attention.list")
        assert (still["id"], still["tool"], still["options"]) == (asked, "Bash", PERMISSION)
    daemon.call("attention.answer", attentionId=asked, value="allow")
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert [answer["behavior"] for answer in scripted_claude.received(claude)] == ["allow"]
    daemon.restart()
    assert daemon.every("attention.list") == []


@pytest.mark.slow
def test_the_next_daemon_delivers_an_answer_given_just_before_the_kill(daemon: Daemon, claude: Path) -> None:
    scripted_claude.write_script(claude, [{"ask": "git push"}, REPORT])
    daemon.start()
    run_id = run(daemon, claude)
    asked = question(daemon, "permission")["id"]
    daemon.call("attention.answer", attentionId=asked, value="deny")
    daemon.restart()
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert {answer["behavior"] for answer in scripted_claude.received(claude)} == {"deny"}


@pytest.mark.slow
def test_a_later_daemon_answers_a_waiting_hook(daemon: Daemon, claude: Path) -> None:
    scripted_claude.write_script(claude, [{"ask": "git push"}, {"hook": "PostToolUse"}, REPORT])
    daemon.start()
    session = on_a_terminal(daemon, claude)
    asked = question(daemon, "permission")["id"]
    for _ in range(2):
        daemon.restart()
        assert [each["id"] for each in daemon.every("attention.list")] == [asked]
    daemon.call("attention.answer", attentionId=asked, value="deny")
    with daemon.watch(since=0, topics=["task.status"]) as events:
        events.wait_for(lambda event: bool(event["data"]["status"] == "completed"))
    [answer] = scripted_claude.received(claude)
    assert answer["behavior"] == "deny" and "by the user" in answer["message"]
    [answered] = daemon.every("attention.list", answered=True)
    assert (answered["id"], answered["answer"]["value"]) == (asked, "deny")
    daemon.call("session.stop", sessionId=session)


@pytest.mark.slow
def test_the_deadline_of_a_permission_passes_without_a_daemon(daemon: Daemon, claude: Path) -> None:
    scripted_claude.write_script(claude, [{"ask": "git push"}, REPORT])
    daemon.settings["MAESTRO_PERMISSION_TIMEOUT_MS"] = "1500"
    daemon.start()
    run_id = run(daemon, claude)
    question(daemon, "permission")
    daemon.restart()
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert [answer["behavior"] for answer in scripted_claude.received(claude)] == ["deny"]


@pytest.mark.slow
def test_the_wait_for_a_limit_ends_on_time_despite_a_kill(daemon: Daemon, claude: Path) -> None:
    ends = int(time.time()) + 10
    scripted_claude.write_script(claude, [{"limit": ends}], [REPORT])
    daemon.start()
    run_id = run(daemon, claude)
    question(daemon, "limit")
    daemon.restart()
    waiting = session_of(daemon)
    assert waiting["live"]["wait"]["until"] == ends * 1000 and waiting["status"] == "idle"
    assert daemon.call("system.status")["agentWaits"] == {"claude": ends * 1000}
    explanation = daemon.call("session.why", sessionId=waiting["id"])["explanation"]
    assert any("waits for a usage limit of claude" in sentence for sentence in explanation)
    assert daemon.finish_run(run_id)["status"] == "completed"
    session = session_of(daemon)
    woken = [
        entry for entry in timeline(daemon, session["id"]) if entry["message"].startswith("the usage limit has ended")
    ]
    assert len(woken) == 1 and 0 <= woken[0]["timestamp"] - ends * 1000 < 30_000
    assert session["attempt"] == 2
    assert [task["attempts"] for task in daemon.every("task.list") if task["title"] == "t"] == [[]]
    assert daemon.every("attention.list") == []


@pytest.mark.slow
@pytest.mark.parametrize("how", ["session", "daemon"])
def test_a_session_that_waits_for_a_limit_can_be_stopped_without_a_process(
    daemon: Daemon, claude: Path, how: str
) -> None:
    ends = int(time.time()) + 12
    scripted_claude.write_script(claude, [{"limit": ends}], [REPORT])
    daemon.start()
    run_id = run(daemon, claude)
    question(daemon, "limit")
    daemon.restart()
    session = session_of(daemon)["id"]
    if how == "session":
        assert daemon.call("session.stop", sessionId=session)["left"] == 0
        assert daemon.finish_run(run_id)["status"] == "cancelled"
    else:
        daemon.call("system.stop", sessions="stop")
        daemon.wait()
        daemon.start()
        assert len(daemon.every("session.list")) == 1, "none of the kind is started before the limit ends"
        assert daemon.finish_run(run_id)["status"] == "completed"
        daemon.finish_sessions()
        [first, second] = daemon.every("session.list")
        assert (first["status"], second["status"]) == ("stopped", "completed")
        assert second["createdAt"] >= ends * 1000
    assert daemon.call("session.get", sessionId=session)["status"] == "stopped"


@pytest.mark.slow
def test_hooks_fired_without_a_daemon_are_read_once(daemon: Daemon, claude: Path) -> None:
    for gate in ("dead", "alive"):
        os.mkfifo(claude / gate)
    hooks = [{"hook": "PreToolUse"}, {"hook": "PostToolUse"}]
    scripted_claude.write_script(
        claude, [{"gate": "dead"}, *hooks * 3, {"run": "touch fired"}, {"gate": "alive"}, REPORT]
    )
    daemon.start()
    session = on_a_terminal(daemon, claude)
    with daemon.watch(since=0, topics=["session"]) as events:
        events.wait_for(lambda event: (live_of(event).get("turn") or {}).get("state") == "running")
    daemon.kill()
    open_gate(claude / "dead")
    spooled_until(daemon, 6)
    daemon.start()
    seen = [entry for entry in timeline(daemon, session) if entry["type"] == "progress"]
    assert [entry["message"] for entry in seen].count("Bash: make") == 3
    daemon.restart()
    assert len([entry for entry in timeline(daemon, session) if entry["type"] == "progress"]) == len(seen)
    open_gate(claude / "alive")
    with daemon.watch(since=0, topics=["task.status"]) as events:
        events.wait_for(lambda event: bool(event["data"]["status"] == "completed"))
    daemon.call("session.stop", sessionId=session)


def on_a_terminal(daemon: Daemon, folder: Path) -> str:
    """A session of the agent at a terminal, on a task of its own; its id."""
    project = daemon.call("project.create", name="w", workingDir=str(folder))["id"]
    task = daemon.call("task.create", title="t", projectId=project)["id"]
    return str(daemon.call("session.spawn", taskIds=[task], agent="claude", terminal="pty")["id"])


def timeline(daemon: Daemon, session_id: str) -> list[Any]:
    return daemon.every("session.timeline", sessionId=session_id, limit=1000)


def open_gate(path: Path) -> None:
    """Let the agent through: it waits at the other end."""
    with path.open("wb"):
        pass


def spooled_until(daemon: Daemon, count: int) -> None:
    """Return when so many events lie in the spool; a bounded look at a folder that tells nobody when it changes."""
    deadline = time.monotonic() + PATIENCE
    while len(list((daemon.data / "spool").glob("*.json"))) < count:
        assert time.monotonic() < deadline, "the hooks left nothing in the spool"
        os.sched_yield()
