"""Agents that a person starts, followed by installed hooks: each registers, reports its turn and its tool, and ends; uninstalling restores the settings.

Claude Code is in ``test_claude_terminal.py``.
"""

import json
import subprocess
from pathlib import Path

import pytest

from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.flow import ctl, daemon_in, shown, timeline
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow

#: How a person has each of them do something, without a dialog.
LINES = {
    "codex": ["exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust", "look around"],
    "gemini": ["--skip-trust", "--approval-mode", "yolo", "-p", "look around"],
    "opencode": ["run", "--auto", "look around"],
}


def settings_of(folder: Path) -> dict[str, bytes]:
    """Every settings file of an agent below a home."""
    names = ("settings.json", "hooks.json", "opencode.json", "config.toml")
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.name in names}


def settle(home: Path, agent: str) -> None:
    """What the agent asks its user, or writes into the user's settings by itself, when it is started for the first time."""
    more = {
        "gemini": (".gemini/settings.json", {"security": {"auth": {"selectedType": "gemini-api-key"}}}),
        "opencode": (".config/opencode/opencode.json", {"$schema": "https://opencode.ai/config.json"}),
    }
    if agent in more:
        name, members = more[agent]
        path = home / name
        path.write_text(json.dumps(members | json.loads(path.read_text()), indent=4))


@pytest.mark.parametrize("agent", sorted(LINES))
def test_an_agent_started_by_hand_is_followed_by_installed_hooks(
    place: Place, monkeypatch: pytest.MonkeyPatch, agent: str
) -> None:
    place, variables = users.USERS[agent](place)
    settle(place.home, agent)
    before = settings_of(place.home)
    place.model.script = [{"shell": "ls"}, {"text": "looked around"}]
    [program] = place.programs
    with daemon_in(place, monkeypatch, variables) as daemon:
        done = ctl(daemon, place.project, "hooks", "install", "--agent", agent)
        assert done.returncode == 0, done.stderr
        assert settings_of(place.home) != before
        env = {**place.environ, **variables, "MAESTRO_HOME": str(daemon.home)}
        ran = subprocess.run(
            [str(program), *LINES[agent]],
            cwd=place.project,
            env=env,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        assert ran.returncode == 0 and b"looked around" in ran.stdout, ran
        daemon.finish_sessions()
        [session] = daemon.every("session.list")
        assert (session["terminal"], session["agent"], session["status"]) == ("external", agent, "completed"), shown(
            daemon
        )
        assert any("ls" in message for _, message in timeline(daemon, session["id"])), shown(daemon)
        assert ctl(daemon, place.project, "hooks", "remove", "--agent", agent).returncode == 0
    assert settings_of(place.home) == before
