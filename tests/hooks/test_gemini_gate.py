"""Gemini's gate: a decision is passed on, silence refuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.agents.launches import HOOKS

GATE = HOOKS / "gemini/gate.py"


def run(payload: Any, folder: Path, answer: str | None) -> str:
    """What the gate prints when ``decide.py`` prints ``answer`` (None: there is none)."""
    gate = folder / "gemini/gate.py"
    gate.parent.mkdir(exist_ok=True)
    gate.write_bytes(GATE.read_bytes())
    if answer is not None:
        (folder / "decide.py").write_text(
            f"import sys\nassert sys.argv[1:] == ['--event', 'E']\nprint({answer!r} if sys.stdin.read() else 0)\n"
        )
    command = [sys.executable, "-I", "-S", str(gate), "--event", "E"]
    done = subprocess.run(command, input=json.dumps(payload).encode(), capture_output=True, check=True)
    return done.stdout.decode()


def shell(command: Any) -> dict[str, Any]:
    return {"tool_name": "run_shell_command", "tool_input": {"command": command}}


def test_what_was_decided_is_passed_on(tmp_path: Path) -> None:
    assert run(shell("make"), tmp_path, '{"decision": "allow"}') == '{"decision": "allow"}'


@pytest.mark.parametrize("answer", ["", None])
def test_silence_refuses(tmp_path: Path, answer: str | None) -> None:
    assert json.loads(run(shell("make"), tmp_path, answer))["decision"] == "deny"
