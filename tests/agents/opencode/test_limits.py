"""What OpenCode's errors mean."""

import pytest

from maestrod.agents.kit.json_lines import Members
from maestrod.agents.opencode.limits import failed_turn, limit_kind, retrying
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import LimitReached, TurnEnded


@pytest.mark.parametrize(
    "message, status, kind",
    [
        ("Rate limit reached", 429, "rate"),
        ("You have hit your usage limit", 429, "usage"),
        ("anything", 429, "rate"),
        ("Overloaded", 529, "overloaded"),
        ("insufficient_quota", 429, "billing"),
        ("Too Many Requests", 0, "rate"),
        ("bad key, rate limit unknown", 401, None),
        ("odd", 0, None),
    ],
)
def test_kinds(message: str, status: int, kind: str | None) -> None:
    assert limit_kind(message, status) == kind


def test_an_error_without_a_message_is_a_failure_with_its_name() -> None:
    assert failed_turn(Members({"name": "UnknownError"})) == (
        TurnEnded(Outcome.FAILED, code="UnknownError", detail="UnknownError"),
    )
    assert failed_turn(Members()) == (TurnEnded(Outcome.FAILED, code="error", detail=""),)


def test_opencode_retries_by_itself() -> None:
    assert retrying(Members({"message": "slow down", "next": "soon"})) == (
        LimitReached("rate", detail="slow down", retrying=True),
    )
