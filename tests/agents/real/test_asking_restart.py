"""SIGKILL of the daemon while a real agent waits for permission: the question is still open, and the answer reaches the agent."""

import dataclasses
import json
from pathlib import Path

import pytest

from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import daemon_in, shown, worker
from tests.agents.real.test_asking import completed, question, spawn, wants
from tests.agents.real.test_claude_flow import environ
from tests.agents.real.users import USERS

pytestmark = pytest.mark.slow


def user_of(agent: str, place: Place) -> tuple[Place, dict[str, str]]:
    """A user of the agent, and what is in their environment."""
    if agent != "claude":
        return USERS[agent](place)
    (place.home / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True}))
    claude = dataclasses.replace(place, programs=(agent_command("claude"),))
    return claude, environ(claude)


@pytest.mark.parametrize(
    "agent, terminal, killed",
    [
        ("claude", "pipe", "before the answer"),
        ("claude", "pipe", "after the answer"),
        ("claude", "pty", "before the answer"),
        ("claude", "pty", "after the answer"),
        ("codex", "pty", "before the answer"),
        ("gemini", "pipe", "before the answer"),
        ("opencode", "pipe", "before the answer"),
    ],
)
def test_an_agents_question_is_answered_although_the_daemon_died(
    place: Place, monkeypatch: pytest.MonkeyPatch, agent: str, terminal: str, killed: str
) -> None:
    user, variables = user_of(agent, place)
    made = Path(place.home / "made")
    place.model.script = {
        "prompts": [worker("Write alpha", wants(agent, f"touch {made}"))],
        "default": [{"text": "ok"}],
    }
    with daemon_in(user, monkeypatch, variables) as daemon:
        session = spawn(daemon, place, agent, terminal)
        asked = question(daemon, f"touch {made}")
        if killed == "before the answer":
            daemon.restart()
            assert [each["id"] for each in daemon.every("attention.list")] == [asked["id"]]
        daemon.call("attention.answer", attentionId=asked["id"], value="allow")
        if killed == "after the answer":
            daemon.restart()
        completed(daemon)
        assert made.exists(), shown(daemon)
        answered = [each["answer"]["by"] for each in daemon.every("attention.list", answered=True)]
        assert answered.count("user") == 1 and set(answered) <= {"user", "policy"}, "its reports need nobody"
        if terminal == "pty":
            daemon.call("session.stop", sessionId=session["id"])
        daemon.finish_sessions()
        assert daemon.nothing_left()
