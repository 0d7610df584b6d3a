"""Hook templates are filled in."""

import json
from pathlib import Path

import pytest

from maestrod.agents.kit.hook_command import DECIDE, EVENT, hook_command
from maestrod.agents.kit.hook_template import filled
from maestrod.api.errors import Unavailable
from tests.agents.launches import HOOKS


def test_commands_replace_the_words(tmp_path: Path) -> None:
    hooks = {
        "Stop": [{"hooks": [{"command": "@EVENT@", "timeout": 5}]}],
        "Ask": [{"matcher": "x", "hooks": [{"command": "@DECIDE@"}, {"command": "@GATE@"}]}],
    }
    (tmp_path / "x").mkdir()
    (tmp_path / "x/t.json").write_text(json.dumps({"hooks": hooks, "version": 1}))
    found = filled(tmp_path, "x", "t.json")
    assert found["version"] == 1
    [stop] = found["hooks"]["Stop"][0]["hooks"]
    assert stop == {"command": hook_command(tmp_path, EVENT, "x", "Stop"), "timeout": 5}
    ask, gate = found["hooks"]["Ask"][0]["hooks"]
    assert ask["command"] == hook_command(tmp_path, DECIDE, "x", "Ask")
    assert gate["command"] == hook_command(tmp_path, "x/gate.py", "x", "ToolPermission")


TEMPLATES = [
    path
    for path in sorted(HOOKS.glob("*/*.json"))
    if path.parent.name != "opencode" and path.name != "install.json"  # a plugin; where hooks are installed
]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_template_names_programs_that_are_there(path: Path) -> None:
    for groups in filled(HOOKS, path.parent.name, path.name)["hooks"].values():
        for handler in (handler for group in groups for handler in group["hooks"]):
            program = next(word for word in handler["command"].split() if word.endswith(".py"))
            assert Path(program).is_relative_to(HOOKS) and Path(program).is_file()


def test_a_missing_template_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="install maestrod again"):
        filled(tmp_path, "x", "t.json")
