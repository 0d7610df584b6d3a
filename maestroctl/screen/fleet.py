"""The data of the full-screen view, kept up to date by events: runs, tasks, sessions, open questions, and the rows of the tree.

Pure, like ``run_model.py`` for one run. The lists are read after the event stream was opened, so an event may repeat what is already
known. That does no harm, because events carry values, not differences.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maestroctl.show.run_model import Shelf
from maestrod.api.attention import Attention
from maestrod.api.event import Event
from maestrod.api.run import Run
from maestrod.api.session import Session
from maestrod.api.task import Task
from maestrod.api.task_category import TaskCategory

#: The lists to read at the start, by the kind of their items: the method and its parameters.
LISTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "run": ("run.list", {"order": "oldest"}),
    "task": ("task.list", {"order": "oldest"}),
    "session": ("session.list", {"order": "oldest"}),
    "attention": ("attention.list", {}),
}

#: How many ended sessions are still listed.
_ENDED_SESSIONS = 20


@dataclass(frozen=True)
class TreeRow:
    """A line of the tree: the branches before it, the task, and how many lines below it are folded."""

    branch: str
    task: Task
    hidden: int = 0
    has_children: bool = False


class Fleet:
    """All known entities. ``documents`` are the items of ``LISTS`` as JSON, by kind, in any order, since ids sort by time."""

    def __init__(self, documents: Mapping[str, Iterable[dict[str, Any]]]) -> None:
        oldest_first = {kind: sorted(items, key=lambda item: str(item["id"])) for kind, items in documents.items()}
        self.runs = Shelf(Run, oldest_first.get("run", ()))
        self.tasks = Shelf(Task, oldest_first.get("task", ()))
        self.sessions = Shelf(Session, oldest_first.get("session", ()))
        self.attention = Shelf(Attention, oldest_first.get("attention", ()))

    def apply(self, event: Event) -> None:
        """Apply one event."""
        shelves: dict[str, Shelf[Any]]
        shelves = {"run": self.runs, "task": self.tasks, "session": self.sessions, "attention": self.attention}
        shelf = shelves.get(event.type.partition(".")[0])
        if shelf is not None:
            shelf.apply(event)

    def live_sessions(self) -> list[Session]:
        """The live sessions, oldest first."""
        return [session for session in self.sessions if not session.status.is_over]

    def listed_sessions(self) -> list[Session]:
        """The live sessions, oldest first, then those that ended last."""
        ended = [session for session in self.sessions if session.status.is_over]
        ended.sort(key=lambda session: session.completed_at or 0, reverse=True)
        return self.live_sessions() + ended[:_ENDED_SESSIONS]

    def questions(self) -> list[Attention]:
        """The open questions, oldest first."""
        return [question for question in self.attention if question.is_open]

    def counts(self) -> Counter[TaskCategory]:
        """The number of tasks that are work themselves, not sums, by the category of their status."""
        parents = {task.parent_id for task in self.tasks}
        return Counter(task.status.category for task in self.tasks if task.id not in parents)

    def run_of(self, task_id: str) -> Run | None:
        """The newest run whose tree includes the task."""
        root = self.root_of(task_id)
        return next((run for run in reversed([*self.runs]) if run.root_task_id == root), None)

    def root_of(self, task_id: str) -> str:
        """The id of the root of a task's tree."""
        known = task_id
        while known in self.tasks and (parent := self.tasks.get(known).parent_id) in self.tasks and parent is not None:
            known = parent
        return known

    def sessions_of(self, task_id: str) -> list[Session]:
        """The sessions that work or worked on a task; live ones last."""
        found = [session for session in self.sessions if task_id in session.task_ids]
        return sorted(found, key=lambda session: not session.status.is_over)

    def sessions_below(self, task_id: str) -> list[Session]:
        """The sessions on the tasks below one: only the live ones, if there are any."""
        found = [each for each in self.sessions if any(self._is_below(own, task_id) for own in each.task_ids)]
        return [each for each in found if not each.status.is_over] or found

    def failed_below(self, task_id: str) -> list[Task]:
        """The failed leaves below a task, which are why it failed; the last one first."""
        parents = {task.parent_id for task in self.tasks}
        failed = [each for each in self.tasks if each.status.is_failed and each.id not in parents]
        below = [each for each in failed if self._is_below(each.id, task_id)]
        return sorted(below, key=lambda task: task.completed_at or 0, reverse=True)

    def _is_below(self, task_id: str | None, above: str) -> bool:
        while task_id is not None and task_id in self.tasks:
            task_id = self.tasks.get(task_id).parent_id
            if task_id == above:
                return True
        return False


