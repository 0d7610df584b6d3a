"""Says how a run or a task ended: the outcome, when, and which tasks failed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maestroctl.client.reading import taken
from maestroctl.output import safe
from maestroctl.show.progress import counts_of
from maestroctl.show.render import duration, when
from maestrod.api.run import RunStatus
from maestrod.api.task import TaskStatus
from maestrod.api.task_category import TaskCategory

Document = Mapping[str, Any]

_ENDED = frozenset(status.value for kind in (RunStatus, TaskStatus) for status in kind if status.is_over)

#: Outcomes that someone else decided; the others are verbs by themselves.
_PASSIVE = {TaskCategory.CANCELLED: "was cancelled", TaskCategory.SKIPPED: "was skipped"}

_NAMED = 10  # failed tasks


def has_ended(entity: Document) -> bool:
    """Whether a run or a task has its outcome."""
    return entity["status"] in _ENDED


def outcome(status: str) -> str:
    """``completed``, ``failed``, ``was cancelled``: the verb of a sentence. A run ends as its root does, in the same words."""
    return _PASSIVE.get(taken(status, TaskStatus).category, safe(status))


def summary(entity: Document, root: Document) -> Iterator[str]:
    """When a run or a task ended, how long it took, and how many tasks completed. ``root`` is the task itself, or the run's."""
    end, start = entity.get("completedAt"), entity.get("startedAt") or entity.get("createdAt")
    if end:
        yield f"  ended {when(end)}" + (f", after {duration(end - start)}" if start else "")
    leaves = root.get("leaves") or {}
    if leaves and leaves.get("completed") == leaves["total"] > 1:
        yield f"  all {leaves['total']} tasks completed"
    elif leaves:
        yield f"  {counts_of(root)}"


def also_failed(tasks: Sequence[Document], named: str | None) -> Iterator[str]:
    """The other tasks that failed, in the order in which they failed. ``named`` is the id of the one already shown."""
    parents = {task.get("parentId") for task in tasks}
    failed = [
        task for task in tasks if task["status"] == TaskStatus.FAILED.value and task["id"] not in {*parents, named}
    ]
    for task in sorted(failed, key=lambda task: task.get("completedAt") or 0)[:_NAMED]:
        yield f"  task {safe(task['title'])!r} failed: {safe(_error(task).splitlines()[0])}"
        yield f"    more: maestroctl why {task['id']}"
    if len(failed) > _NAMED:
        yield f"  {len(failed) - _NAMED} other tasks failed too"


def _error(task: Document) -> str:
    result, reason = task.get("result") or {}, task.get("statusReason") or {}
    return str(result.get("error") or reason.get("detail") or "no reason given").strip() or "no reason given"
