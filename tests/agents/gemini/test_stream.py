"""The signs in the output of Gemini CLI."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.gemini import stream
from maestrod.agents.kit.json_lines import Members, object_of
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    LINE,
    LimitReached,
    Reading,
    Sign,
    Started,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from tests.agents import recordings
from tests.agents.kit.test_json_lines import JSON

NOW = 1_795_163_000.0
KEY = "run_shell_command__fc2fd23749f97b4c11bf464c10"


def signs(*events: dict[str, Any]) -> list[Sign]:
    return [sign for event in events for sign in stream.read_event(Members(event), NOW).signs]


def recorded(name: str) -> list[Sign]:
    return [s for line in recordings.lines("gemini-cli", name) for s in stream.read_event(object_of(line), NOW).signs]


def test_a_turn_with_a_tool_is_read() -> None:
    assert recorded("basic") == [
        Started("547129a0-0067-4120-b6b8-31ba33636149"),
        TurnStarted("write file"),
        ToolStarted("Bash", "echo hi > out.txt", KEY),
        ToolEnded("Bash", ok=None, key=KEY),
        UsageSeen(2000, 100),
        TurnEnded(Outcome.COMPLETED),
    ]


def test_an_api_error_is_a_failed_turn() -> None:
    *_, ended = recorded("api-error")
    assert isinstance(ended, TurnEnded) and (ended.outcome, ended.code) == (Outcome.FAILED, "unknown")
    assert "API key not valid" in ended.detail


def test_a_session_is_found_by_its_first_line() -> None:
    first = object_of(recordings.lines("gemini-cli", "basic")[0])
    assert stream.read_event(first, NOW).agent_session_id == "547129a0-0067-4120-b6b8-31ba33636149"


def test_a_refused_tool_says_so() -> None:
    refused = {"type": "tool_result", "tool_id": KEY, "status": "error", "error": {"message": "blocked"}}
    assert signs(refused) == [ToolEnded("Bash", ok=False, detail="blocked", key=KEY)]


def test_an_exhausted_plan_is_a_limit() -> None:
    message = '[API Error: {"code":429,"status":"RESOURCE_EXHAUSTED"}] Please retry in 37.5s'
    limit, ended = signs({"type": "result", "status": "error", "error": {"type": "api", "message": message}})
    assert isinstance(limit, LimitReached) and (limit.kind, limit.resets_at) == ("rate", int((NOW + 37.5) * 1000))
    assert isinstance(ended, TurnEnded) and ended.outcome is Outcome.LIMIT


def test_unknown_events_and_pieces_of_words_say_nothing() -> None:
    piece = {"type": "message", "role": "assistant", "content": "All ", "delta": True}
    assert signs(piece, {"type": "thought", "x": 1}, {"type": ["init"]}, {}) == []
    assert signs({"type": "error", "severity": "warning", "message": "loop"}) == [Trouble("loop")]


@pytest.mark.parametrize("kind", [*stream._EVENTS, "result"])
@given(JSON, JSON)
def test_no_shape_of_an_event_does_harm(kind: str, one: Any, other: Any) -> None:
    names = ("session_id", "role", "content", "tool_name", "tool_id", "parameters", "status", "output", "message")
    event = dict.fromkeys(names, one) | {"type": kind, "error": other, "stats": other}
    assert isinstance(stream.read_event(Members(event), NOW), Reading)


@given(st.binary(max_size=200))
def test_no_line_does_harm(line: bytes) -> None:
    assert isinstance(stream.read_event(object_of(line), NOW), Reading)


def test_huge_texts_are_cut() -> None:
    use = {"type": "tool_use", "tool_name": "x" * 9999, "parameters": {"command": "y" * 3_000_000}}
    (started,) = signs(use)
    assert isinstance(started, ToolStarted) and len(started.name) <= LINE and len(started.summary) <= LINE
