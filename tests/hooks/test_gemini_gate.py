"""Gemini's gate: a decision is passed on; without an answer the gate refuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.agents.launches import HOOKS
from tests.kit.locales import latin1

GATE = HOOKS / "gemini/gate.py"


def run(payload: Any, folder: Path, answer: str | None) -> str:
    """What the gate prints when ``maestro_decide.py`` decides ``answer`` (None: there is none)."""
    gate = folder / "gemini/gate.py"
    gate.parent.mkdir(exist_ok=True)
    gate.write_bytes(GATE.read_bytes())
    if answer is not None:
        (folder / "maestro_decide.py").write_text(
            f"import sys\ndef decide(arguments):\n    assert arguments == ['--event', 'E']\n"
            f"    return {answer!a} if sys.stdin.read() else ''\n"
        )
    command = [sys.executable, "-I", "-S", str(gate), "--event", "E"]
    done = subprocess.run(command, input=json.dumps(payload).encode(), capture_output=True, check=True)
    return done.stdout.decode()


def shell(command: Any) -> dict[str, Any]:
    return {"tool_name": "run_shell_command", "tool_input": {"command": command}}


def test_a_decision_is_passed_on(tmp_path: Path) -> None:
    assert run(shell("make"), tmp_path, '{"decision": "allow"}') == '{"decision": "allow"}'


def test_the_agent_gets_utf8_in_any_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in latin1(tmp_path).items():
        monkeypatch.setenv(name, value)
    said = '{"decision": "deny", "reason": "für später"}'
    assert run(shell("make"), tmp_path, said) == said


@pytest.mark.parametrize("answer", ["", None])
def test_without_an_answer_the_gate_refuses(tmp_path: Path, answer: str | None) -> None:
    assert json.loads(run(shell("make"), tmp_path, answer))["decision"] == "deny"


@pytest.mark.parametrize(
    "broken", ["def (", "raise OSError('x')", "", "def decide(arguments):\n    raise SystemError\n"]
)
def test_an_incomplete_installation_refuses(tmp_path: Path, broken: str) -> None:
    (tmp_path / "maestro_decide.py").write_text(broken)
    assert json.loads(run(shell("make"), tmp_path, None))["decision"] == "deny"
