"""Real agents that need a permission: the question is in the inbox, and its answer reaches the agent."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.agents.real.conftest import Place
from tests.agents.real.flow import daemon_in, sessions, shown, timeline, worker
from tests.agents.real.users import USERS
from tests.kit.daemons.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]


def wants(agent: str, command: str) -> Json:
    """A tool call that needs permission: headless any command does, Codex asks for what its sandbox refuses."""
    if agent != "codex":
        return {"shell": command}
    asked = {"cmd": command, "sandbox_permissions": "require_escalated", "justification": "it is needed"}
    return {"tool": "exec_command", "input": asked}


def spawn(daemon: Daemon, place: Place, agent: str, terminal: str) -> Json:
    """A session on one task; a person is asked."""
    project = daemon.call("project.create", name="p", workingDir=str(place.project))
    task = daemon.call("task.create", projectId=project["id"], title="Write alpha")
    session: Json = daemon.call("session.spawn", taskIds=[task["id"]], agent=agent, terminal=terminal)
    return session


def question(daemon: Daemon, words: str) -> Json:
    """The open question about something, once there is one; reports need no answer."""
    with daemon.watch(since=0, topics=["attention.created"]) as events:
        asked = events.wait_for(lambda event: words in event["data"]["message"])
    return next(each for each in daemon.every("attention.list") if each["id"] == asked["id"])


def completed(daemon: Daemon) -> None:
    """Return when the task is done."""
    with daemon.watch(since=0, topics=["task.status"]) as events:
        events.wait_for(lambda event: event["data"].get("status") == "completed")


@pytest.mark.parametrize(
    "agent, terminal, answer",
    [
        ("codex", "pty", "allow"),
        ("codex", "pty", "deny"),
        ("gemini", "pipe", "allow"),
        ("gemini", "pipe", "deny"),
        ("opencode", "pipe", "allow"),
    ],
)
def test_the_answer_from_the_inbox_reaches_the_agent(
    place: Place, monkeypatch: pytest.MonkeyPatch, agent: str, terminal: str, answer: str
) -> None:
    user, environ = USERS[agent](place)
    made = Path(place.home / "made")
    place.model.script = {
        "prompts": [worker("Write alpha", wants(agent, f"touch {made}"))],
        "default": [{"text": "ok"}],
    }
    with daemon_in(user, monkeypatch, environ) as daemon:
        session = spawn(daemon, place, agent, terminal)
        asked = question(daemon, f"touch {made}")
        assert asked["kind"] == "permission" and asked["options"][:2] == ["allow", "deny"], asked
        assert not made.exists()
        reason = "leave that file alone" if answer == "deny" else ""
        daemon.call("attention.answer", attentionId=asked["id"], value=answer, reason=reason)
        completed(daemon)
        assert made.exists() is (answer == "allow"), shown(daemon)
        assert reason in json.dumps(place.model.requests), "a reason reaches the model"
        entries = timeline(daemon, session["id"])
        assert any(f"permission {'allowed' if answer == 'allow' else 'denied'}" in words for _, words in entries), (
            entries
        )
        if terminal == "pty":
            daemon.call("session.stop", sessionId=session["id"])
        daemon.finish_sessions()
        assert sessions(daemon)[0]["agentSessionId"], shown(daemon)
        assert daemon.nothing_left()
