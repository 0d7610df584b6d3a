"""Roll-up and dependencies: a parent's state follows from its children, readiness from the dependencies.

Covers ``standing.py``: how a task stands is seen by those that wait for it.
Covers ``dependencies.py``: what a task waits for decides its status.
"""

import itertools

import msgspec
import pytest

from maestrod.api.model.look import Look, Tone
from maestrod.api.model.open_enum import unknown_allowed
from maestrod.api.task import Leaves, TaskStatus
from maestrod.api.task_category import TaskCategory
from maestrod.core.work.rollup import settle
from maestrod.core.world.draft import Draft
from maestrod.core.world.standing import Standing, standing
from tests.kit.offenders import offenders
from tests.kit.worlds.scenario import (
    Call,
    Scenario,
    event,
    group,
    member,
    nothing,
    project,
    refused,
    run_of,
    status,
    subtask,
    task,
)


def pretended(word: str, category: TaskCategory) -> TaskStatus:
    """A status that only its row knows, as one that is added has it."""
    with unknown_allowed():
        status = TaskStatus(word)
    status.__init__(word, category, Look("?", "pending", Tone.QUIET))  # type: ignore[misc]  # as the enum does it
    return status


@pytest.mark.parametrize(
    "category, parent, run, leaves",
    [
        (TaskCategory.OPEN, "pending", "running", Leaves(1)),
        (TaskCategory.ACTIVE, "in_progress", "running", Leaves(1)),
        (TaskCategory.BLOCKED, "blocked", "running", Leaves(1)),
        (TaskCategory.COMPLETED, "completed", "completed", Leaves(1, completed=1)),
        (TaskCategory.SKIPPED, "skipped", "completed", Leaves(1, skipped=1)),
        (TaskCategory.FAILED, "failed", "failed", Leaves(1, failed=1)),
        (TaskCategory.CANCELLED, "cancelled", "cancelled", Leaves(1, cancelled=1)),
    ],
)
def test_a_status_that_only_its_row_knows_rolls_up_as_its_category(
    category: TaskCategory, parent: str, run: str, leaves: Leaves
) -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    draft = Draft(play.world, play.stamp())
    leaf = draft.change(play.world.tasks[play.id_of("a")], status=pretended(f"pretended {category.value}", category))
    settle(draft)
    root = play.world.tasks[play.world.tasks[leaf.parent_id or ""].parent_id or ""]
    assert (root.status.value, root.leaves) == (parent, leaves)
    assert [found.status.value for found in play.world.runs.values()] == [run]


MOVES = {
    "in_progress": Call("task.start", taskId="x"),
    "completed": Call("task.complete", taskId="x"),
    "failed": Call("task.fail", taskId="x", error="e"),
    "skipped": Call("task.skip", taskId="x"),
    "cancelled": Call("task.cancel", taskId="x"),
    "blocked": Call("task.block", taskId="x"),
}


def move(title: str, to: str) -> list[Call]:
    """The call that brings a pending task to a status."""
    if to == "pending":
        return []
    call = MOVES[to]
    return [Call(call.method, **{**call.params, "taskId": title})]


def pair(one: str, two: str) -> Scenario:
    play = Scenario().given(project(), task("p"), task("a", under="p"), task("b", under="p"))
    return play.given(*move("a", one), *move("b", two))


#: What a parent of two is: the matrix, written down.
OF_TWO = {
    ("completed", "completed"): "completed",
    ("completed", "skipped"): "completed",
    ("skipped", "skipped"): "skipped",
    ("in_progress", "failed"): "in_progress",
    ("in_progress", "pending"): "in_progress",
    ("completed", "pending"): "in_progress",
    ("failed", "pending"): "in_progress",
    ("pending", "pending"): "pending",
    ("pending", "skipped"): "pending",
    ("pending", "cancelled"): "pending",
    ("pending", "blocked"): "pending",
    ("completed", "failed"): "failed",
    ("failed", "cancelled"): "failed",
    ("failed", "blocked"): "failed",
    ("completed", "cancelled"): "cancelled",
    ("cancelled", "cancelled"): "cancelled",
    ("completed", "blocked"): "blocked",
    ("blocked", "blocked"): "blocked",
}


def test_the_parent_of_two_is_described() -> None:
    def hold(case: tuple[str, str]) -> None:
        for one, two in (case, case[::-1]):
            pair(one, two).then(status("p", OF_TWO[case]))

    assert offenders({" and ".join(case): case for case in OF_TWO}, hold) == {}


def test_progress_is_the_mean_of_the_leaves_however_deep() -> None:
    play = Scenario().given(project(), task("p"), task("a", under="p"), task("m", under="p"))
    play.given(task("b", under="m"), task("c", under="m"), task("d", under="m"))
    play.when(Call("task.progress", taskId="b", progress=0.5), Call("task.skip", taskId="a"))
    play.then(member("p", "progress", 1.5 / 4), member("m", "progress", 0.5 / 3))


def test_one_new_leaf_is_counted_all_the_way_up() -> None:
    """The middle did not change, so the top was not told that it has one leaf more."""
    play = Scenario().given(project(), task("p"), task("m", under="p"), task("a", under="m"), task("z", under="p"))
    play.given(Call("task.complete", taskId="z"), task("b", under="m")).then(member("p", "progress", 1 / 3))
    play.when(Call("task.delete", taskId="b")).then(member("p", "progress", 0.5))


def test_each_parent_is_decided_once_per_decision() -> None:
    play = Scenario().given(project(), task("p"), task("a", under="p"), task("b", under="p", needs=["a"]))
    play.when(Call("task.complete", taskId="a")).then(status("p", "in_progress"), event("task.status", 3))


