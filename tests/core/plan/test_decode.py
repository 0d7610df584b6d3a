"""Errors of form: all of them are found, each with its path."""

from typing import Any

import pytest

from tests.core.plan.plans import findings, group, only, plan, subtask


@pytest.mark.parametrize(
    "raw, expected",
    [
        (None, [("plan", "malformed")]),
        ([], [("plan", "malformed")]),
        ({}, [("groups", "missing")]),
        ({"groups": {}}, [("groups", "malformed")]),
        ({"groups": []}, [("groups", "no_groups")]),
        ({"groups": [], "steps": 1}, [("steps", "unknown_member")]),
        (plan(3), [("groups[0]", "malformed")]),
        (plan(group("a", 3)), [("groups[0].subtasks[0]", "malformed")]),  # type: ignore[arg-type] # on purpose
        (plan(group("a b", subtask("x"))), [("groups[0].key", "malformed")]),
        (
            plan(group("a", {"key": "x"})),
            [("groups[0].subtasks[0].title", "missing")],
        ),
        (
            plan(group("a"), group("b", subtask("x", commands=["ok", 3]), title=1, strategy="fast", colour="red")),
            [
                ("groups[1].colour", "unknown_member"),
                ("groups[1].title", "malformed"),
                ("groups[1].subtasks[0].commands[1]", "malformed"),
                ("groups[1].strategy", "malformed"),
            ],
        ),
    ],
)
def test_errors_of_form_are_all_found_with_their_paths(raw: Any, expected: list[tuple[str, str]]) -> None:
    assert findings(raw) == expected


def test_a_misspelt_member_gets_a_hint() -> None:
    assert "did you mean `dependsOn`?" in only(plan(group("a", dependson=[]))).message


def test_a_reference_to_a_malformed_group_is_not_called_unknown() -> None:
    raw = plan(group("a", title=3), group("b", subtask("x", dependsOn=["a-1"]), dependsOn=["a"]))
    assert findings(raw) == [("groups[0].title", "malformed")]
