"""The linter as a whole, and the result for a valid plan."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.plan import PlanGroup, Severity
from maestrod.core.plan.lint import lint, mapping, ranks
from maestrod.core.plan.rules import group_dependencies
from tests.core.plan.plans import KNOWN, group, plan, subtask


def test_a_valid_plan_passes_and_reports_its_waves() -> None:
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


def test_subtask_edges_between_groups_count_for_waves() -> None:
    report = lint(plan(group("late", subtask("x", dependsOn=["y"])), group("early", subtask("y"))), KNOWN)
    assert report.waves == (("early",), ("late",))
    assert group_dependencies(report.groups) == {"late": ("early",), "early": ()}


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
def test_passing_plans_keep_every_promise(shape: list[Any]) -> None:
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
