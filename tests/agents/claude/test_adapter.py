"""The adapter as the rest of the daemon sees it."""

import pytest

from maestrod.agents.claude.adapter import ClaudeAdapter
from maestrod.core.values.agent_traits import Turns
from maestrod.core.values.signs import ScreenShown

CLAUDE = ClaudeAdapter()


def test_claude_plans_resumes_and_streams_turns() -> None:
    assert CLAUDE.traits.plans and CLAUDE.traits.resumes and CLAUDE.traits.turns is Turns.STREAM


@pytest.mark.parametrize(
    "title, busy", [("✳ Claude Code", False), ("◐ Claude Code", True), ("◑ a topic", True), ("⠂ older", True)]
)
def test_the_title_shows_whether_it_is_busy(title: str, busy: bool) -> None:
    assert CLAUDE.read_title(title).signs == (ScreenShown(busy),)


@pytest.mark.parametrize("title", ["", "Claude", "bash", "\x1b", "🙂"])
def test_other_titles_say_nothing(title: str) -> None:
    assert CLAUDE.read_title(title).signs == ()


def test_a_missing_claude_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = CLAUDE.detect()
    assert not found.available and "npm install" in (found.missing or "")
