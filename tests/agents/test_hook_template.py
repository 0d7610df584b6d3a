"""Templates of hooks, filled in."""

import shlex
import sys
from pathlib import Path

import pytest

from maestrod.agents.hook_template import commands, filled
from maestrod.api.errors import Unavailable


def test_programs_are_named_by_absolute_paths(tmp_path: Path) -> None:
    report = commands(tmp_path / "a folder", "codex")["{report}"]
    assert shlex.split(report) == [sys.executable, "-I", "-S", f"{tmp_path}/a folder/event.py", "--agent", "codex"]


def test_words_are_replaced_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/hooks.json").write_text('{"a": [{"b": "{decide} --event E", "c": 5}]}')
    [entry] = filled(tmp_path, "x")["a"]
    assert entry == {"b": commands(tmp_path, "x")["{decide}"] + " --event E", "c": 5}


def test_a_lost_template_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="install maestrod again"):
        filled(tmp_path, "x")
