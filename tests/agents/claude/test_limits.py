"""Temporary limits are distinguished from failures, with the time they end if it is known."""

import pytest

from maestrod.agents.claude import limits
from maestrod.agents.kit.json_lines import Members
from maestrod.core.values.signs import LimitReached, Noted


def test_an_allowance_says_when_it_is_renewed() -> None:
    rejected = Members({"status": "rejected", "resetsAt": 1795170000, "rateLimitType": "seven_day"})
    assert limits.of_event(rejected) == (LimitReached("usage", 1795170000000, "the seven day allowance is exhausted"),)


def test_a_warning_is_recorded() -> None:
    warning = Members({"status": "allowed_warning", "rateLimitType": "five_hour", "utilization": 0.9})
    assert limits.of_event(warning) == (Noted("the five hour allowance is nearly exhausted (90% used)"),)
    assert limits.of_event(Members({"status": "allowed"})) == ()
    assert limits.of_event(Members("of another type")) == ()


@pytest.mark.parametrize(
    "status, text, kind",
    [
        (429, "This request would exceed your rate limit", "rate"),
        (429, "You've hit your limit · resets 3pm", "usage"),
        (429, "Claude AI usage limit reached", "usage"),
        (529, "Overloaded", "overloaded"),
        (400, "Your credit balance is too low to access the API", "billing"),
        (400, "messages: too many", None),
        (401, "invalid key", None),
        (500, "oops", None),
        (0, "", None),
    ],
)
def test_errors_are_classified_as_limits(status: int, text: str, kind: str | None) -> None:
    found = limits.of_failure(status, text)
    assert (found.kind if found else None) == kind


def test_only_errors_about_limits_are_limits() -> None:
    assert limits.of_error("rate_limit", "wait") == LimitReached("rate", None, "wait")
    assert limits.of_error("invalid_request", "wait") is None
