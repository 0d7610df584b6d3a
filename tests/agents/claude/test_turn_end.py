"""Every way a run of Claude can end, measured with 2.1.328, and what it means for the session (docs/claude.md lists them)."""

from typing import Any

import pytest

from maestrod.agents.claude.turn_end import judge, of_result
from maestrod.agents.kit.json_lines import Members
from maestrod.api.process import Exit
from maestrod.api.turn import Outcome
from maestrod.core.values.facts import Judgement
from maestrod.core.values.signs import LimitReached, TurnEnded

DONE: dict[str, Any] = {
    "subtype": "success",
    "is_error": False,
    "terminal_reason": "completed",
    "num_turns": 1,
    "result": "ok",
}


def api_error(status: int, text: str = "API Error") -> dict[str, Any]:
    return {**DONE, "is_error": True, "terminal_reason": "api_error", "api_error_status": status, "result": text}


#: Scenario: the result line (None: there is none), exit code and signal, the turn's outcome and code, the judgement.
ROWS: dict[str, tuple[dict[str, Any] | None, int | None, str | None, Outcome | None, str, Judgement]] = {
    "normal": (DONE, 0, None, Outcome.COMPLETED, "", Judgement.COMPLETED),
    "a tool exits non-zero": (DONE, 0, None, Outcome.COMPLETED, "", Judgement.COMPLETED),
    "a tool is refused": ({**DONE, "permission_denials": [{}]}, 0, None, Outcome.COMPLETED, "", Judgement.COMPLETED),
    "429 after retries": (api_error(429), 1, None, Outcome.LIMIT, "rate", Judgement.FAILED),
    "401": (api_error(401), 1, None, Outcome.FAILED, "api_error", Judgement.FAILED),
    "400 no credit": (
        api_error(400, "Your credit balance is too low"),
        1,
        None,
        Outcome.LIMIT,
        "billing",
        Judgement.FAILED,
    ),
    "529": (api_error(529), 1, None, Outcome.LIMIT, "overloaded", Judgement.FAILED),
    "500": (api_error(500), 1, None, Outcome.FAILED, "api_error", Judgement.FAILED),
    "prompt too long": (
        {**DONE, "is_error": True, "terminal_reason": "prompt_too_long"},
        *(1, None, Outcome.FAILED, "prompt_too_long", Judgement.FAILED),
    ),
    "retried 429": (DONE, 0, None, Outcome.COMPLETED, "", Judgement.COMPLETED),
    "--max-turns": (
        {"subtype": "error_max_turns", "is_error": True, "terminal_reason": "max_turns"},
        *(1, None, Outcome.FAILED, "max_turns", Judgement.FAILED),
    ),
    "--max-budget-usd": (
        {"subtype": "error_max_budget_usd", "is_error": True, "terminal_reason": "budget_exhausted"},
        *(1, None, Outcome.FAILED, "budget_exhausted", Judgement.FAILED),
    ),
    "schema kept": ({**DONE, "structured_output": {"a": 1}}, 0, None, Outcome.COMPLETED, "", Judgement.COMPLETED),
    "schema violated 5 times": (
        {
            "subtype": "error_max_structured_output_retries",
            "is_error": True,
            "terminal_reason": "structured_output_retry_exhausted",
        },
        *(1, None, Outcome.FAILED, "structured_output_retry_exhausted", Judgement.FAILED),
    ),
    "schema ignored": (DONE, 0, None, Outcome.COMPLETED, "", Judgement.COMPLETED),
    "--resume of an unknown id": (
        {"subtype": "error_during_execution", "is_error": True, "errors": ["No conversation found with session ID: x"]},
        *(1, None, Outcome.FAILED, "conversation_lost", Judgement.FAILED),
    ),
    "prompt blocked by a hook": (
        {"subtype": "success", "is_error": False, "num_turns": 0, "result": "blocked"},
        *(0, None, Outcome.FAILED, "prompt_blocked", Judgement.FAILED),
    ),
    "a hook defers a tool": (
        {**DONE, "terminal_reason": "tool_deferred", "deferred_tool_use": {"name": "Bash"}},
        *(0, None, Outcome.INTERRUPTED, "tool_deferred", Judgement.STOPPED),
    ),
    "a hook denies and interrupts": (
        {"subtype": "error_during_execution", "is_error": True, "terminal_reason": "aborted_tools"},
        *(1, None, Outcome.INTERRUPTED, "aborted_tools", Judgement.STOPPED),
    ),
    "SIGINT": (
        {"subtype": "error_during_execution", "is_error": True, "terminal_reason": "aborted_tools"},
        *(0, None, Outcome.INTERRUPTED, "aborted_tools", Judgement.STOPPED),
    ),
    "SIGTERM by somebody": (None, 143, None, None, "", Judgement.FAILED),
    "SIGHUP by somebody": (None, 129, None, None, "", Judgement.FAILED),
    "SIGKILL": (None, None, "KILL", None, "", Judgement.FAILED),
    "a bad flag": (None, 1, None, None, "", Judgement.FAILED),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_way_a_run_can_end_is_shown(row: str) -> None:
    result, code, signal, outcome, reason_code, judgement = ROWS[row]
    if result is not None:
        last = of_result(Members(result))[-1]
        assert isinstance(last, TurnEnded) and (last.outcome, last.code) == (outcome, reason_code)
    assert judge(Exit(code=code, signal=signal), outcome, stop_requested=False) is judgement


def test_a_session_we_stopped_counts_as_stopped() -> None:
    for code, signal in ((143, None), (None, "KILL"), (1, None)):
        assert judge(Exit(code=code, signal=signal), None, stop_requested=True) is Judgement.STOPPED


def test_an_exit_without_an_error_is_not_a_failure() -> None:
    assert judge(Exit(code=0), None, stop_requested=False) is Judgement.COMPLETED


def test_a_limit_is_reported_before_the_end_of_its_turn() -> None:
    signs = of_result(Members(api_error(429, "Claude usage limit reached|1795170000")))
    limit = next(sign for sign in signs if isinstance(sign, LimitReached))
    assert limit == LimitReached("usage", 1795170000000, "Claude usage limit reached")
    assert isinstance(signs[-1], TurnEnded) and signs[-1].outcome is Outcome.LIMIT


def test_a_run_that_could_not_begin_does_not_say_that_nothing_was_used() -> None:
    assert [type(sign) for sign in of_result(Members({**DONE, "total_cost_usd": 0, "modelUsage": {}}))] == [TurnEnded]
