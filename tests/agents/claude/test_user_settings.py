"""The user's own files are read, whatever they contain, and never written."""

import json
from pathlib import Path

from maestrod.agents.claude import user_settings


def home(folder: Path, **members: object) -> dict[str, str]:
    (folder / ".claude.json").write_text(json.dumps(members))
    return {"HOME": str(folder)}


def test_a_user_is_asked_once(tmp_path: Path) -> None:
    assert user_settings.is_set_up(user_settings.config(home(tmp_path, hasCompletedOnboarding=True)))
    assert not user_settings.is_set_up(user_settings.config(home(tmp_path)))


def test_missing_broken_or_oddly_shaped_files_are_accepted(tmp_path: Path) -> None:
    assert not user_settings.config({"HOME": str(tmp_path / "nowhere")})
    assert not user_settings.config({})
    for content in ("{", "[]", "\udcff", "null"):
        (tmp_path / ".claude.json").write_bytes(content.encode("utf-8", "surrogateescape"))
        assert not user_settings.config({"HOME": str(tmp_path)})


def test_the_configuration_folder_can_be_moved(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"statusLine": {}}')
    assert "statusLine" in user_settings.settings({"CLAUDE_CONFIG_DIR": str(tmp_path), "HOME": "/nowhere"})


def test_the_user_is_asked_about_a_key_once(tmp_path: Path) -> None:
    key = "sk-ant-0123456789-0123456789-0123456789"
    known = user_settings.config(home(tmp_path, customApiKeyResponses={"approved": [key[-20:]], "rejected": ["x"]}))
    assert not user_settings.would_ask_for_key(known, key)
    assert not user_settings.would_ask_for_key(known, "x")
    assert user_settings.would_ask_for_key(known, "another")
    assert user_settings.would_ask_for_key(user_settings.config({}), key)


def test_a_conversation_is_found_in_any_folder(tmp_path: Path) -> None:
    folder = tmp_path / ".claude" / "projects" / "-home-user-project"
    folder.mkdir(parents=True)
    (folder / "abc.jsonl").touch()
    environ = {"HOME": str(tmp_path)}
    assert user_settings.has_conversation(environ, "abc")
    assert not user_settings.has_conversation(environ, "abd")
    assert not user_settings.has_conversation(environ, "../../abc/..")
