"""The signs in the output of OpenCode."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.kit.json_lines import Members, object_of
from maestrod.agents.opencode import stream
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    LimitReached,
    PlanOffered,
    Reading,
    Said,
    Sign,
    Started,
    ToolEnded,
    TurnEnded,
    UsageSeen,
)
from tests.agents import recordings
from tests.agents.kit.test_json_lines import JSON

SESSION = "ses_e08ec493effeUAqYOo6zkUTflp"


def signs(*events: dict[str, Any]) -> list[Sign]:
    return [sign for event in events for sign in stream.read_event(Members(event)).signs]


def recorded(name: str) -> list[Sign]:
    return [s for line in recordings.lines("opencode", name) for s in stream.read_event(object_of(line)).signs]


def test_a_turn_with_a_tool_is_read() -> None:
    assert recorded("basic") == [
        Started(SESSION),
        ToolEnded("Bash", ok=True, key="call_80e392103f784f259d39c381"),
        UsageSeen(1000, 50, cost=0.00375),
        Started(SESSION),
        Said("All done."),
        UsageSeen(1000, 50, cost=0.00375),
        TurnEnded(Outcome.COMPLETED),
    ]


def test_an_api_error_is_a_failed_turn() -> None:
    assert recorded("api-error") == [TurnEnded(Outcome.FAILED, code="APIError", detail="bad key")]


def test_a_refused_tool_ends_nothing() -> None:
    started, ended, used = recorded("permission-rejected")
    assert isinstance(ended, ToolEnded) and ended.ok is False and "rejected permission" in ended.detail
    assert isinstance(started, Started) and isinstance(used, UsageSeen)


def test_every_line_names_the_session() -> None:
    readings = [stream.read_event(object_of(line)) for line in recordings.lines("opencode", "basic")]
    assert {reading.agent_session_id for reading in readings} == {SESSION}


def test_a_failing_command_and_a_truncated_answer_are_shown() -> None:
    state = {"status": "completed", "output": "boom", "metadata": {"exit": 3}}
    cut = {"reason": "length", "tokens": {"input": 10, "cache": {"read": 5}, "output": 1, "reasoning": 2}}
    assert signs(
        {"type": "tool_use", "part": {"tool": "bash", "callID": "c", "state": state}},
        {"type": "step_finish", "part": cut},
    ) == [
        ToolEnded("Bash", ok=False, detail="boom", key="c"),
        UsageSeen(15, 3),
        TurnEnded(Outcome.FAILED, code="length", detail="its answer exceeded the length limit"),
    ]


def test_a_plan_can_be_the_last_message() -> None:
    assert PlanOffered('{"groups": []}') in signs({"type": "text", "part": {"text": '{"groups": []}'}})


def test_a_limit_is_read() -> None:
    data = {"message": "Rate limit reached", "statusCode": 429}
    limit, ended = signs({"type": "error", "error": {"name": "APIError", "data": data}})
    assert limit == LimitReached("rate", detail="Rate limit reached")
    assert isinstance(ended, TurnEnded) and ended.outcome is Outcome.LIMIT


def test_unknown_events_say_nothing() -> None:
    assert signs({"type": "reasoning", "part": {"text": "hm"}}, {"type": 7}, {}) == []


@pytest.mark.parametrize("kind", sorted(stream._EVENTS))
@given(JSON, JSON)
def test_no_shape_of_an_event_does_harm(kind: str, one: Any, other: Any) -> None:
    part = dict.fromkeys(("tool", "callID", "text", "reason", "cost"), one) | {"state": other, "tokens": other}
    for inner in (part, one):
        event = {"type": kind, "sessionID": one, "part": inner, "error": {"name": one, "data": other}}
        assert isinstance(stream.read_event(Members(event)), Reading)


@given(st.binary(max_size=200))
def test_no_line_does_harm(line: bytes) -> None:
    assert isinstance(stream.read_event(object_of(line)), Reading)
