"""Every rule of the linter, and the place its finding names."""

from typing import Any

import msgspec
import pytest

from maestrod.api.plan import Severity
from maestrod.core.plan.lint import lint
from tests.core.plan.plans import KNOWN, findings, group, only, plan, subtask


@pytest.mark.parametrize(
    "raw, expected",
    [
        (plan({**group("a"), "subtasks": []}), [("groups[0].subtasks", "empty_group")]),
        (plan(group("a"), group("a", subtask("x"))), [("groups[1].key", "duplicate_key")]),
        (plan(group("a", subtask("x"), subtask("x"))), [("groups[0].subtasks[1].key", "duplicate_key")]),
        (
            plan(group("a", subtask("x")), group("b", subtask("x"))),
            [("groups[1].subtasks[0].key", "subtask_in_two_groups")],
        ),
        (plan(group("a", dependsOn=["z"])), [("groups[0].dependsOn[0]", "unknown_group")]),
        (
            plan(group("a", subtask("x", dependsOn=["y"]))),
            [("groups[0].subtasks[0].dependsOn[0]", "unknown_subtask")],
        ),
        (plan(group("a", agent="vim")), [("groups[0].agent", "unknown_agent")]),
        (plan(group("a", persona="vim")), [("groups[0].persona", "unknown_persona")]),
        (plan(group("a", skills=["maestro-worker", "vim"])), [("groups[0].skills[1]", "unknown_skill")]),
        (plan(group("a", agent="shell")), [("groups[0].subtasks[0].commands", "nothing_to_run")]),
        (plan(group("a", subtask("x", paths=["ok", "/x"]))), [("groups[0].subtasks[0].paths[1]", "path_absolute")]),
        (plan(group("a", subtask("x", paths=["a/../../x"]))), [("groups[0].subtasks[0].paths[0]", "path_escapes")]),
        (plan({**group("a"), "title": " "}), [("groups[0].title", "title")]),
        (plan(group("a", subtask("x", title="a\nb"))), [("groups[0].subtasks[0].title", "title")]),
        (
            plan(group("a", subtask("x", commands=["echo a\0b"]))),
            [("groups[0].subtasks[0].commands[0]", "no_argument")],
        ),
        (
            plan(group("a", subtask("x", checks=["t", "中" * 50_000]))),
            [("groups[0].subtasks[0].checks[1]", "no_argument")],
        ),
        (
            plan(group("a", subtask("x", commands=["true"], checks=["  "]))),
            [("groups[0].subtasks[0].checks[0]", "no_argument")],
        ),
        (plan(group("a", subtask("x", prompt="a\0b"))), [("groups[0].subtasks[0].prompt", "no_argument")]),
        (plan(group("a", dependsOn=["a"])), [("groups[0].dependsOn[0]", "group_cycle")]),
        (
            plan(group("a", subtask("x", dependsOn=["x"]))),
            [("groups[0].subtasks[0].dependsOn[0]", "subtask_cycle")],
        ),
    ],
)
def test_each_rule_names_the_place(raw: Any, expected: list[tuple[str, str]]) -> None:
    assert findings(raw) == expected


def test_the_shell_agent_by_default_needs_commands_and_checks_are_enough() -> None:
    by_default = msgspec.structs.replace(KNOWN, default_agent="shell")
    assert not lint(plan(group("a")), by_default).ok
    assert lint(plan(group("a", subtask("x", checks=["true"]))), by_default).ok
    assert lint(plan(group("a", agent="claude")), by_default).ok


def test_cycles_are_named() -> None:
    found = only(plan(group("a", dependsOn=["c"]), group("b", dependsOn=["a"]), group("c", dependsOn=["b"])))
    assert (found.path, found.code) == ("groups[0].dependsOn[0]", "group_cycle")
    assert "a → c → b → a" in found.message
    assert "x → y → x" in only(plan(group("a", subtask("x", dependsOn=["y"]), subtask("y", dependsOn=["x"])))).message


def test_a_subtask_edge_that_contradicts_the_groups_is_a_cycle_with_an_explanation() -> None:
    found = only(plan(group("a", subtask("x", dependsOn=["y"])), group("b", subtask("y"), dependsOn=["a"])))
    assert (found.path, found.code) == ("groups[0].subtasks[0].dependsOn[0]", "group_cycle")
    assert "`a` waits for `b` because its subtask `x` waits for `y`" in found.message


def test_crossing_subtask_edges_can_make_a_cycle_of_groups_only() -> None:
    raw = plan(
        group("a", subtask("a1", dependsOn=["b1"]), subtask("a2")),
        group("b", subtask("b1"), subtask("b2", dependsOn=["a2"])),
    )
    assert findings(raw) == [("groups[0].subtasks[0].dependsOn[0]", "group_cycle")]


@pytest.mark.parametrize(
    "second, warned",
    [({}, True), ({"dependsOn": ["mid"]}, False)],
)
def test_overlapping_paths_warn_only_when_groups_may_run_at_once(second: dict[str, Any], warned: bool) -> None:
    raw = plan(
        group("one", subtask("x", paths=["src/*.py"])),
        group("mid", dependsOn=["one"]),
        group("two", subtask("y", paths=["docs", "src/a.py"]), **second),
    )
    report = lint(raw, KNOWN)
    assert report.ok
    assert findings(raw, Severity.WARNING) == ([("groups[2]", "paths_overlap")] if warned else [])


def test_warnings_do_not_refuse() -> None:
    raw = plan(*(group(f"g{number}") for number in range(1001)))
    raw["groups"][1]["dependsOn"] = ["g0", "g0"]
    assert lint(raw, KNOWN).ok
    assert findings(raw, Severity.WARNING) == [
        ("groups", "many_groups"),
        ("groups[1].dependsOn[1]", "repeated_dependency"),
    ]


def test_overlap_warnings_are_bounded() -> None:
    raw = plan(*(group(f"g{number}", subtask(f"s{number}", paths=["src"])) for number in range(300)))
    assert len(findings(raw, Severity.WARNING)) == 20
