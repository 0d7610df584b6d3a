"""Real agents whose model writes half a surrogate pair: the end of the turn is read, and the text contains U+FFFD instead."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tests.agents.real import users
from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import ctl, daemon_in, sessions, shown, worker

pytestmark = pytest.mark.slow

CLAUDE = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0", "IS_SANDBOX": "1"}
PLAN = "# P\n\n## G\n\n- [ ] Write alpha\n"


def _user(agent: str, place: Place) -> tuple[Place, dict[str, str]]:
    """A user of the agent, and what is in their environment."""
    if agent != "claude":
        return users.USERS[agent](place)
    own = {"ANTHROPIC_BASE_URL": place.model.url, "ANTHROPIC_API_KEY": "dummy"}
    return dataclasses.replace(place, programs=(agent_command("claude"),)), CLAUDE | own


#: Codex is not among them: it ends such a turn itself, as broken.
@pytest.mark.parametrize("agent", ["claude", "gemini", "opencode"])
def test_the_end_of_a_turn_with_half_a_surrogate_pair_is_read(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, agent: str
) -> None:
    place, environ = _user(agent, place)
    scripted: dict[str, Any] = worker("Write alpha", {"shell": "echo alpha > alpha.txt"})
    scripted["steps"][-1] = {"text": "Done \ud83d at last."}
    place.model.script = {"prompts": [scripted], "default": [{"text": "ok"}]}
    plan = tmp_path / "plan.md"
    plan.write_text(PLAN)
    with daemon_in(place, monkeypatch, environ) as daemon:
        settings = {"permissions": {"policy": "allow"}}
        daemon.call("project.create", name="p", workingDir=str(place.project), settings=settings)
        done = ctl(daemon, place.project, "run", "--plan", str(plan), "--agent", agent)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
        daemon.finish_sessions()
        [session] = sessions(daemon)
        assert session["status"] == "completed", shown(daemon)
        said = [item["message"] for item in daemon.every("session.timeline", sessionId=session["id"])]
        assert any("Done" in message and "at last." in message for message in said) or agent == "gemini", said
