"""Deadlines are named by kind and owner, and every kind has a rule."""

from maestrod.core.fact_rules import PASSED
from maestrod.core.values.deadline import Deadline, DeadlineKind


def test_every_kind_of_deadline_has_a_rule() -> None:
    assert PASSED.keys() == set(DeadlineKind)


def test_deadlines_of_the_same_moment_have_a_fixed_order() -> None:
    late, early = Deadline(DeadlineKind.WAKE, "a"), Deadline(DeadlineKind.ANSWER, "b")
    assert sorted([late, early]) == sorted([early, late]) == [early, late]


def test_reports_that_may_be_in_time_are_read_before_the_timeout_is_judged() -> None:
    begin = {kind for kind in DeadlineKind if not kind.needs_reports}
    assert begin == {DeadlineKind.RETRY, DeadlineKind.WAKE, DeadlineKind.LIMIT}
