"""The linter: every kind of finding, its path, and what a plan that passes yields."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.plan import Diagnostic, PlanGroup, Severity
from maestrod.core.plan import KnownNames, group_dependencies, lint, mapping, ranks

KNOWN = KnownNames(
    agents=frozenset({"shell", "claude"}),
    personas=frozenset({"architect"}),
    skills=frozenset({"maestro-worker"}),
    default_agent="claude",
)


def subtask(key: str, **members: Any) -> dict[str, Any]:
    return {"key": key, "title": key, **members}


def group(key: str, *subtasks: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"key": key, "title": key.upper(), "subtasks": list(subtasks or (subtask(f"{key}-1"),)), **members}


def plan(*groups: Any) -> dict[str, Any]:
    return {"groups": list(groups)}


def findings(raw: Any, severity: Severity = Severity.ERROR) -> list[tuple[str, str]]:
    return [(found.path, found.code) for found in lint(raw, KNOWN).diagnostics if found.severity is severity]


def only(raw: Any) -> Diagnostic:
    (found,) = lint(raw, KNOWN).diagnostics
    return found


def test_a_good_plan_passes_and_says_what_follows() -> None:
    report = lint(
        plan(
            group("lint"),
            group("tests", subtask("a"), subtask("b", dependsOn=["a"]), strategy="queue"),
            group("wheel", subtask("build", commands=["make"]), dependsOn=["lint", "tests"], agent="shell"),
        ),
        KNOWN,
    )
    assert report.ok and report.diagnostics == ()
    assert report.waves == (("lint", "tests"), ("wheel",))
    assert report.critical_path == ("tests", "wheel") and report.widest_wave == 2
    assert [found.key for found in report.groups] == ["lint", "tests", "wheel"]


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


def test_a_reference_to_a_malformed_group_is_not_called_unknown() -> None:
    raw = plan(group("a", title=3), group("b", subtask("x", dependsOn=["a-1"]), dependsOn=["a"]))
    assert findings(raw) == [("groups[0].title", "malformed")]


def test_cycles_are_named() -> None:
    found = only(plan(group("a", dependsOn=["c"]), group("b", dependsOn=["a"]), group("c", dependsOn=["b"])))
    assert (found.path, found.code) == ("groups[0].dependsOn[0]", "group_cycle")
    assert "a → c → b → a" in found.message
    assert "x → y → x" in only(plan(group("a", subtask("x", dependsOn=["y"]), subtask("y", dependsOn=["x"])))).message


def test_a_subtask_edge_that_contradicts_the_groups_is_a_cycle_that_says_why() -> None:
    found = only(plan(group("a", subtask("x", dependsOn=["y"])), group("b", subtask("y"), dependsOn=["a"])))
    assert (found.path, found.code) == ("groups[0].subtasks[0].dependsOn[0]", "group_cycle")
    assert "`a` waits for `b` because its subtask `x` waits for `y`" in found.message


def test_crossing_subtask_edges_make_a_cycle_of_groups_without_one_of_subtasks() -> None:
    raw = plan(
        group("a", subtask("a1", dependsOn=["b1"]), subtask("a2")),
        group("b", subtask("b1"), subtask("b2", dependsOn=["a2"])),
    )
    assert findings(raw) == [("groups[0].subtasks[0].dependsOn[0]", "group_cycle")]


def test_subtask_edges_between_groups_count_for_waves() -> None:
    report = lint(plan(group("late", subtask("x", dependsOn=["y"])), group("early", subtask("y"))), KNOWN)
    assert report.waves == (("early",), ("late",))
    assert group_dependencies(report.groups) == {"late": ("early",), "early": ()}


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


def test_findings_are_bounded_and_counted() -> None:
    report = lint(plan(*(group(f"g{number}", agent="vim") for number in range(500))), KNOWN)
    assert len(report.diagnostics) == 201
    assert report.diagnostics[-1].code == "more" and "300 more" in report.diagnostics[-1].message


def test_overlap_warnings_are_bounded() -> None:
    raw = plan(*(group(f"g{number}", subtask(f"s{number}", paths=["src"])) for number in range(300)))
    assert len(findings(raw, Severity.WARNING)) == 20


def test_a_chain_of_5000_groups_passes() -> None:
    report = lint(plan(*(group(f"g{n}", dependsOn=[f"g{n - 1}"] if n else []) for n in range(5000))), KNOWN)
    assert report.ok and len(report.waves) == len(report.critical_path) == 5000


def test_ranks_count_subtasks_to_the_end() -> None:
    groups = lint(
        plan(group("a", subtask("a1"), subtask("a2")), group("b", dependsOn=["a"]), group("c", dependsOn=["a"])), KNOWN
    ).groups
    assert ranks(groups) == {"a": 3, "b": 1, "c": 1}


def test_mapping_follows_the_waves() -> None:
    groups = lint(
        plan(group("last", dependsOn=["one", "two"]), group("one"), group("two", subtask("t1"), subtask("t2"))), KNOWN
    ).groups
    rows = mapping(groups, {"one": "tsk_1"}, {"t2": "tsk_2"})
    assert [(row.group_id, row.subtask_ids, row.session_name, row.order, row.parallel_group) for row in rows] == [
        ("tsk_1", ("one-1",), "ONE", 0, 0),
        ("two", ("t1", "tsk_2"), "TWO", 1, 0),
        ("last", ("last-1",), "LAST", 2, None),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["groups", "subtasks", "key", "title", "dependsOn", "x"]), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_gets_a_report(raw: Any) -> None:
    report = lint(raw, KNOWN)
    assert report.ok is not any(found.severity is Severity.ERROR for found in report.diagnostics)
    assert json.loads(msgspec.json.encode(report))["ok"] is report.ok


KEYS = st.sampled_from(["a", "b", "c", "d"])


@given(st.lists(st.tuples(KEYS, st.lists(KEYS, max_size=3), st.lists(st.tuples(KEYS, st.lists(KEYS, max_size=2)), max_size=3)), max_size=5))  # fmt: skip
def test_what_passes_keeps_every_promise(shape: list[Any]) -> None:
    raw = plan(
        *(
            {"key": key, "title": "t", "dependsOn": needs, "subtasks": [subtask(k, dependsOn=n) for k, n in subtasks]}
            for key, needs, subtasks in shape
        )
    )
    report = lint(raw, KNOWN)
    if not report.ok:
        return
    groups: dict[str, PlanGroup] = {found.key: found for found in report.groups}
    home = {item.key: found.key for found in report.groups for item in found.subtasks}
    assert len(groups) == len(shape) and len(home) == sum(len(found.subtasks) for found in report.groups)
    wave = {key: number for number, keys in enumerate(report.waves) for key in keys}
    assert set(wave) == set(groups)
    for found in report.groups:
        assert found.subtasks
        assert all(wave[need] < wave[found.key] for need in found.depends_on)
        for item in found.subtasks:
            assert all(home[need] == found.key or wave[home[need]] < wave[found.key] for need in item.depends_on)
