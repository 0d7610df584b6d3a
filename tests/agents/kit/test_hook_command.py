"""The command of a hook works in a shell, whatever the name of the folder."""

import sys
from pathlib import Path

import pytest

from maestrod.agents.kit.hook_command import DECIDE, EVENT, hook_command, hook_words
from maestrod.api.local.hook_guard import Guard, guarded, guarded_words


def test_every_word_survives_the_shell() -> None:
    hooks = Path("/it's here/a folder")
    words = list(hook_words(hooks, EVENT, "claude", "Stop"))
    assert guarded_words(hook_command(hooks, EVENT, "claude", "Stop", "--no-wait")) == [*words, "--no-wait"]


@pytest.mark.parametrize(
    "program, guard", [(EVENT, Guard.REPORT), (DECIDE, Guard.DECIDE), ("gemini/gate.py", Guard.GATE)]
)
def test_only_a_gate_refuses_when_this_installation_is_gone(program: str, guard: Guard) -> None:
    words = hook_words(Path("/h"), program, "gemini", "X")
    assert hook_command(Path("/h"), program, "gemini", "X") == guarded(words, guard)


def test_the_interpreter_is_isolated_and_named_by_its_real_path() -> None:
    words = hook_words(Path("/h"), DECIDE, "codex", "PermissionRequest")
    assert words[:4] == (str(Path(sys.executable).resolve()), "-I", "-S", "/h/decide.py")
