"""How the adapter writes to Codex and judges its end."""

import json
from pathlib import Path

import pytest

from maestrod.agents.adapter import Keys
from maestrod.agents.codex.adapter import CodexAdapter
from maestrod.api.permission import Permission
from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import NOTHING, LimitReached, Reading, ScreenShown

CODEX = CodexAdapter(now=lambda: 0.0)


@pytest.mark.parametrize(
    "title, reading",
    [
        ("⠋ proj", Reading((ScreenShown(busy=True),))),
        ("proj", Reading((ScreenShown(busy=False),))),
        ("[ ! ] Action Required | proj", NOTHING),
        ("", NOTHING),
    ],
)
def test_titles(title: str, reading: Reading) -> None:
    assert CODEX.read_title(title) == reading


def test_lines_and_hooks_are_read() -> None:
    assert CODEX.read_line(b'{"type": "thread.started", "thread_id": "t"}').agent_session_id == "t"
    assert CODEX.read_hook("SessionStart", {"session_id": "t"}).agent_session_id == "t"
    failed = b'{"type": "turn.failed", "error": {"message": "hit your usage limit. Try again at 1:00 AM."}}'
    limit = CODEX.read_line(failed).signs[0]
    assert isinstance(limit, LimitReached) and limit.resets_at is not None and limit.resets_at < 90_000_000


def test_prompts_are_typed_on_a_terminal_only() -> None:
    assert CODEX.prompt_keys("a\nb", interactive=False) == ()
    assert CODEX.prompt_keys("a\nb", interactive=True)[-1] == Keys(b"\r")


def test_the_hook_gets_its_answers() -> None:
    allow = json.loads(CODEX.hook_answer("PermissionRequest", Permission.ALLOW, message="sure"))
    assert allow["hookSpecificOutput"]["decision"] == {"behavior": "allow"}
    deny = json.loads(CODEX.hook_answer("PermissionRequest", Permission.DENY, message="no"))
    assert deny["hookSpecificOutput"]["decision"] == {"behavior": "deny", "message": "no"}
    assert CODEX.hook_answer("PermissionRequest", None) == CODEX.hook_answer("Stop", Permission.DENY) == ""
    assert CODEX.answer("k", Permission.ALLOW) == b""


@pytest.mark.parametrize(
    "ended, outcome, stop_requested, judgement",
    [
        (Exit(code=0), Outcome.COMPLETED, False, Judgement.COMPLETED),
        (Exit(code=1), Outcome.FAILED, False, Judgement.FAILED),
        (Exit(code=1), Outcome.LIMIT, False, Judgement.FAILED),
        (Exit(code=1), None, True, Judgement.STOPPED),
        (Exit(code=0), Outcome.COMPLETED, True, Judgement.COMPLETED),
        (Exit(code=0), None, False, Judgement.COMPLETED),
        (Exit(signal="KILL"), None, False, Judgement.FAILED),
        (Exit(signal="TERM"), None, True, Judgement.STOPPED),
    ],
)
def test_judgements(ended: Exit, outcome: Outcome | None, stop_requested: bool, judgement: Judgement) -> None:
    assert CODEX.judge(ended, outcome=outcome, stop_requested=stop_requested) is judgement


def test_an_installed_agent_is_detected(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", environ["PATH"])
    found = CODEX.detect()
    assert found.available and found.version == "0.169.0"
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    missing = CODEX.detect()
    assert not missing.available and "npm install" in (missing.missing or "")
