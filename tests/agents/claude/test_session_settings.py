"""Settings and plugin of one session: only our hooks, each with the command of its event."""

import json
import shlex
from pathlib import Path

import pytest

from maestrod.agents.claude.hooks import _EVENTS
from maestrod.agents.claude.session_settings import PLUGIN, plugin_files, settings, status_line
from maestrod.api.local.package_data import package_data
from maestrod.core.prompts.manifest import ManifestSkill

HOOKS = package_data("hooks")


@pytest.mark.parametrize("template", ["stream.json", "terminal.json"])
def test_every_hook_reports_its_own_event_and_is_read(template: str) -> None:
    document = json.loads(settings(HOOKS, template))
    assert list(document) == ["hooks"]
    for event, matchers in document["hooks"].items():
        assert event in _EVENTS
        for handler in (handler for matcher in matchers for handler in matcher["hooks"]):
            words = shlex.split(handler["command"])
            assert words[-4:] == ["--agent", "claude", "--event", event]
            assert Path(words[7]).name == ("decide.py" if event == "PermissionRequest" else "event.py")
            assert Path(words[0]).is_absolute()
            assert handler.get("async", False) is ("ToolUse" in event), "only tools go on without their hooks"


def test_a_headless_stream_reports_everything_but_the_first_sign_of_life() -> None:
    assert list(json.loads(settings(HOOKS, "stream.json"))["hooks"]) == ["SessionStart", "SessionEnd"]


def test_other_settings_stand_beside_the_hooks() -> None:
    document = json.loads(settings(HOOKS, "stream.json", apiKeyHelper="printf x"))
    assert document["apiKeyHelper"] == "printf x" and document["hooks"]
    assert shlex.split(status_line(HOOKS)["command"])[-1] == "--no-wait"


def test_a_session_with_skills_gets_a_plugin() -> None:
    files = plugin_files([ManifestSkill(name="maestro-worker", description="d", instructions="i")])
    assert json.loads(files[f"{PLUGIN}/.claude-plugin/plugin.json"])["name"] == "maestro"
    assert f"{PLUGIN}/skills/maestro-worker/SKILL.md" in files
    assert plugin_files([]) == {}
