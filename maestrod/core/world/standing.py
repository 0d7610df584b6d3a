"""What a task is to those that wait for it, and what of it matters to its parent."""

import enum

from maestrod.api.task import Task, TaskStatus
from maestrod.core.world.task_index import DOOM, bucket


class Standing(enum.Enum):
    """To a dependent, a task is still open, done, or failed for good (until somebody retries it)."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


_STANDING = {
    TaskStatus.COMPLETED: Standing.DONE,
    TaskStatus.SKIPPED: Standing.DONE,
    TaskStatus.FAILED: Standing.FAILED,
    TaskStatus.CANCELLED: Standing.FAILED,
}


def standing(task: Task) -> Standing:
    """The task's standing; one that waits for something that failed for good has failed too."""
    if bucket(task) == DOOM:
        return Standing.FAILED
    return _STANDING.get(task.status, Standing.OPEN)


def is_finished(task: Task) -> bool:
    """Whether nothing more happens to a task unless somebody asks: completed, failed, skipped or cancelled."""
    return task.status in _STANDING


def footprint(task: Task) -> tuple[object, ...]:
    """What of a task decides how it stands; its progress besides matters to its parent only."""
    return (bucket(task), task.dependencies, task.on_dependency_failure, task.parent_id)
