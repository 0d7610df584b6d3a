"""A home for one session, in which the user's own files are linked and never written."""

import json
from pathlib import Path
from typing import Any

import pytest

from maestrod.agents.adapter import LaunchRequest
from maestrod.agents.gemini import home
from maestrod.core.prompts.manifest import ManifestSkill
from tests.agents.launches import request

OURS = {"BeforeTool": [{"hooks": [{"type": "command", "command": "ours"}]}]}
THEIRS = {"hooks": [{"type": "command", "command": "theirs"}]}


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """A user of Gemini CLI."""
    own = tmp_path / ".gemini"
    (own / "skills/mine").mkdir(parents=True)
    (own / "tmp").mkdir()
    (own / "oauth_creds.json").write_text("{}")
    (own / "settings.json").write_text('{"model": {"name": "m"}, // a comment\n}')
    (tmp_path / ".agents").mkdir()
    return tmp_path


def asked(user: Path, **more: Any) -> LaunchRequest:
    return request({"HOME": str(user)}, **more)


def test_settings_are_the_users_with_our_hooks(user: Path) -> None:
    written = home.files(asked(user), OURS)["gemini-home/.gemini/settings.json"]
    settings = json.loads(written)
    assert settings["model"] == {"name": "m"} and settings["hooks"] == OURS
    assert settings["general"]["enableAutoUpdate"] is False


def test_hooks_of_the_user_stay_before_ours() -> None:
    merged = home.settings({"hooks": {"BeforeTool": [THEIRS], "Notification": [THEIRS]}}, OURS, {})
    assert merged["hooks"] == {"BeforeTool": [THEIRS, *OURS["BeforeTool"]], "Notification": [THEIRS]}


def test_hooks_the_user_has_switched_off_stay_off() -> None:
    merged = home.settings({"hooks": {"BeforeTool": [THEIRS]}, "hooksConfig": {"enabled": False}}, OURS, {})
    assert merged["hooks"] == OURS and merged["hooksConfig"] == {"enabled": True}


def test_a_sign_in_method_is_chosen_where_none_was() -> None:
    key = {"GEMINI_API_KEY": "k"}
    assert home.settings({}, {}, key)["security"]["auth"]["selectedType"] == "gemini-api-key"
    assert "security" not in home.settings({}, {}, {})
    own = {"security": {"auth": {"selectedType": "mine"}, "folderTrust": {"enabled": True}}}
    assert home.settings(own, {}, key)["security"] == own["security"]


def test_all_other_files_of_the_user_are_linked(user: Path) -> None:
    links = home.links(asked(user))
    assert links == {
        "gemini-home/.agents": str(user / ".agents"),
        "gemini-home/.gemini/oauth_creds.json": str(user / ".gemini/oauth_creds.json"),
        "gemini-home/.gemini/tmp": str(user / ".gemini/tmp"),
        "gemini-home/.gemini/skills/mine": str(user / ".gemini/skills/mine"),
    }
    assert home.links(asked(user / "nobody")) == {}


def test_the_sessions_skills_are_beside_the_users(user: Path) -> None:
    files = home.files(asked(user, skill_list=(ManifestSkill("maestro-worker", "how to report", "Report."),)), {})
    assert "gemini-home/.gemini/skills/maestro-worker/SKILL.md" in files


def test_settings_of_any_shape_do_no_harm() -> None:
    odd = {"hooks": [1], "general": 5, "security": {"auth": 7}, "hooksConfig": "x"}
    assert home.settings(odd, OURS, {"GEMINI_API_KEY": "k"})["hooks"] == OURS
