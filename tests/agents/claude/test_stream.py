"""Claude's recorded streams become the right signs; unknown, broken and huge lines do no harm."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.claude.stream import read_line
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    BackgroundChanged,
    InputAsked,
    LimitReached,
    PermissionAsked,
    PermissionSettled,
    PlanOffered,
    Reading,
    Said,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    TodoChanged,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from tests.agents.claude.recordings import FOLDER, STREAMS, stream
from tests.agents.kit.test_json_lines import JSON

FIRST = "11111111-2222-4333-8444-555555555555"


def line(**members: Any) -> Reading:
    return read_line(json.dumps(members).encode())


def names(signs: list[Sign]) -> list[str]:
    return [type(sign).__name__ for sign in signs]


def test_a_turn_with_one_tool_is_read() -> None:
    assert stream("basic") == [
        Started(FIRST),
        ToolStarted("Bash", "echo hi > out.txt", "toolu_3866ed11cdcd44de9c20f39d"),
        ToolEnded("a tool", ok=True, key="toolu_3866ed11cdcd44de9c20f39d"),
        Said("All done."),
        UsageSeen(2000, 100, 0.01, cumulative=True),
        TurnEnded(text="All done."),
    ]


def test_every_line_names_its_conversation() -> None:
    assert line(type="system", subtype="init", session_id=FIRST).agent_session_id == FIRST


def test_the_turns_of_one_process_add_up() -> None:
    signs = stream("two-turns-stream-input")
    assert [sign for sign in signs if isinstance(sign, TurnStarted | TurnEnded)] == [
        TurnStarted(machine=True),
        TurnEnded(text="fin"),
        TurnStarted(machine=True),
        TurnEnded(text="fin"),
    ]
    assert [sign.input for sign in signs if isinstance(sign, UsageSeen)] == [2000, 4000]


def test_a_subagent_does_not_report_for_the_session_and_keeps_its_turn_open() -> None:
    signs = stream("background-subagent")
    assert SubagentStarted("general-purpose", "afa0b5d6289bfbb15") in signs
    assert SubagentEnded("", "afa0b5d6289bfbb15") in signs
    assert [sign.count for sign in signs if isinstance(sign, BackgroundChanged)] == [1, 0]
    assert not [sign for sign in signs if isinstance(sign, ToolStarted) and "from-sub" in sign.summary]
    assert Said("sub finished") not in signs


def test_permission_is_requested_with_the_id_its_answer_must_carry() -> None:
    [asked] = [sign for sign in stream("permission-over-stdio") if isinstance(sign, PermissionAsked)]
    assert (asked.tool, asked.summary, asked.waits) == ("Write", "/home/user/project/a.txt", True)
    assert asked.key == "5fe85b48-475a-481e-8fcf-f2438674bad9"
    assert json.loads(asked.input) == {"file_path": "/home/user/project/a.txt", "content": "x"}


def test_a_withdrawn_question_is_settled() -> None:
    assert line(type="control_cancel_request", request_id="r1").signs == (PermissionSettled("r1"),)
    assert line(type="control_cancel_request").signs == ()


def test_an_elicitation_needs_a_person() -> None:
    asked = line(
        type="control_request", request_id="r", request={"subtype": "elicitation", "message": "Which account?"}
    )
    assert asked.signs == (InputAsked("Which account?", "r"),)
    assert line(type="control_request", request_id="r", request={"subtype": "hook_callback"}).signs == ()


def test_a_refused_tool_is_a_problem_and_a_failed_tool() -> None:
    signs = stream("permission-denied")
    assert names(signs)[-5:] == ["Trouble", "ToolEnded", "Said", "UsageSeen", "TurnEnded"]
    [ended] = [sign for sign in signs if isinstance(sign, ToolEnded)]
    assert ended.ok is False


def test_a_plan_comes_before_the_end_of_its_turn() -> None:
    signs = stream("json-schema")
    assert names(signs)[-3:] == ["UsageSeen", "PlanOffered", "TurnEnded"]
    assert PlanOffered('{"groups":["a","b"]}') in signs
    assert "PlanOffered" not in names(stream("json-schema-refused"))


@pytest.mark.parametrize(
    "name, outcome, code",
    [
        ("budget", Outcome.FAILED, "budget_exhausted"),
        ("max-turns", Outcome.FAILED, "max_turns"),
        ("rate-limit", Outcome.LIMIT, "rate"),
        ("rate-limit-retried", Outcome.COMPLETED, ""),
        ("resume-missing", Outcome.FAILED, "conversation_lost"),
        ("sigint", Outcome.INTERRUPTED, "aborted_tools"),
        ("json-schema-refused", Outcome.COMPLETED, ""),
        ("permission-denied", Outcome.COMPLETED, ""),
    ],
)
def test_each_recorded_run_ends_as_it_ended(name: str, outcome: Outcome, code: str) -> None:
    last = stream(name)[-1]
    assert isinstance(last, TurnEnded) and (last.outcome, last.code) == (outcome, code)


def test_a_retry_of_a_limit_is_a_limit_that_is_being_retried() -> None:
    [limit] = [sign for sign in stream("rate-limit-retried") if isinstance(sign, LimitReached)]
    assert limit.retrying and limit.kind == "rate" and "try 1 of 2" in limit.detail


def test_a_retried_request_is_a_problem() -> None:
    reading = line(type="system", subtype="api_retry", attempt=1, max_retries=3, error_status=500, error="server_error")
    assert reading.signs == (Trouble("try 1 of 3 failed: server_error (status 500)", "api_retry"),)


def test_an_exhausted_allowance_says_when_it_is_renewed() -> None:
    info = {"status": "rejected", "resetsAt": 1795170000, "rateLimitType": "five_hour", "unifiedWindows": {}}
    reading = line(type="rate_limit_event", rate_limit_info=info)
    assert reading.signs == (LimitReached("usage", 1795170000000, "the five hour allowance is exhausted"),)
    assert line(type="rate_limit_event", rate_limit_info={"status": "allowed"}).signs == ()


def test_our_prompts_are_distinguished_from_generated_ones() -> None:
    assert line(type="command_lifecycle", state="started", command_uuid="u").signs == (TurnStarted(),)
    assert line(type="command_lifecycle", state="queued", command_uuid="u").signs == ()
    running = line(type="system", subtype="session_state_changed", state="running")
    assert running.signs == (TurnStarted(machine=True),)
    for state in ("idle", "requires_action", "another"):
        assert line(type="system", subtype="session_state_changed", state=state).signs == ()


def test_a_prompt_that_a_hook_refused_has_failed() -> None:
    outcome = {"kind": "blocked_by_hook", "reason": "not here"}
    reading = line(
        type="system",
        subtype="informational",
        content="blocked",
        prevent_continuation=True,
        prompt_submit_outcome=outcome,
    )
    assert reading.signs == (Trouble("blocked", "blocked_by_hook"),)
    assert line(type="system", subtype="informational", content="by the way").signs == ()


def test_failing_hooks_of_others_are_reported() -> None:
    reading = line(type="system", subtype="hook_response", hook_name="Stop", outcome="error", stderr="oops")
    assert reading.signs == (Trouble("hook Stop: oops", "hook"),)


def test_the_to_do_list_is_progress() -> None:
    todos = [
        {"content": "one", "status": "completed"},
        {"content": "two", "status": "in_progress"},
        {"status": "pending"},
    ]
    call = {"type": "tool_use", "id": "t", "name": "TodoWrite", "input": {"todos": todos}}
    assert line(type="assistant", message={"content": [call]}).signs == (TodoChanged(1, 3, "two"),)


def test_irrelevant_lines_say_nothing() -> None:
    for raw in (
        b"",
        b"\n",
        b"Warning: something",
        b'{"type":"stream_event"}',
        b'{"type":"of the future","x":1}',
        b'{"type":5}',
    ):
        assert read_line(raw) == NOTHING


@pytest.mark.parametrize("name", STREAMS)
def test_unknown_members_change_nothing(name: str) -> None:
    for raw in (FOLDER / f"stdout-{name}.jsonl").read_bytes().splitlines():
        message = json.loads(raw)
        assert read_line(json.dumps({**message, "of the future": {"deep": [1]}}).encode()) == read_line(raw)


@given(st.sampled_from(STREAMS), st.integers(0, 40), st.data())
def test_no_changed_line_does_harm(name: str, number: int, data: st.DataObject) -> None:
    lines = (FOLDER / f"stdout-{name}.jsonl").read_bytes().splitlines()
    message = json.loads(lines[number % len(lines)])
    message[data.draw(st.sampled_from(sorted(message)))] = data.draw(JSON)
    read_line(json.dumps(message).encode())


@given(st.sampled_from(STREAMS), st.integers(0, 40), st.integers(0, 4000))
def test_no_cut_line_does_harm(name: str, number: int, length: int) -> None:
    lines = (FOLDER / f"stdout-{name}.jsonl").read_bytes().splitlines()
    assert isinstance(read_line(lines[number % len(lines)][:length]), Reading)


def test_a_huge_line_yields_bounded_signs() -> None:
    said = [{"type": "text", "text": "x" * 20_000}] * 300
    reading = line(type="assistant", message={"content": said})
    assert len(reading.signs) == 200
    assert sum(len(sign.text) for sign in reading.signs if isinstance(sign, Said)) < 1_000_000
