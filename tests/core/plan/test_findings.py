"""Findings are bounded, and hints are short."""

from maestrod.core.plan.findings import HINT_CANDIDATES, hint, shown
from maestrod.core.plan.lint import lint
from tests.core.plan.plans import KNOWN, group, plan


def test_findings_are_bounded_and_counted() -> None:
    report = lint(plan(*(group(f"g{number}", agent="vim") for number in range(500))), KNOWN)
    assert len(report.diagnostics) == 201
    assert report.diagnostics[-1].code == "more" and "300 more" in report.diagnostics[-1].message


def test_hints_are_given_for_names_that_are_nearly_right() -> None:
    assert hint("dependson", ["dependsOn", "title"]) == "; did you mean `dependsOn`?"
    assert hint("zebra", ["dependsOn"]) == ""
    assert hint("a", ["a"] * (HINT_CANDIDATES + 1)) == ""


def test_a_long_name_is_cut() -> None:
    assert shown("x" * 200) == "x" * 97 + "..." and shown("x" * 100) == "x" * 100
