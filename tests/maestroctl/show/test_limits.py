"""Limits as text, in local time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.limits import clock, held_back, waiting

HOUR = 3_600_000


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    "ahead, shown",
    [(5, "05:00"), (-5, "19:00"), (30, "Fri 06:00"), (24 * 30, "1970-01-31 00:00"), (10**12, "9999-12-31 00:00")],
)
def test_a_moment_is_shown_as_people_say_it(ahead: int, shown: str) -> None:
    assert clock(ahead * HOUR, 0) == shown


def test_a_wait_for_a_limit_says_whose_it_is_and_when_it_ends() -> None:
    assert waiting("claude", 5 * HOUR, 0) == "waits for claude's limit until 05:00"
    assert waiting("claude", 5 * HOUR, 0, guessed=True) == "waits for claude's limit until 05:00 or longer"
    assert waiting("claude", 0, HOUR, due=True) == "claude's limit has ended, waits for a slot"
    assert (
        held_back("codex", 5 * HOUR, 0) == "codex has reached its usage limit: no session with it starts before 05:00"
    )


@given(st.integers(0, 2**62), st.integers(0, 2**45))
def test_any_moment_can_be_shown(instant: int, now: int) -> None:
    assert clock(instant, now)
