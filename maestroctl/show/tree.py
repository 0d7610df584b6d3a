"""A task tree as text, with a sign and a word for every status, so that no information depends on colour."""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence

from maestroctl.output import safe
from maestroctl.show.progress import counts, percent
from maestrod.api.task import Task, TaskStatus

#: A sign per status; each is one cell wide in every font.
GLYPHS: Mapping[TaskStatus, str] = {
    TaskStatus.PENDING: "·",
    TaskStatus.BLOCKED: "○",
    TaskStatus.IN_PROGRESS: "▶",
    TaskStatus.COMPLETED: "✔",
    TaskStatus.FAILED: "✘",
    TaskStatus.SKIPPED: "»",
    TaskStatus.CANCELLED: "■",
}

#: The sign of a status that this version does not know.
UNKNOWN = "•"


def glyph(status: TaskStatus) -> str:
    """The sign of a status."""
    return GLYPHS.get(status, UNKNOWN)


def word(status: enum.Enum) -> str:
    """The text of a status, also of one that this version does not know."""
    return safe(str(status.value)).replace("_", " ")


def tree_lines(tasks: Sequence[Task]) -> list[str]:
    """A line per task, parents before children, drawn with branches."""
    return [f"{branch}{task_line(task)}" for branch, task in walk(tasks)]


def task_line(task: Task) -> str:
    """Sign, title, status, and progress while there is any."""
    progress = f" {percent(task.progress)}" if task.status is TaskStatus.IN_PROGRESS and task.progress else ""
    counted = f"  {counts(task)}" if task.leaves is not None else ""
    attempt = f", attempt {task.attempt}" if task.attempt > 1 else ""
    return f"{glyph(task.status)} {safe(task.title)}  [{word(task.status)}{progress}{attempt}]{counted}"


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
