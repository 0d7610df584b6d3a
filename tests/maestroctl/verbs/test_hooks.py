"""``maestroctl hooks install|show|remove``."""

import json
import os
from pathlib import Path

import pytest

from tests.maestroctl.conftest import CommandLine


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any agent."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_hooks_are_installed_shown_and_removed(cli: CommandLine, home: Path) -> None:
    path = home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{"model": "opus"}')
    assert "13 hooks installed" in cli("hooks", "install", "--agent", "claude").out
    assert f"{path}  13 hooks installed" in cli("hooks", "show").out
    assert "event." in path.read_text()
    assert "hooks removed" in cli("hooks", "remove", "--agent", "claude").out
    assert path.read_text() == '{"model": "opus"}'
    assert "no hooks installed" in cli("hooks", "remove", "--agent", "claude").out
    assert f"{path}  not installed" in cli("hooks", "show", "--agent", "claude").out


def test_a_project_has_its_own_settings(cli: CommandLine, home: Path, tmp_path: Path) -> None:
    project = tmp_path / "work"
    project.mkdir()
    shown = json.loads(cli("hooks", "install", "--agent", "claude", "--project", str(project), "--json").out)
    assert shown["path"] == str(project / ".claude" / "settings.local.json") and "Stop" in shown["events"]
    assert not (home / ".claude").exists()
    removed = json.loads(cli("hooks", "remove", "--agent", "claude", "--project", str(project), "--json").out)
    assert removed["removed"] is True
    assert list(project.iterdir()) == []
    assert cli("hooks", "install", "--agent", "claude", "--project", str(project / "nowhere")).code == 2


def test_steps_for_the_user_are_shown(cli: CommandLine) -> None:
    assert "/hooks" in cli("hooks", "install", "--agent", "codex").err


def test_a_file_that_is_not_a_document_is_left_alone_and_shown(cli: CommandLine, home: Path) -> None:
    path = home / ".gemini" / "settings.json"
    path.parent.mkdir()
    path.write_text('{"hooks": ')
    outcome = cli("hooks", "install", "--agent", "gemini")
    assert outcome.code != 0 and "was not changed" in outcome.err and path.read_text() == '{"hooks": '
    assert "cannot be read" in cli("hooks", "show", "--agent", "gemini").out
    items = json.loads(cli("hooks", "show", "--json").out)["items"]
    assert {item["agent"] for item in items} >= {"claude", "codex", "gemini"}
    assert any("problem" in item for item in items)


def test_an_unknown_agent_is_a_usage_error(cli: CommandLine) -> None:
    outcome = cli("hooks", "install", "--agent", "shell")
    assert outcome.code == 2 and "claude" in outcome.err
    assert "HOME" in os.environ


def test_opencode_gets_a_plugin_that_decides_nothing(cli: CommandLine, home: Path) -> None:
    path = home / ".config" / "opencode" / "opencode.jsonc"
    path.parent.mkdir(parents=True)
    path.write_text('{\n  // mine\n  "model": "a/b",\n}\n')
    assert cli("hooks", "install", "--agent", "opencode", "--decide").code == 2
    assert cli("hooks", "install", "--agent", "opencode").out == f"{path}: plugin installed\n"
    assert "// mine" in path.read_text() and "terminal.js" in path.read_text()
    assert cli("hooks", "remove", "--agent", "opencode").code == 0
    assert path.read_text() == '{\n  // mine\n  "model": "a/b",\n}\n'
