"""The user's own configuration of OpenCode, in a variable and in files."""

from pathlib import Path

import pytest

from maestrod.agents.opencode import user_settings
from maestrod.api.errors import Unavailable


def test_settings_in_the_environment_may_have_comments() -> None:
    assert user_settings.inline_settings({user_settings.VARIABLE: '{"a": 1, // yes\n}'}) == {"a": 1}
    assert user_settings.inline_settings({user_settings.VARIABLE: "[]"}) == user_settings.inline_settings({}) == {}


def test_unreadable_settings_are_refused() -> None:
    with pytest.raises(Unavailable, match="OPENCODE_CONFIG_CONTENT"):
        user_settings.inline_settings({user_settings.VARIABLE: "{"})


def test_the_last_file_that_names_skill_folders_counts(tmp_path: Path) -> None:
    (tmp_path / ".config/opencode").mkdir(parents=True)
    (tmp_path / ".config/opencode/opencode.jsonc").write_text('{"skills": {"paths": ["/mine"]}, /* yes */}')
    environ = {"HOME": str(tmp_path)}
    assert user_settings.skill_paths(tmp_path, environ) == ["/mine"]
    (tmp_path / "named.json").write_text('{"skills": {"paths": ["/named"]}}')
    named = environ | {"OPENCODE_CONFIG": str(tmp_path / "named.json")}
    assert user_settings.skill_paths(tmp_path, named) == ["/named"]
    (tmp_path / "opencode.json").write_text('{"skills": {"paths": ["/projects"]}}')
    (tmp_path / "config.json").write_text("{broken")
    assert user_settings.skill_paths(tmp_path, named) == ["/projects"]
