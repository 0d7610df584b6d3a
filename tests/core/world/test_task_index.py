"""The index of tasks and the cost of the scheduler depend on what changed, not on the number of tasks."""

from collections import Counter

from maestrod.api.task import Dispatch, Task, TaskStatus
from maestrod.core.values.policy import Policy
from maestrod.core.work.dependencies import ancestors
from maestrod.core.world.task_index import READY, TaskIndex, bucket, rank
from tests.kit.worlds.scenario import Call, Scenario, exited, group, project, run_of, subtask, task


class Counting(dict[str, Task]):
    """A table that counts how often it is read."""

    reads = 0

    def __getitem__(self, key: str) -> Task:
        self.reads += 1
        return super().__getitem__(key)

    def get(self, key: str, default: Task | None = None) -> Task | None:  # type: ignore[override]  # narrower than dict's
        self.reads += 1
        return super().get(key, default)


def a(id_: str, parent: str | None = None, status: TaskStatus = TaskStatus.PENDING, *, unit: bool = False) -> Task:
    dispatch = Dispatch(run_id="r", agent="shell") if unit else None
    return Task(id=id_, project_id="p", title=id_, parent_id=parent, status=status, dispatch=dispatch)


def filled(*tasks: Task) -> tuple[Counting, TaskIndex]:
    table = Counting()
    index = TaskIndex(table, lambda _: False)
    for new in tasks:
        table[new.id] = new
        index.update(None, new)
    return table, index


def startable(index: TaskIndex) -> list[str]:
    return [entry[2] for _, ranks in index.startable() for entry in ranks]


def put(table: Counting, index: TaskIndex, new: Task) -> None:
    old = table.get(new.id)
    table[new.id] = new
    index.update(old, new)


def test_a_unit_starts_when_one_of_its_leaves_may() -> None:
    table, index = filled(a("g", unit=True), a("g1", "g", TaskStatus.BLOCKED), a("g2", "g", TaskStatus.COMPLETED))
    assert startable(index) == []
    put(table, index, a("g1", "g"))
    assert startable(index) == ["g"]
    assert index.tally("g") == Counter({READY: 1, "completed": 1})


def test_nothing_below_a_blocked_task_starts_until_it_is_unblocked() -> None:
    table, index = filled(
        a("r", status=TaskStatus.BLOCKED), a("m", "r"), a("u", "m", unit=True), a("v", "r", unit=True)
    )
    assert startable(index) == []
    put(table, index, a("r"))
    assert sorted(startable(index)) == ["u", "v"]
    assert not index.is_held_above(table["u"])


def test_a_subtree_moves_with_all_its_counts() -> None:
    table, index = filled(a("x"), a("y"), a("m", "x"), a("l1", "m", TaskStatus.COMPLETED), a("l2", "m"), a("k", "y"))
    assert (index.progress("x"), index.progress("y")) == (0.5, 0.0)
    put(table, index, a("m", "y"))
    assert (index.progress("x"), index.progress("y")) == (0.0, 1 / 3)
    assert "x" not in index.children and list(index.children["y"]) == ["k", "m"]


def test_the_bucket_and_the_rank() -> None:
    buckets = {status: bucket(a("x", status=status)) for status in TaskStatus}
    assert buckets.pop(TaskStatus.PENDING) == "ready"
    assert buckets == {status: status.category.value for status in buckets}
    assert rank(a("x")) == (1, 0, "x")


def test_a_change_of_one_leaf_reads_few_tasks_in_a_tree_of_any_size() -> None:
    reads = []
    for size in (10, 1000):
        units = [a(f"g{number}", "r", unit=True) for number in range(size)]
        leaves = [a(f"{unit.id}.{number}", unit.id) for unit in units for number in range(3)]
        table, index = filled(a("r"), *units, *leaves)
        table.reads = 0
        put(table, index, a("g5.1", "g5", TaskStatus.COMPLETED))
        reads.append(table.reads)
    assert reads[0] == reads[1] < 20


def test_a_completion_in_a_big_tree_costs_as_little_as_in_a_small_one() -> None:
    events = []
    for size in (5, 200):
        groups = [group(f"g{n}", subtask(f"s{n}"), needs=[f"g{n - 1}"] if n else []) for n in range(size)]
        play = Scenario(Policy(max_sessions=1)).given(run_of(*groups), Call("task.complete", by="@g0", taskId="s0"))
        events.append(len(play.when(exited("@g0")).last))
    assert events[0] == events[1]


def test_ancestors_start_with_the_task_itself() -> None:
    play = Scenario().given(project(), task("p"), task("m", under="p"), task("x", under="m"))
    assert ancestors(play.world, play.id_of("x")) == [play.id_of(name) for name in ("x", "m", "p")]
