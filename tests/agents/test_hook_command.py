"""The command of a hook can be given to a shell whatever the folder is called."""

import shlex
import sys
from pathlib import Path

from maestrod.agents.hook_command import DECIDE, EVENT, hook_command, hook_words


def test_every_word_survives_the_shell() -> None:
    hooks = Path("/it's here/a folder")
    assert shlex.split(hook_command(hooks, EVENT, "claude", "Stop")) == list(hook_words(hooks, EVENT, "claude", "Stop"))


def test_the_interpreter_is_isolated_and_named_by_its_real_path() -> None:
    words = hook_words(Path("/h"), DECIDE, "codex", "PermissionRequest")
    assert words[:4] == (str(Path(sys.executable).resolve()), "-I", "-S", "/h/decide.py")