def test_a_failed_parent_resumes_when_a_child_does() -> None:
    play = pair("failed", "completed").then(status("p", "failed")).given(Call("task.retry", taskId="a"))
    play.then(status("p", "in_progress"), member("p", "completed_at", None))


# -- dependencies --------------------------------------------------------------------------------


#: What becomes of a task by its policy and what became of its dependency.
FATES = {
    (policy, fate): expected
    for policy, fate, expected in (
        *(("block", fate, "blocked") for fate in ("failed", "cancelled")),
        *(("skip", fate, "skipped") for fate in ("failed", "cancelled")),
        *(("run", fate, "pending") for fate in ("failed", "cancelled")),
        *((policy, fate, "pending") for policy in ("block", "skip", "run") for fate in ("completed", "skipped")),
        *((policy, fate, "blocked") for policy in ("block", "skip", "run") for fate in ("in_progress", "blocked")),
    )
}


def test_the_policy_decides_what_a_failed_dependency_means() -> None:
    def hold(case: tuple[str, str]) -> None:
        policy, fate = case
        play = Scenario().given(project(), task("x"), task("y", needs=["x"], onDependencyFailure=policy))
        play.given(MOVES[fate]).then(status("y", FATES[case]))

    assert len(FATES) == 18
    assert offenders({f"{fate}, {policy}": (policy, fate) for policy, fate in FATES}, hold) == {}


def test_policies_apply_to_groups_as_to_tasks() -> None:
    groups = [group("g", subtask("x")), group("s", subtask("s1"), needs=["g"], onDependencyFailure="skip")]
    play = Scenario().given(run_of(*groups, group("r", subtask("r1"), needs=["g"], onDependencyFailure="run")))
    play.when(Call("task.fail", taskId="x", error="e"))
    play.then(status("s", "skipped"), status("s1", "skipped"), status("r", "pending"), status("run", "running"))


def test_a_group_of_cancelled_subtasks_is_not_blocked_by_its_dependency() -> None:
    groups = [group("g", subtask("x")), group("h", subtask("y"), needs=["g"])]
    play = Scenario().given(run_of(*groups)).when(Call("run.cancel", runId="run"))
    play.then(status("g", "cancelled"), status("h", "cancelled"))
    play.when(Call("task.retry", taskId="y")).then(status("h", "blocked"))


def test_doom_spreads_along_dependencies_and_a_retry_lifts_it() -> None:
    play = Scenario().given(project(), task("x"), task("y", needs=["x"]), task("z", needs=["y"]))
    play.given(MOVES["failed"]).then(member("z", "status_reason.code", "dependency_failed"))
    assert standing(play.world.tasks[play.id_of("z")]) is Standing.FAILED
    play.when(Call("task.retry", taskId="x"))
    play.then(status("x", "pending"), member("z", "status_reason.code", "dependency"))


def test_a_dependency_may_come_and_go() -> None:
    play = Scenario().given(project(), task("x"), task("y"), Call("task.depend", taskId="y", onTaskId="x"))
    play.then(status("y", "blocked"), member("y", "status_reason.by", play.id_of("x")))
    play.when(Call("task.depend", taskId="y", onTaskId="x")).then(nothing())
    play.when(Call("task.undepend", taskId="y", onTaskId="x")).then(status("y", "pending"))


@pytest.mark.parametrize(
    "waiting, on",
    [("a", "a"), ("a", "c"), ("p", "kid"), ("kid", "p"), ("a", "needy"), ("other", "kid2")],
)
def test_a_cycle_of_dependencies_is_refused_with_its_path(waiting: str, on: str) -> None:
    play = Scenario().given(project(), task("a"), task("b", needs=["a"]), task("c", needs=["b"]), task("p"))
    play.given(task("kid", under="p"), task("needy", needs=["b"]), task("other"), task("kid2", under="other"))
    play.when(Call("task.depend", taskId=waiting, onTaskId=on)).then(refused("task.cycle"), nothing())
    assert play.refusal is not None
    cycle = play.refusal.details["cycle"]
    assert cycle[0] == cycle[-1] == play.id_of(waiting)


def test_a_subtask_that_depends_on_its_own_parents_dependents_is_refused() -> None:
    play = Scenario().given(project(), task("p"), task("q", needs=["p"]), task("c", under="p"))
    play.when(task("d", under="p", needs=["q"])).then(refused("task.cycle"), nothing())
    play.when(Call("task.depend", taskId="c", onTaskId="q")).then(refused("task.cycle"))


def test_every_status_has_a_standing() -> None:
    play = Scenario().given(project(), task("x"))
    stands: dict[str, set[str]] = {}
    for found in TaskStatus:
        moved = msgspec.structs.replace(play.world.tasks[play.id_of("x")], status=found)
        stands.setdefault(standing(moved).value, set()).add(found.category.value)
    assert stands == {
        "open": {"open", "blocked", "active"},
        "done": {"completed", "skipped"},
        "failed": {"failed", "cancelled"},
    }


def test_the_matrix_names_each_pair_once() -> None:
    assert all((two, one) not in OF_TWO or one == two for one, two in itertools.chain(OF_TWO))


def test_a_leaf_that_ends_without_progress_is_counted_up_to_the_root() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"), subtask("b")), group("h", subtask("c"))))
    play.given(Call("task.cancel", taskId="b"))
    [run] = play.world.runs.values()
    leaves = play.world.tasks[run.root_task_id].leaves
    assert leaves is not None
    assert (leaves.total, leaves.completed, leaves.cancelled) == (3, 0, 1)


def test_a_cancelled_run_completed_nothing() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"), subtask("b"))))
    play.given(Call("run.cancel", runId="run"))
    [run] = play.world.runs.values()
    leaves = play.world.tasks[run.root_task_id].leaves
    assert leaves is not None and (leaves.total, leaves.completed, leaves.cancelled) == (2, 0, 2)