class Tree:
    """The rows of the task tree: the order of roots, what is folded, and the search."""

    def __init__(self) -> None:
        self.root: str | None = None  #: only this tree, if set
        self.search = ""
        self._toggled: set[str] = set()

    def toggle(self, task_id: str) -> None:
        """Fold or unfold a task."""
        self._toggled ^= {task_id}

    def rows(self, fleet: Fleet) -> list[TreeRow]:
        """All lines, parents before children. Active trees come first, then the newest; completed ones are folded."""
        tasks = [*fleet.tasks]
        known = {task.id for task in tasks}
        children: dict[str | None, list[Task]] = {}
        for task in tasks:
            children.setdefault(task.parent_id if task.parent_id in known else None, []).append(task)
        roots = sorted(children.get(None, []), key=lambda task: (task.status.is_over, -task.created_at))
        if self.root is not None:
            roots = [task for task in tasks if task.id == self.root]
        shown = self._shown(roots, children)
        return list(_lines(roots, children, shown, self._is_folded))

    def _is_folded(self, task: Task) -> bool:
        if self.search:
            return False
        shows_why = task.parent_id is not None and task.status.is_failed
        ended = task.status.is_over and not shows_why and task.id != self.root
        return ended != (task.id in self._toggled)

    def _shown(self, roots: Sequence[Task], children: Mapping[str | None, Sequence[Task]]) -> Callable[[Task], bool]:
        """Which tasks a search shows: those whose title contains the text, and those above them."""
        if not self.search:
            return lambda task: True
        wanted = self.search.casefold()
        order: list[Task] = []
        pending = [*roots]
        while pending:
            task = pending.pop()
            order.append(task)
            pending += children.get(task.id, ())
        found: set[str] = set()
        for task in reversed(order):  # children before parents
            if wanted in task.title.casefold() or any(child.id in found for child in children.get(task.id, ())):
                found.add(task.id)
        return lambda task: task.id in found


def _lines(
    roots: Sequence[Task],
    children: Mapping[str | None, Sequence[Task]],
    shown: Callable[[Task], bool],
    is_folded: Callable[[Task], bool],
) -> Iterable[TreeRow]:
    pending = [("", "", task) for task in reversed(roots) if shown(task)]
    while pending:  # no recursion: a tree may be deeper than Python's stack
        branch, margin, task = pending.pop()
        below = [child for child in children.get(task.id, ()) if shown(child)]
        if below and is_folded(task):
            yield TreeRow(branch, task, _size(task, children), has_children=True)
            continue
        yield TreeRow(branch, task, has_children=bool(below))
        last = len(below) - 1
        pending += reversed(
            [
                (margin + ("└─" if index == last else "├─"), margin + ("  " if index == last else "│ "), child)
                for index, child in enumerate(below)
            ]
        )


def _size(task: Task, children: Mapping[str | None, Sequence[Task]]) -> int:
    """The number of tasks below one."""
    count, pending = 0, [*children.get(task.id, ())]
    while pending:
        count += 1
        pending += children.get(pending.pop().id, ())
    return count


def has_ended(run: Run | None) -> bool:
    """Whether a run has ended, or there is none."""
    return run is None or run.status.is_over
