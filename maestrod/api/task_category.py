"""What the status of a task means to everything around it: parents, dependents, queues, clocks, views.

Statuses may become more; categories do not, so tables of other modules are by category.
"""

import enum


class TaskCategory(enum.Enum):
    """What a status counts as. A parent has the first status of the category that its children add up to."""

    OPEN = "open"
    BLOCKED = "blocked"
    ACTIVE = "active"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  #: of a status that only a newer daemon has

    @property
    def is_done(self) -> bool:
        """Whether the task has ended and nobody misses anything: what depends on it can begin."""
        return self in {TaskCategory.COMPLETED, TaskCategory.SKIPPED}

    @property
    def is_retried(self) -> bool:
        """Whether a retry of its tree retries the task too."""
        return self in {TaskCategory.SKIPPED, TaskCategory.FAILED, TaskCategory.CANCELLED}

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to the task, unless a user retries it."""
        return self.is_done or self.is_retried
