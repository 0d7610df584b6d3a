"""What Gemini's API errors mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.agents.gemini.limits import failed_turn, limit_kind, resets_at
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import LimitReached, TurnEnded

NOW = 1_000_000.0


@pytest.mark.parametrize(
    "message, kind",
    [
        ('{"code":429,"status":"RESOURCE_EXHAUSTED"}', "rate"),
        ("Quota exceeded for quota metric 'Requests' and limit 'Requests per day'", "usage"),
        ("You have exhausted your capacity on this model. Your quota will reset after 2h13m5s.", "usage"),
        ('{"code":503,"status":"UNAVAILABLE"}', "overloaded"),
        ('{"code":400,"status":"INVALID_ARGUMENT"} API key not valid', None),
        ("", None),
    ],
)
def test_kinds(message: str, kind: str | None) -> None:
    assert limit_kind(message) == kind


@pytest.mark.parametrize(
    "message, seconds",
    [
        ("Please retry in 37.5s.", 37.5),
        ('"retryDelay": "37s"', 37),
        ('\\"retryDelay\\":\\"37s\\"', 37),
        ("Your quota will reset after 2h13m5s.", 2 * 3600 + 13 * 60 + 5),
        ("reset after 5m", 300),
        ("Please retry in 500ms", None),
        ("retry in a while", None),
    ],
)
def test_the_retry_delay_is_read(message: str, seconds: float | None) -> None:
    assert resets_at(message, NOW) == (None if seconds is None else int((NOW + seconds) * 1000))


def test_any_other_failure_counts_as_a_failure() -> None:
    assert failed_turn("", "odd", NOW) == (TurnEnded(Outcome.FAILED, code="error", detail="odd"),)


@given(st.from_regex(r"retry in \d*h?\d*m?[\d.]*s?"))
def test_no_time_does_harm(message: str) -> None:
    moment = resets_at(message, NOW)
    assert moment is None or moment >= NOW * 1000


def test_gemini_says_how_long_to_wait() -> None:
    limit, _ = failed_turn("", "429 RESOURCE_EXHAUSTED. Please retry in 37.5s.", NOW)
    assert isinstance(limit, LimitReached) and limit.is_length
