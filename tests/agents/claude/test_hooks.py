"""Claude's recorded hook payloads become the right signs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.claude.hooks import read_hook
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    Compacted,
    InputAsked,
    Leaving,
    LimitReached,
    Noted,
    PermissionAsked,
    PermissionSettled,
    Sign,
    Started,
    SubagentEnded,
    SubagentStarted,
    ToolEnded,
    ToolStarted,
    Trouble,
    TurnEnded,
    TurnStarted,
    UsageSeen,
)
from tests.agents.claude.recordings import EVENTS, examples, hook, payload
from tests.agents.kit.test_json_lines import JSON

#: What each recorded payload says; events that are not here say nothing.
SAYS: dict[tuple[str, str], tuple[Sign, ...]] = {
    ("SessionStart", "startup"): (Started("11111111-2222-4333-8444-555555555555", "startup"),),
    ("SessionStart", "resume"): (Started("11111111-2222-4333-8444-555555555555", "resume"),),
    ("SessionStart", "fork"): (Started("4a22c490-2b72-4f4d-a716-ab35fd151bbc", "fork"),),
    ("SessionStart", "clear"): (Started("c21226ff-8cc3-4b87-8788-2aaa1c076803", "clear"),),
    ("SessionStart", "compact"): (Compacted(),),
    ("UserPromptSubmit", "default"): (TurnStarted("go"),),
    ("PreToolUse", "default"): (ToolStarted("Bash", "echo hi > out.txt", "toolu_3866ed11cdcd44de9c20f39d"),),
    ("PostToolUse", "default"): (
        PermissionSettled("ca30842401dc475e9caaefa9", allowed=True),
        ToolEnded("Bash", ok=True, key="toolu_3866ed11cdcd44de9c20f39d"),
    ),
    ("PostToolUseFailure", "default"): (
        PermissionSettled("5fc2f0da51be1c1901c119d5", allowed=True),
        ToolEnded("Bash", ok=False, detail="Exit code 3 boom", key="toolu_f845ba8d9d8f4a7e8ad91a02"),
    ),
    ("PermissionRequest", "default"): (
        PermissionAsked(
            "Write",
            "/home/user/project/a.txt",
            '{"file_path":"/home/user/project/a.txt","content":"x"}',
            "bd0456121a91bc769c8f4a94",
            waits=True,
            whole=True,
        ),
    ),
    ("PermissionDenied", "default"): (
        Trouble("refused Bash: rm -rf /home/user/other (Classifier unavailable)", "permission_denied"),
    ),
    ("Notification", "idle_prompt"): (InputAsked("Claude is waiting for your input", "idle_prompt"),),
    ("Stop", "default"): (PermissionSettled(), TurnEnded(text="All done.", background=0)),
    ("StopFailure", "rate_limit"): (
        PermissionSettled(),
        LimitReached("rate", None, "API Error: Request rejected (429) · This request would exceed your rate limit"),
        TurnEnded(
            Outcome.LIMIT, "rate", "API Error: Request rejected (429) · This request would exceed your rate limit"
        ),
    ),
    ("SubagentStart", "default"): (SubagentStarted("general-purpose", "afa0b5d6289bfbb15"),),
    ("SubagentStop", "default"): (SubagentEnded("general-purpose", "afa0b5d6289bfbb15"),),
    ("TaskCreated", "default"): (Noted("wants to: s1"),),
    ("TaskCompleted", "default"): (Noted("has done: s1"),),
    ("SessionEnd", "other"): (Leaving("other"),),
    ("SessionEnd", "clear"): (Leaving("clear"),),
}
#: A subagent's tool shows that a question about it was answered, and nothing of the session.
INSIDE = {("PostToolUse", "subagent")}
RECORDED = [(event, example) for event in EVENTS for example in examples(event)]


@pytest.mark.parametrize("event, example", RECORDED)
def test_each_recorded_payload_says_what_it_means(event: str, example: str) -> None:
    reading = hook(event, example)
    if (event, example) in INSIDE:
        assert [type(sign) for sign in reading.signs] == [PermissionSettled]
    else:
        assert reading.signs == SAYS.get((event, example), ())


def test_the_table_names_only_recorded_things() -> None:
    assert set(SAYS) <= set(RECORDED)


def test_each_payload_of_an_agent_started_by_hand_finds_its_session() -> None:
    reading = hook("Stop")
    assert reading.agent_session_id == "11111111-2222-4333-8444-555555555555"
    assert reading.cwd == "/home/user/project"


def test_background_work_keeps_the_turn_open_after_its_end() -> None:
    ended = hook("Stop", background_tasks=[{"id": "b", "type": "shell"}, {"id": "a"}]).signs[-1]
    assert isinstance(ended, TurnEnded) and ended.background == 2


def test_generated_prompts_are_distinguished_from_a_persons() -> None:
    for changed in ({"prompt": "<task-notification>\n<task-id>b"}, {"source": "loop_wakeup"}, {"source": "system"}):
        [started] = hook("UserPromptSubmit", **changed).signs
        assert isinstance(started, TurnStarted) and started.machine


def test_an_interrupted_tool_ends_the_turn() -> None:
    signs = hook("PostToolUseFailure", is_interrupt=True).signs
    assert signs[-1] == TurnEnded(Outcome.INTERRUPTED, "user_interrupt")


@pytest.mark.parametrize(
    "error, outcome, kind",
    [
        ("rate_limit", Outcome.LIMIT, "rate"),
        ("overloaded", Outcome.LIMIT, "overloaded"),
        ("billing_error", Outcome.LIMIT, "billing"),
        ("authentication_failed", Outcome.FAILED, None),
        ("server_error", Outcome.FAILED, None),
        ("max_output_tokens", Outcome.FAILED, None),
        ("of the future", Outcome.FAILED, None),
    ],
)
def test_errors_become_a_limit_or_a_failed_turn(error: str, outcome: Outcome, kind: str | None) -> None:
    signs = hook("StopFailure", "rate_limit", error=error).signs
    assert isinstance(signs[-1], TurnEnded) and signs[-1].outcome is outcome
    assert [sign.kind for sign in signs if isinstance(sign, LimitReached)] == ([kind] if kind else [])


def test_claudes_own_helper_is_not_a_subagent() -> None:
    assert hook("SubagentStop", agent_type="").signs == ()


def test_a_question_has_the_key_of_the_call_that_follows() -> None:
    [asked] = hook("PermissionRequest").signs
    call = payload("PermissionRequest")
    [settled, _] = hook("PostToolUse", tool_name=call["tool_name"], tool_input=call["tool_input"]).signs
    assert isinstance(asked, PermissionAsked) and isinstance(settled, PermissionSettled)
    assert asked.key == settled.key


def test_the_status_line_reports_the_usage_of_an_interactive_session() -> None:
    reported = payload("statusLine")
    reported["cost"]["total_cost_usd"] = 0.5
    reported["context_window"] |= {"total_input_tokens": 900, "total_output_tokens": 30}
    assert read_hook("StatusLine", reported).signs == (UsageSeen(900, 30, 0.5, cumulative=True),)


def test_invalid_payloads_say_nothing() -> None:
    shapeless: tuple[Any, ...] = (None, "text", [], 5, {})
    for reported in shapeless:
        assert read_hook("Stop", reported) == NOTHING
    assert read_hook("OfTheFuture", payload("Stop")) == NOTHING


@given(st.sampled_from(RECORDED), st.data())
def test_no_changed_payload_does_harm(recorded: tuple[str, str], data: st.DataObject) -> None:
    reported: dict[str, Any] = payload(*recorded)
    reported[data.draw(st.sampled_from(sorted(reported)))] = data.draw(JSON)
    reported["of the future"] = data.draw(JSON)
    for event in (recorded[0], "StatusLine", "Stop"):
        read_hook(event, reported)


def test_a_huge_payload_yields_bounded_signs() -> None:
    text = "x" * 5_000_000
    for event in EVENTS:
        reported = {
            name: text if isinstance(value, str) else value
            for name, value in payload(event, examples(event)[0]).items()
        }
        for sign in read_hook(event, {**reported, "tool_input": {"command": text, "content": text}}).signs:
            assert len(repr(sign)) < 20_000
