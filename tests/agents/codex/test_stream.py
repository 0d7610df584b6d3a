"""The signs in the output of Codex."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.codex import stream
from maestrod.agents.kit.json_lines import Members, object_of
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    LINE,
    NOTHING,
    TEXT,
    LimitReached,
    PlanOffered,
    Reading,
    Said,
    Sign,
    Started,
    SubagentStarted,
    TodoChanged,
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
WARNINGS = ("bypass-hook-trust", "Model metadata")


def signs(*events: dict[str, Any]) -> list[Sign]:
    return [sign for event in events for sign in stream.read_event(Members(event), NOW).signs]


def recorded(name: str) -> list[Sign]:
    """The signs of a recorded stream without the warnings at its beginning."""
    found = [s for line in recordings.lines("codex", name) for s in stream.read_event(object_of(line), NOW).signs]
    return [s for s in found if not (isinstance(s, Trouble) and any(words in s.message for words in WARNINGS))]


def test_a_turn_with_a_tool_is_read() -> None:
    assert recorded("basic") == [
        Started("01a1f70b-08bd-7193-b339-24d33244db0e"),
        TurnStarted(),
        ToolStarted("Bash", "echo hi > out.txt", "item_3"),
        ToolEnded("Bash", ok=True, key="item_3"),
        Said("All done."),
        UsageSeen(2000, 100, cumulative=True),
        TurnEnded(Outcome.COMPLETED),
    ]


def test_a_failing_command_is_reported_with_its_exit_code() -> None:
    assert ToolEnded("Bash", ok=False, detail="boom", key="item_3") in recorded("tool-failed")


def test_the_thread_is_stored_where_it_can_be_found() -> None:
    assert stream.read_event(Members({"type": "thread.started", "thread_id": "t1"}), NOW).agent_session_id == "t1"


def test_a_json_document_as_the_last_message_is_a_plan() -> None:
    assert recorded("output-schema")[2:4] == [Said('{"groups": ["a"]}'), PlanOffered('{"groups": ["a"]}')]


@pytest.mark.parametrize("name, kind", [("rate-limit", "rate"), ("usage-limit", "usage")])
def test_a_limit_ends_the_turn_and_is_reported_once(name: str, kind: str) -> None:
    limit, ended = recorded(name)[2:]
    assert isinstance(limit, LimitReached) and limit.kind == kind and limit.resets_at is None
    assert isinstance(ended, TurnEnded) and (ended.outcome, ended.code) == (Outcome.LIMIT, kind)


def test_any_other_failure_counts_as_a_failure() -> None:
    message = "unexpected status 401 Unauthorized: bad key"
    assert signs({"type": "error", "message": message}, {"type": "turn.failed", "error": {"message": message}}) == [
        Trouble(message),
        TurnEnded(Outcome.FAILED, code="turn_failed", detail=message),
    ]


def test_items_of_every_kind_are_read() -> None:
    todo = {"type": "todo_list", "items": [{"text": "a", "completed": True}, {"text": "b", "completed": False}]}
    call = {"id": "i", "type": "mcp_tool_call", "server": "maestro", "tool": "report", "status": "failed"}
    patch = {"id": "p", "type": "file_change", "changes": [{"path": "a.py"}, {"path": "b.py"}], "status": "completed"}
    assert signs(
        {"type": "item.started", "item": todo},
        {"type": "item.started", "item": call},
        {"type": "item.completed", "item": call | {"error": {"message": "no"}}},
        {"type": "item.completed", "item": patch},
        {"type": "item.completed", "item": {"id": "w", "type": "web_search", "query": "trio"}},
        {"type": "item.started", "item": {"id": "c", "type": "collab_tool_call", "tool": "spawn_agent"}},
    ) == [
        TodoChanged(1, 2, "b"),
        ToolStarted("maestro.report", key="i"),
        ToolEnded("maestro.report", ok=False, detail="no", key="i"),
        ToolStarted("apply_patch", "a.py, b.py", "p"),
        ToolEnded("apply_patch", ok=True, key="p"),
        ToolStarted("web_search", "trio", "w"),
        ToolEnded("web_search", key="w"),
        SubagentStarted("", "c"),
    ]


@pytest.mark.parametrize(
    "command, shown",
    [
        ("/bin/bash -lc 'echo hi'", "echo hi"),
        ("/bin/zsh -c \"echo 'hi'\"", "echo 'hi'"),
        ("make test", "make test"),
        ("bash -lc 'open", "bash -lc 'open"),
    ],
)
def test_a_command_is_shown_without_the_shell_around_it(command: str, shown: str) -> None:
    assert stream.inner_command(command) == shown


def test_unknown_events_and_members_are_ignored() -> None:
    assert (
        signs({"type": "thread.forked", "new": 1}, {"type": "item.completed", "item": {"type": "hologram"}}, {}) == []
    )
    known = json.loads(recordings.lines("codex", "basic")[6])
    known["item"]["colour"] = known["mood"] = ["new"]
    assert signs(known) == [ToolEnded("Bash", ok=True, key="item_3")]


@given(st.sampled_from([*stream._EVENTS, "turn.failed"]), JSON, JSON)
def test_no_shape_of_an_event_does_harm(kind: str, one: Any, other: Any) -> None:
    event = {"type": kind, "item": one, "usage": other, "message": one, "error": {"message": other}, "thread_id": one}
    assert isinstance(stream.read_event(Members(event), NOW), Reading)


@given(st.binary(max_size=200))
def test_no_line_does_harm(line: bytes) -> None:
    assert isinstance(stream.read_event(object_of(line), NOW), Reading)


def test_huge_texts_are_cut() -> None:
    huge = "x" * 3_000_000
    item = {"id": huge, "type": "command_execution", "command": huge, "aggregated_output": huge, "exit_code": 1}
    started, ended = signs({"type": "item.started", "item": item}, {"type": "item.completed", "item": item})
    assert isinstance(started, ToolStarted) and len(started.summary) <= LINE and started.key == ""
    assert isinstance(ended, ToolEnded) and len(ended.detail) <= LINE
    (said,) = signs({"type": "item.completed", "item": {"type": "agent_message", "text": "{" + huge + "}"}})
    assert isinstance(said, Said) and len(said.text) <= TEXT
    assert stream.read_event(object_of(b'{"type": "turn.started"' + b" " * (9 << 20)), NOW) == NOTHING
