"""When a limit of Codex ends, read from its messages."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.codex.limits import failed_turn, limit_kind, resets_at
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import LimitReached, TurnEnded

#: 8:28 in the morning, local time wherever the test runs.
NOW = datetime(2026, 11, 20, 8, 28, 7).timestamp()  # noqa: DTZ001 - Codex names local time
USAGE = "You’ve hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), or try again at {}."


def at(*moment: int) -> int:
    year, month, day, hour, minute = moment
    return int(datetime(year, month, day, hour, minute).timestamp() * 1000)  # noqa: DTZ001 - Codex names local time


@pytest.mark.parametrize(
    "named, expected",
    [
        ("10:28 AM", (2026, 11, 20, 10, 29)),
        ("12:05 PM", (2026, 11, 20, 12, 6)),
        ("12:05 AM", (2026, 11, 21, 0, 6)),
        ("8:28 AM", (2026, 11, 20, 8, 29)),
        ("8:20 AM", (2026, 11, 21, 8, 21)),
        ("Nov 23rd, 2026 8:28 AM", (2026, 11, 23, 8, 29)),
        ("Jan 1st, 2027 11:59 PM", (2027, 1, 2, 0, 0)),
    ],
)
def test_the_wait_ends_a_minute_after_the_named_one(named: str, expected: tuple[int, ...]) -> None:
    assert resets_at(USAGE.format(named), NOW) == at(*expected)


@pytest.mark.parametrize("named", ["later", "25:99 AM", "Foo 3rd, 2026 8:28 AM", "Feb 31st, 2026 8:28 AM"])
def test_an_invalid_time_is_unknown(named: str) -> None:
    assert resets_at(USAGE.format(named), NOW) is None


@pytest.mark.parametrize(
    "message, kind",
    [
        ("You’ve hit your usage limit. To get more access now, send a request to your admin.", "usage"),
        ("exceeded retry limit, last status: 429 Too Many Requests", "rate"),
        ("Selected model is at capacity. Please try a different model.", "overloaded"),
        ("We’re currently experiencing high demand, which may cause temporary errors.", "overloaded"),
        ("Your workspace is out of credits. Add credits to continue using Codex.", "billing"),
        ("unexpected status 401 Unauthorized: scripted error", None),
        ("To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.", None),
        ("", None),
    ],
)
def test_the_messages_of_0_169_are_classified(message: str, kind: str | None) -> None:
    assert limit_kind(message) == kind


def test_a_failed_turn_is_a_limit_or_a_failure() -> None:
    limit, ended = failed_turn(USAGE.format("10:28 AM"), NOW)
    assert isinstance(limit, LimitReached) and limit.resets_at == at(2026, 11, 20, 10, 29) and not limit.retrying
    assert isinstance(ended, TurnEnded) and ended.outcome is Outcome.LIMIT
    assert failed_turn("odd", NOW) == (TurnEnded(Outcome.FAILED, code="turn_failed", detail="odd"),)


@given(st.from_regex(r"again at (\w{3} \d{1,2}th, \d{4} )?\d{1,2}:\d{2} [AP]M"), st.floats(0, 4e9))
def test_no_time_does_harm(named: str, now: float) -> None:
    moment = resets_at(named, now)
    assert moment is None or moment > 0 or "19" in named or "0" in named
