"""What the status of a task means to everything around it: parents, dependents, queues, clocks, views.

New statuses may be added, but no categories, so the tables of other modules use categories.
"""

import enum


class TaskCategory(enum.Enum):
    """The category of a status. A parent gets the first status of its children's combined category."""

    OPEN = "open"
    BLOCKED = "blocked"
    ACTIVE = "active"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  #: a status of a newer daemon

    @property
    def is_done(self) -> bool:
        """Whether the task is completed or skipped, so that its dependents can start."""
        return self in {TaskCategory.COMPLETED, TaskCategory.SKIPPED}

    @property
    def is_retried(self) -> bool:
        """Whether a retry of a whole tree retries the task."""
        return self in {TaskCategory.SKIPPED, TaskCategory.FAILED, TaskCategory.CANCELLED}

    @property
    def is_over(self) -> bool:
        """Whether the task has ended. It can be retried, unless it is completed."""
        return self.is_done or self.is_retried
