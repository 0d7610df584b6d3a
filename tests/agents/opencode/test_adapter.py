"""How the adapter writes to OpenCode and judges its end."""

import json

import pytest

from maestrod.agents.adapter import Keys
from maestrod.agents.opencode.adapter import OpenCodeAdapter
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING

OPENCODE = OpenCodeAdapter()


def test_lines_hooks_and_titles_are_read() -> None:
    assert OPENCODE.read_line(b'{"type": "step_start", "sessionID": "s"}').agent_session_id == "s"
    assert OPENCODE.read_hook("session.idle", {"sessionID": "s"}).agent_session_id == "s"
    assert OPENCODE.read_title("OC | Greeting") == NOTHING


def test_prompts_are_typed_on_a_terminal_only() -> None:
    assert OPENCODE.prompt_keys("a", interactive=False) == () and OPENCODE.prompt_keys("a", interactive=True)[
        -1
    ] == Keys(b"\r")


def test_the_gate_refuses_undecided_requests() -> None:
    assert json.loads(OPENCODE.hook_answer("ToolPermission", Permission.ALLOW))["decision"] == "allow"
    assert json.loads(OPENCODE.hook_answer("ToolPermission", None))["decision"] == "deny"
    assert OPENCODE.hook_answer("session.idle", Permission.DENY) == "" and OPENCODE.answer("k", Permission.ALLOW) == b""


def test_exit_code_zero_does_not_make_a_failed_turn_succeed() -> None:
    assert OPENCODE.judge(Exit(code=0), outcome=Outcome.FAILED, stop_requested=False) is Judgement.FAILED
    assert OPENCODE.judge(Exit(signal="TERM"), outcome=None, stop_requested=True) is Judgement.STOPPED
    assert OPENCODE.judge(Exit(code=0), outcome=Outcome.COMPLETED, stop_requested=False) is Judgement.COMPLETED


def test_an_installed_agent_is_detected(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    monkeypatch.setenv("PATH", environ["PATH"])
    assert OPENCODE.detect().version == "1.18.33"
