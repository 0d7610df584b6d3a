"""Replies as text for people; every result type can be shown."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.render import _ORDER, card, duration, render, when
from maestrod.api.attention import AttentionPage
from maestrod.api.message import Message
from maestrod.api.model.base import Done
from maestrod.api.project import ProjectPage
from maestrod.api.protocol.registry import METHODS, AnyMethod
from maestrod.api.session import StopResult, Why
from maestrod.api.task import TaskPage, TaskTree, TaskView
from maestrod.api.terminal import OutputPage
from tests.kit.clients.entities import QUESTION, SESSION, TASK, session, task
from tests.kit.offenders import offenders


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def made(kind: type[Any], document: dict[str, Any]) -> Any:
    return msgspec.convert(document, kind)


def test_a_page_is_a_table() -> None:
    page = made(TaskPage, {"items": [task(status="in_progress", progress=0.5)], "nextCursor": "abc"})
    assert render(page) == [
        "ID                              STATUS       DONE  PRIORITY  TITLE",
        f"{TASK}  in_progress  50%   medium    Write the parser",
        "… more: --cursor abc",
    ]


def test_an_empty_page_says_so() -> None:
    assert render(ProjectPage()) == ["No results."]


def test_an_entity_is_shown_as_names_and_values_without_empty_ones() -> None:
    view = made(
        TaskView,
        task(
            description="one\ntwo",
            createdAt=1000,
            checks=["make test", "make lint"],
            attempts=[{"attempt": 1, "status": "failed"}],
        ),
    )
    assert card(view) == [
        f"id: {TASK}",
        "project id: prj_00000000000000000000000001",
        "title: Write the parser",
        "description:",
        "  one",
        "  two",
        "status: pending",
        "priority: medium",
        "on dependency failure: block",
        "checks: make test, make lint",
        "progress: 0.0",
        "attempt: 1",
        "attempts:",
        "  - attempt: 1",
        "    status: failed",
        "max attempts: 1",
        "backoff ms: 1000",
        "created at: 1970-01-01 00:00:01",
    ]


def test_a_tree_is_drawn() -> None:
    tree = made(TaskTree, {"seq": 1, "tasks": [task(), task(id="tsk_2", parentId=TASK)]})
    assert render(tree) == ["· Write the parser  [pending]", "└─ · Write the parser  [pending]"]


def test_questions_show_options_and_answers() -> None:
    item = {"id": QUESTION, "sessionId": SESSION, "kind": "input", "message": "deploy?", "options": ["yes", "no"]}
    answered = {**item, "answer": {"by": "user", "at": 1, "value": "yes"}}
    lines = render(made(AttentionPage, {"items": [item, answered]}))
    assert lines[1].split() == [QUESTION, "input", "yes,no", "deploy?"]
    assert "yes (user)" in lines[2]


def test_why_prints_the_evidence_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 61.0)
    reason = {"source": "process", "code": "exited", "detail": "exit code 1;\nlast output: x\x1b[2J", "at": 1000}
    why = made(
        Why,
        {
            "session": session(),
            "evidence": [reason, {"source": "user", "code": "asked"}],
            "explanation": ["It failed."],
        },
    )
    assert render(why) == [
        f"{SESSION} is working: parser",
        "  It failed.",
        _ORDER,
        "  1970-01-01 00:00:01 (1m00s ago)  process  exited: exit code 1;",
        "    last output: x\\x1b[2J",
        "  -  user  asked",
    ]


def test_why_says_how_long_a_session_waits_for_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 61.0)
    waits = session(live={"phase": "up", "wait": {"kind": "usage", "until": 3_661_000, "since": 1}})
    assert "  until 1970-01-01 01:01:01, in 1h00m" in render(made(Why, {"session": waits}))


def test_small_replies_are_rendered() -> None:
    assert render(Done()) == ["Done."]
    assert render({"openrpc": "1.3"}) == ["openrpc: 1.3"]
    assert render({}) == ["{}"]
    assert render(StopResult(session_id=SESSION, left=0, signalled=("TERM",), escaped=(7,))) == [
        f"{SESSION} stopped (TERM): 0 left; escaped: 7"
    ]
    data = base64.b64encode(b"one\r\ntwo\x1b[2J\n").decode()
    assert render(OutputPage(start=0, end=3, data=data)) == ["one", "two\\x1b[2J"]


def test_times() -> None:
    assert [duration(ms) for ms in (-5, 900, 9_900, 59_000, 60_000, 3_600_000)] == [
        "0.0s",
        "0.9s",
        "9.9s",
        "59s",
        "1m00s",
        "1h00m",
    ]
    assert when(None) == ""
    assert when(1000) == "1970-01-01 00:00:01"


MEMBERS: dict[str, Any] = {
    **session(status="failed"),
    "session": session(),
    "run": {"id": "run_1", "projectId": "p", "rootTaskId": TASK, "status": "running", "agent": "shell"},
    "tasks": [task()],
    "values": {"a": 1},
    "lines": {SESSION: "x\x1b"},
    **dict.fromkeys(("rootTaskId", "taskId", "sessionId"), TASK),
    **dict.fromkeys(("title", "message", "server", "version", "instance", "workingDir", "url"), "x\x1b[2J"),
    **dict.fromkeys(
        ("seq", "left", "pid", "protocol", "startedAt", "timestamp", "start", "end", "offset", "expiresAt"), 1
    ),
    **dict.fromkeys(("attachment", "subscription"), 1),
    "data": "eBtbMko=",
    "ok": True,
    "token": {"id": "tok_1", "name": "x\x1b", "owner": "ada", "scope": "read"},
    "owner": "ada\x1b",
    "scope": "read",
    "type": "milestone",
    "kind": "input",
}
STATUS = {"plan": "ready", "run": "running", "task": "pending"}


def result_of(row: AnyMethod) -> Any:
    """A reply of a method with the members it needs, control characters in every text."""
    needed = {field.encode_name for field in msgspec.structs.fields(row.result) if field.required}
    document = {name: MEMBERS[name] for name in needed}
    if "status" in document:
        document["status"] = STATUS.get(row.noun, "failed")
    if row.result is Message:
        document["kind"] = "prompt"
    if row.name == "skill.get":
        document["type"] = "worker"
    return made(row.result, document)


def test_every_result_can_be_shown() -> None:
    def faults(row: AnyMethod) -> Iterator[str]:
        lines = render(result_of(row))
        if not lines:
            yield f"{row.result.__name__} is shown as nothing"
        if "\x1b" in "".join(lines):
            yield f"a control character reaches the terminal: {lines}"

    assert offenders({name: row for name, row in METHODS.items() if name != "rpc.discover"}, faults) == {}
    assert render({"a": [{"b": "\x1b"}]}) == ["a:", "  - b: \\x1b"], "what rpc.discover answers is any JSON"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_any_json_is_shown_in_harmless_lines(document: dict[str, Any]) -> None:
    for line in render(document):
        assert all(character.isprintable() or not character.isascii() for character in line)
