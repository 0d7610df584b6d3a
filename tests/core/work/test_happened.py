"""The time of an event, as reported and within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import Malformed
from maestrod.core.values.command import Stamp
from maestrod.core.work.happened import FUTURE_MS, LATE_MS, moment, noted
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World

NOW = 1_000_000


def draft() -> Draft:
    return Draft(World(), Stamp(at=NOW, id_time=NOW, entropy=0))


@given(st.integers(-(2**53), NOW + FUTURE_MS), st.integers(0, NOW))
def test_the_time_is_never_before_the_beginning_nor_after_now(at: int, since: int) -> None:
    assert since <= moment(draft(), at, since) <= NOW


@given(st.integers(0, NOW), st.integers(0, NOW))
def test_a_time_in_between_is_believed(one: int, other: int) -> None:
    since, at = sorted((one, other))
    assert moment(draft(), at, since) == at


def test_a_time_in_the_future_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        Malformed, match="at is 120 s in the future by the daemon's clock: correct the clock"
    ) as refusal:
        moment(draft(), NOW + 120_000, 0)
    assert refusal.value.details == {"path": "at"}


def test_the_timeline_shows_the_time_only_of_late_reports() -> None:
    assert noted(draft(), NOW - LATE_MS) == {}
    assert noted(draft(), NOW - LATE_MS - 1) == {"happenedAt": NOW - LATE_MS - 1}
