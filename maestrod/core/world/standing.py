"""What a task is to those that wait for it, and what of it matters to its parent."""

import enum

from maestrod.api.task import Task
from maestrod.core.world.task_index import DOOM, bucket


class Standing(enum.Enum):
    """To a dependent, a task is still open, done, or failed for good (until somebody retries it)."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


def standing(task: Task) -> Standing:
    """The task's standing; one that waits for something that failed for good has failed too."""
    if task.status.is_done:
        return Standing.DONE
    return Standing.FAILED if task.status.is_over or bucket(task) == DOOM else Standing.OPEN


def footprint(task: Task) -> tuple[object, ...]:
    """What of a task decides how it stands; its progress besides matters to its parent only."""
    return (bucket(task), task.dependencies, task.on_dependency_failure, task.parent_id)
