"""How a task stands for its dependents, and which of its members affect its parent."""

import enum

from maestrod.api.task import Task
from maestrod.core.world.task_index import DOOM, bucket


class Standing(enum.Enum):
    """For a dependent, a task is open, done, or failed for good (until it is retried)."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


def standing(task: Task) -> Standing:
    """The task's standing. A task that depends on one that failed for good has failed too."""
    if task.status.is_done:
        return Standing.DONE
    return Standing.FAILED if task.status.is_over or bucket(task) == DOOM else Standing.OPEN


def footprint(task: Task) -> tuple[object, ...]:
    """The members that decide how a task stands. Its progress matters to its parent only."""
    return (bucket(task), task.dependencies, task.on_dependency_failure, task.parent_id)
