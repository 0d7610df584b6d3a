"""What is derived from tasks and kept up to date with each change: children, dependents, tallies, startable units.

A tally counts a parent's children by bucket and sums the progress of the leaves below it in millionths, as integers: sums
that do not depend on the order of additions, so that a rebuilt index decides what the live one would have.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator

from maestrod.api.task import Priority, Task, TaskStatus
from maestrod.core.indexes import Links, add_link, drop_link

#: Reason codes of a task that is blocked by its dependencies.
WAITING = "dependency"
DOOMED = "dependency_failed"

#: Buckets of a tally that are not simply the status.
READY = "ready"  # pending, and may start now
WAIT = "waiting"  # blocked by a dependency that is not done yet
DOOM = "doomed"  # blocked by a dependency that failed for good

MILLIONTHS = 1_000_000
_BLOCKED_BY = {WAITING: WAIT, DOOMED: DOOM}
_DONE = {TaskStatus.COMPLETED, TaskStatus.SKIPPED}
_URGENCY = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}

#: Sort key of a startable unit: priority, longest chain first, then age (ids sort by time).
Rank = tuple[int, int, str]


def bucket(task: Task) -> str:
    """The bucket a child counts under in its parent's tally."""
    if task.status is TaskStatus.PENDING and task.not_before is None:
        return READY
    if task.status is TaskStatus.BLOCKED and task.status_reason is not None:
        return _BLOCKED_BY.get(task.status_reason.code, TaskStatus.BLOCKED.value)
    return str(task.status.value)


def millionths(task: Task) -> int:
    """A leaf's progress; what is completed or skipped counts as done."""
    return MILLIONTHS if task.status in _DONE else round(task.progress * MILLIONTHS)


def rank(task: Task) -> Rank:
    """Where a unit stands among those that could start."""
    chain = task.dispatch.rank if task.dispatch is not None else 0
    return (_URGENCY[task.priority], -chain, task.id)


class TaskIndex:
    """Derived from the table of tasks, which it reads but never changes."""

    def __init__(self, tasks: dict[str, Task], is_live: Callable[[str], bool]) -> None:
        self._tasks = tasks
        self._is_live = is_live
        self.children: Links = {}
        self.dependents: Links = {}
        self.of_project: Links = {}
        self._tallies: dict[str, Counter[str]] = {}
        self._leaves: dict[str, list[int]] = {}
        self._startable: dict[tuple[str, str], list[Rank]] = {}
        self._place: dict[str, tuple[tuple[str, str], Rank]] = {}

    def tally(self, parent_id: str) -> Counter[str]:
        """A parent's children by bucket."""
        return self._tallies.get(parent_id) or Counter()

    def progress(self, parent_id: str) -> float:
        """Mean progress of the leaves below a parent, 0 to 1: each leaf weighs the same."""
        count, total = self._leaves.get(parent_id, (0, 0))
        return total / (count * MILLIONTHS) if count else 0.0

    def startable(self) -> Iterator[tuple[tuple[str, str], list[Rank]]]:
        """By (project, agent): the units that could start now, best first."""
        yield from self._startable.items()

    def update(self, old: Task | None, new: Task | None) -> None:
        """Take in that ``old`` became ``new`` in the table (None: was not there, is gone)."""
        self._update_dependents(old, new)
        self._update_leaves(old, new)
        self._update_parent(old, new)
        task = new or old
        if task is not None:
            self.refresh_unit(task.id)
            if task.parent_id is not None:
                self.refresh_unit(task.parent_id)

    def _update_dependents(self, old: Task | None, new: Task | None) -> None:
        before = old.dependencies if old is not None else ()
        after = new.dependencies if new is not None else ()
        if before is after or before == after:
            return
        for task_id in before:
            drop_link(self.dependents, task_id, (old or new).id)  # type: ignore[union-attr]  # one of them is there
        for task_id in after:
            add_link(self.dependents, task_id, (new or old).id)  # type: ignore[union-attr]  # one of them is there

    def _update_parent(self, old: Task | None, new: Task | None) -> None:
        task = new or old
        if task is None:
            return
        if old is None:
            add_link(self.of_project, task.project_id, task.id)
        elif new is None:
            drop_link(self.of_project, task.project_id, task.id)
        if task.parent_id is None:
            return
        tally = self._tallies.setdefault(task.parent_id, Counter())
        if old is not None:
            tally[bucket(old)] -= 1
        if new is not None:
            tally[bucket(new)] += 1

    def _update_leaves(self, old: Task | None, new: Task | None) -> None:
        """Keep, for every parent, the number of leaves below it and the sum of their progress."""
        task = new or old
        if task is None:
            return
        if old is not None and new is not None:
            if task.id not in self.children:
                self._add_up(new.parent_id, 0, millionths(new) - millionths(old))
            return
        parent = self._tasks.get(task.parent_id) if task.parent_id is not None else None
        if new is not None:
            if parent is not None and parent.id not in self.children:
                self._add_up(parent.parent_id, -1, -millionths(parent))
            self._add_up(new.parent_id, 1, millionths(new))
            if new.parent_id is not None:
                add_link(self.children, new.parent_id, new.id)
        elif old is not None:
            self._add_up(old.parent_id, -1, -millionths(old))
            if old.parent_id is not None:
                drop_link(self.children, old.parent_id, old.id)
            if parent is not None and parent.id not in self.children:
                self._add_up(parent.parent_id, 1, millionths(parent))

    def _add_up(self, task_id: str | None, count: int, progress: int) -> None:
        while task_id is not None and (count or progress):
            sums = self._leaves.setdefault(task_id, [0, 0])
            sums[0] += count
            sums[1] += progress
            task = self._tasks.get(task_id)
            task_id = task.parent_id if task is not None else None

    def is_startable(self, task: Task) -> bool:
        """Whether a unit could get a session now, were there a slot."""
        if task.dispatch is None or self._is_live(task.id):
            return False
        if task.id in self.children:
            active = task.status in {TaskStatus.PENDING, TaskStatus.IN_PROGRESS}
            return active and self.tally(task.id)[READY] > 0
        return bucket(task) == READY

    def refresh_unit(self, task_id: str) -> None:
        """Put a unit into, or take it out of, the lists of those that could start."""
        place = self._place.pop(task_id, None)
        if place is not None:
            self._remove(*place)
        task = self._tasks.get(task_id)
        if task is None or task.dispatch is None or not self.is_startable(task):
            return
        key = (task.project_id, task.dispatch.agent)
        entry = rank(task)
        insort(self._startable.setdefault(key, []), entry)
        self._place[task_id] = (key, entry)

    def _remove(self, key: tuple[str, str], entry: Rank) -> None:
        ranks = self._startable[key]
        index = bisect_left(ranks, entry)
        if index < len(ranks) and ranks[index] == entry:
            del ranks[index]
        if not ranks:
            del self._startable[key]
