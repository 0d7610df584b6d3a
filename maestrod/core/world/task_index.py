"""Indexes derived from tasks, updated with each change: children, dependents, tallies, startable units.

A tally counts a parent's children by bucket and sums the progress of the leaves below it in millionths, as integers. Such sums
do not depend on the order of additions, so a rebuilt index gives the same decisions as the live one.

A unit's work is the leaves below it that belong to no nearer unit. The tree counts which of them may start now; a change of a
leaf is propagated upwards only as far as it makes a difference.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator

from maestrod.api.task import OUTCOMES, Leaves, Priority, Task, TaskStatus
from maestrod.api.task_category import TaskCategory
from maestrod.core.world.indexes import Links, add_link, drop_link

#: Reason codes of a task that is blocked by its dependencies.
WAITING = "dependency"
DOOMED = "dependency_failed"

#: Buckets of a tally that differ from the category of the status.
READY = "ready"  # pending, and may start now
WAIT = "waiting"  # blocked by a dependency that is not done yet
DOOM = "doomed"  # blocked by a dependency that failed for good
BLOCKED = TaskCategory.BLOCKED.value  # blocked by a report

MILLIONTHS = 1_000_000
_BLOCKED_BY = {WAITING: WAIT, DOOMED: DOOM}
_URGENCY = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}

#: Sort key of a startable unit: priority, longest chain first, then age (ids sort by time).
Rank = tuple[int, int, str]

#: What the limits of a startable unit depend on: project, agent, run.
Lane = tuple[str, str, str]


def bucket(task: Task) -> str:
    """The bucket a child counts under in its parent's tally."""
    if task.status is TaskStatus.PENDING and task.not_before is None:
        return READY
    if task.status is TaskStatus.BLOCKED and task.status_reason is not None:
        return _BLOCKED_BY.get(task.status_reason.code, BLOCKED)
    return task.status.category._value_  # a third of the time of ``.value``, in the most frequent call of all


def millionths(task: Task) -> int:
    """A leaf's progress in millionths; completed and skipped leaves count fully."""
    if task.status.is_done:
        return MILLIONTHS
    return round(task.progress * MILLIONTHS) if task.progress else 0


#: What a task adds to the sums above it: leaves, millionths of progress, and leaves by outcome, as in ``Leaves``.
Weight = tuple[int, ...]
_NOTHING: Weight = (0, 0, *(0 for _ in OUTCOMES))
_COUNTED = {category: tuple(int(category.value == outcome) for outcome in OUTCOMES) for category in TaskCategory}


def weight(leaf: Task) -> Weight:
    """What a leaf adds to the sums above it."""
    return (1, millionths(leaf), *_COUNTED[leaf.status.category])


def rank(task: Task) -> Rank:
    """The sort key of a unit among those that could start."""
    chain = task.dispatch.rank if task.dispatch is not None else 0
    return (_URGENCY[task.priority], -chain, task.id)


