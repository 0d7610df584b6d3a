"""Deadlines are named by kind and owner, and every kind has a rule."""

from maestrod.core.fact_rules import PASSED
from maestrod.core.values.deadline import Deadline, DeadlineKind


def test_every_kind_of_deadline_has_a_rule() -> None:
    assert PASSED.keys() == set(DeadlineKind)


def test_deadlines_of_one_moment_have_an_order_that_does_not_depend_on_when_they_were_made() -> None:
    late, early = Deadline(DeadlineKind.WAKE, "a"), Deadline(DeadlineKind.ANSWER, "b")
    assert sorted([late, early]) == sorted([early, late]) == [early, late]


def test_those_who_may_have_reported_in_time_are_heard_before_they_are_judged() -> None:
    begin = {kind for kind in DeadlineKind if not kind.needs_word}
    assert begin == {DeadlineKind.RETRY, DeadlineKind.WAKE, DeadlineKind.LIMIT}
