"""How the adapter writes to Gemini CLI and judges its end."""

import json

import pytest

from maestrod.agents.adapter import Keys
from maestrod.agents.gemini.adapter import GeminiAdapter
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING, Reading, ScreenShown

GEMINI = GeminiAdapter(now=lambda: 0.0)


@pytest.mark.parametrize(
    "title, reading",
    [
        ("✦  Working… (proj)   ", Reading((ScreenShown(busy=True),))),
        ("◇  Ready (proj)", Reading((ScreenShown(busy=False),))),
        ("✋  Action Required (proj)", NOTHING),
        ("", NOTHING),
    ],
)
def test_titles(title: str, reading: Reading) -> None:
    assert GEMINI.read_title(title) == reading


def test_lines_and_hooks_are_read() -> None:
    assert GEMINI.read_line(b'{"type": "init", "session_id": "s"}').agent_session_id == "s"
    assert GEMINI.read_hook("SessionStart", {"session_id": "s"}).agent_session_id == "s"


def test_prompts_are_typed_on_a_terminal_only() -> None:
    assert GEMINI.prompt_keys("a", interactive=False) == () and GEMINI.prompt_keys("a", interactive=True)[-1] == Keys(
        b"\r"
    )


def test_the_gate_refuses_undecided_requests() -> None:
    assert json.loads(GEMINI.hook_answer("ToolPermission", Permission.ALLOW)) == {"decision": "allow"}
    assert json.loads(GEMINI.hook_answer("ToolPermission", Permission.DENY, message="no"))["reason"] == "no"
    assert json.loads(GEMINI.hook_answer("ToolPermission", None))["decision"] == "deny"
    assert GEMINI.hook_answer("AfterAgent", Permission.DENY) == "" and GEMINI.answer("k", Permission.ALLOW) == b""


def test_exit_code_zero_does_not_make_a_failed_turn_succeed() -> None:
    assert GEMINI.judge(Exit(code=0), outcome=Outcome.FAILED, stop_requested=False) is Judgement.FAILED
    assert GEMINI.judge(Exit(code=0), outcome=None, stop_requested=True) is Judgement.STOPPED
    assert GEMINI.judge(Exit(code=144), outcome=None, stop_requested=False) is Judgement.FAILED


def test_an_installed_agent_is_detected(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    monkeypatch.setenv("PATH", environ["PATH"])
    assert GEMINI.detect().version == "0.61.0"