class TaskIndex:
    """Indexes of the table of tasks, which it reads but never changes."""

    def __init__(self, tasks: dict[str, Task], is_live: Callable[[str], bool]) -> None:
        self._tasks = tasks
        self._is_live = is_live
        self.children: Links = {}
        self.dependents: Links = {}
        self.of_project: Links = {}
        self._tallies: dict[str, Counter[str]] = {}
        self._leaves: dict[str, list[int]] = {}
        self._ready: Counter[str] = Counter()  # by parent: children with work that may start now
        self._counted: dict[str, str] = {}  # child with such work to the parent it is counted under
        self._startable: dict[Lane, list[Rank]] = {}
        self._place: dict[str, tuple[Lane, Rank]] = {}

    def tally(self, parent_id: str) -> Counter[str]:
        """A parent's children by bucket."""
        return self._tallies.get(parent_id) or Counter()

    def progress(self, parent_id: str) -> float:
        """Mean progress of the leaves below a parent, 0 to 1; each leaf weighs the same."""
        count, total, *_ = self._leaves.get(parent_id, _NOTHING)
        return total / (count * MILLIONTHS) if count else 0.0

    def leaves(self, parent_id: str) -> Leaves | None:
        """The leaves below a parent, counted by outcome; None for a leaf."""
        sums = self._leaves.get(parent_id)
        if sums is None:
            return None
        total, _, *outcomes = sums
        return Leaves(total, *outcomes)

    def startable(self) -> Iterator[tuple[Lane, list[Rank]]]:
        """The units that could start now, best first, by (project, agent, run)."""
        yield from self._startable.items()

    def update(self, old: Task | None, new: Task | None) -> None:
        """Update the indexes for the change from ``old`` to ``new`` in the table (None: absent)."""
        self._update_dependents(old, new)
        self._update_project(old, new)
        if old is not None and new is not None and old.parent_id == new.parent_id:
            self._adjust(old, new)
            return
        if old is not None:
            self._detach(old)
            self._refresh(old.id, old.parent_id)
        if new is not None:
            self._attach(new)
            self._refresh(new.id, new.parent_id)
            if new.id in self.children:
                self._refresh_below(new.id)

    def load(self) -> None:
        """Index a whole table at once. The index must be empty; parents may be missing."""
        for task in self._tasks.values():
            add_link(self.of_project, task.project_id, task.id)
            if task.parent_id is not None:
                add_link(self.children, task.parent_id, task.id)
            for needed in task.dependencies:
                add_link(self.dependents, needed, task.id)
        for parent_id, below in self.children.items():
            tasks = [self._tasks[task_id] for task_id in below]
            self._tallies[parent_id] = Counter(map(bucket, tasks))
            weights = [weight(task) for task in tasks if task.id not in self.children]
            if weights:
                self._add_up(parent_id, tuple(map(sum, zip(*weights, strict=True))))
        for task in self._tasks.values():
            if task.status is TaskStatus.PENDING and task.id not in self.children:
                self._refresh(task.id)

    def refresh_unit(self, task_id: str) -> None:
        """A unit's session started or ended."""
        self._place_unit(task_id)

    def _update_dependents(self, old: Task | None, new: Task | None) -> None:
        before = old.dependencies if old is not None else ()
        after = new.dependencies if new is not None else ()
        if before is after or before == after:
            return
        for task_id in before:
            drop_link(self.dependents, task_id, (old or new).id)  # type: ignore[union-attr]  # one of them is there
        for task_id in after:
            add_link(self.dependents, task_id, (new or old).id)  # type: ignore[union-attr]  # one of them is there

    def _update_project(self, old: Task | None, new: Task | None) -> None:
        if old is not None and (new is None or old.project_id != new.project_id):
            drop_link(self.of_project, old.project_id, old.id)
        if new is not None and (old is None or old.project_id != new.project_id):
            add_link(self.of_project, new.project_id, new.id)

    def _adjust(self, old: Task, new: Task) -> None:
        """A task changed, but not its parent."""
        if new.parent_id is not None:
            self._count(new.parent_id, bucket(old), -1)
            self._count(new.parent_id, bucket(new), 1)
        if new.id not in self.children:
            self._add_up(new.parent_id, weight(new), weight(old))
        self._refresh(new.id)
        if TaskStatus.BLOCKED in {old.status, new.status} and old.status is not new.status and new.id in self.children:
            self._refresh_below(new.id)

    def _weight(self, task: Task) -> Weight:
        """What a task adds to the sums above it: itself, or the leaves below it."""
        return tuple(self._leaves[task.id]) if task.id in self.children else weight(task)

    def _attach(self, new: Task) -> None:
        """Count a task under its parent, which stops being a leaf."""
        parent = self._tasks.get(new.parent_id) if new.parent_id is not None else None
        if new.parent_id is None:
            return
        if parent is not None and parent.id not in self.children:
            self._add_up(parent.parent_id, _NOTHING, weight(parent))
        self._count(new.parent_id, bucket(new), 1)
        self._add_up(new.parent_id, self._weight(new))
        add_link(self.children, new.parent_id, new.id)

    def _detach(self, old: Task) -> None:
        """Stop counting a task under its parent. A parent without children becomes a leaf again."""
        if old.parent_id is None:
            return
        counted = self._weight(old)
        self._count(old.parent_id, bucket(old), -1)
        self._add_up(old.parent_id, _NOTHING, counted)
        drop_link(self.children, old.parent_id, old.id)
        parent = self._tasks.get(old.parent_id)
        if parent is not None and parent.id not in self.children:
            self._add_up(parent.parent_id, weight(parent))

    def _count(self, parent_id: str, name: str, step: int) -> None:
        tally = self._tallies.setdefault(parent_id, Counter())
        tally[name] += step
        if not tally[name]:
            del tally[name]
            if not tally:
                del self._tallies[parent_id]

    def _add_up(self, task_id: str | None, after: Weight, before: Weight = _NOTHING) -> None:
        """Replace a weight in the sums of ``task_id`` and every task above it."""
        if after == before:
            return
        steps = [new - old for new, old in zip(after, before, strict=False)]
        while task_id is not None:
            sums = self._leaves.setdefault(task_id, [*_NOTHING])
            for place, step in enumerate(steps):
                sums[place] += step
            if not sums[0]:
                del self._leaves[task_id]
            task = self._tasks.get(task_id)
            task_id = task.parent_id if task is not None else None

    def _has_work(self, task: Task) -> bool:
        """Whether the task, or a leaf below it that belongs to no nearer unit, may start, without regard to the tasks above."""
        if task.id in self.children:
            return task.status is not TaskStatus.BLOCKED and self._ready[task.id] > 0
        return bucket(task) == READY

    def _refresh(self, *task_ids: str | None) -> None:
        """Check again whether tasks have work, and the tasks above them as far as it makes a difference."""
        stack = [task_id for task_id in task_ids if task_id is not None]
        while stack:
            task_id = stack.pop()
            self._place_unit(task_id)
            task = self._tasks.get(task_id)
            counts = task is not None and task.dispatch is None and self._has_work(task)
            above = task.parent_id if task is not None and counts else None
            before = self._counted.pop(task_id, None)
            if above is not None:
                self._counted[task_id] = above
            if above != before:
                for parent_id, step in ((before, -1), (above, 1)):
                    if parent_id is not None:
                        self._step_ready(parent_id, step)
                        stack.append(parent_id)

    def _step_ready(self, parent_id: str, step: int) -> None:
        self._ready[parent_id] += step
        if not self._ready[parent_id]:
            del self._ready[parent_id]

    def _refresh_below(self, task_id: str) -> None:
        """Check the units below a task that became blocked or unblocked: nothing below a blocked task may start."""
        stack = list(self.children.get(task_id, ()))
        while stack:
            below = stack.pop()
            stack.extend(self.children.get(below, ()))
            if self._tasks[below].dispatch is not None:
                self._place_unit(below)

    def is_startable(self, task: Task) -> bool:
        """Whether a unit could get a session now, if a slot were free."""
        return (
            task.dispatch is not None
            and not self._is_live(task.id)
            and self._has_work(task)
            and not self.is_held_above(task)
        )

    def is_held_above(self, task: Task) -> bool:
        """Whether a task above this one is blocked: a subtask cannot start before its group may."""
        above = self._tasks.get(task.parent_id) if task.parent_id is not None else None
        while above is not None:
            if above.status is TaskStatus.BLOCKED:
                return True
            above = self._tasks.get(above.parent_id) if above.parent_id is not None else None
        return False

    def _place_unit(self, task_id: str) -> None:
        """Add a unit to the lists of startable units, or remove it."""
        task = self._tasks.get(task_id)
        wanted = None
        if task is not None and task.dispatch is not None and self.is_startable(task):
            wanted = ((task.project_id, task.dispatch.agent, task.dispatch.run_id), rank(task))
        place = self._place.get(task_id)
        if place == wanted:
            return
        if place is not None:
            del self._place[task_id]
            self._remove(*place)
        if wanted is not None:
            insort(self._startable.setdefault(wanted[0], []), wanted[1])
            self._place[task_id] = wanted

    def _remove(self, lane: Lane, entry: Rank) -> None:
        ranks = self._startable[lane]
        index = bisect_left(ranks, entry)
        if index < len(ranks) and ranks[index] == entry:
            del ranks[index]
        if not ranks:
            del self._startable[lane]
