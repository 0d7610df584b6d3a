"""A task tree as text, with a sign and a word for every status, so that no information depends on colour."""

import enum
from collections.abc import Iterable, Iterator, Sequence

from maestroctl.output import safe
from maestroctl.show.progress import counts, percent
from maestrod.api.task import Task


def status_text(status: enum.Enum) -> str:
    """The text of a status, also of one that this version does not know."""
    return safe(str(status.value)).replace("_", " ")


def tree_lines(tasks: Sequence[Task]) -> list[str]:
    """A line per task, parents before children, drawn with branches."""
    return [f"{branch}{task_line(task)}" for branch, task in walk(tasks)]


def task_line(task: Task) -> str:
    """Sign, title, status, and progress while there is any."""
    progress = f" {percent(task.progress)}" if task.status.is_active and task.progress else ""
    counted = f"  {counts(task)}" if task.leaves is not None else ""
    attempt = f", attempt {task.attempt}" if task.attempt > 1 else ""
    return f"{task.status.look.sign} {safe(task.title)}  [{status_text(task.status)}{progress}{attempt}]{counted}"


def walk(tasks: Iterable[Task]) -> Iterator[tuple[str, Task]]:
    """The tasks with the branches to draw before them; tasks whose parent is not included are roots."""
    known = {task.id: task for task in tasks}
    children: dict[str | None, list[Task]] = {}
    for task in known.values():
        parent = task.parent_id if task.parent_id in known else None
        children.setdefault(parent, []).append(task)
    pending = [("", "", task) for task in reversed(children.get(None, []))]
    while pending:  # no recursion: a tree may be deeper than Python's stack
        branch, margin, task = pending.pop()
        yield branch, task
        below = children.get(task.id, [])
        last = len(below) - 1
        entries = [
            (margin + ("└─ " if index == last else "├─ "), margin + ("   " if index == last else "│  "), child)
            for index, child in enumerate(below)
        ]
        pending += reversed(entries)
