"""Finds where a failure began: a parent fails because of its subtasks, and a user wants to see the subtask that failed first."""

from maestrod.api.task import Failure, Task
from maestrod.core.world.world import World

#: Maximum characters of an error kept with a run (its end, which has the last lines of output), and of its first line.
_ERROR = 4_000
_LINE = 300


def failed_leaf(world: World, task: Task) -> Task:
    """The leaf at or below a failed task that failed first."""
    while task.id in world.by_task.children:
        below = (world.tasks[task_id] for task_id in world.by_task.children[task.id])
        failed = [child for child in below if child.status.is_failed]
        if not failed:
            break
        task = min(failed, key=lambda child: (child.completed_at or 0, child.id))
    return task


def failure_of(world: World, root: Task) -> Failure | None:
    """Why a tree failed; None if its root has not failed."""
    if not root.status.is_failed:
        return None
    leaf = failed_leaf(world, root)
    leaves = world.by_task.leaves(root.id)
    return Failure(
        task_id=leaf.id,
        title=leaf.title,
        error=_end_of(error_of(leaf)),
        session_id=session_of(leaf),
        attempt=leaf.attempt,
        failed=max(leaves.failed, 1) if leaves is not None else 1,
    )


def one_line(leaf: Task) -> str:
    """One line with the failed task and the reason."""
    error = error_of(leaf).strip().partition("\n")[0][:_LINE]
    return f"task {leaf.title!r} failed" + (f": {error}" if error else "")


def error_of(leaf: Task) -> str:
    """Why a task failed; empty if unknown."""
    error = leaf.result.error if leaf.result is not None else None
    return error or (leaf.status_reason.detail if leaf.status_reason is not None else "")


def session_of(leaf: Task) -> str | None:
    """The session in which a task failed: that of its last attempt. Sessions linked to the task later took no part in the
    failure.
    """
    return next((attempt.session_id for attempt in reversed(leaf.attempts) if attempt.session_id is not None), None)


def _end_of(error: str) -> str:
    return error if len(error) <= _ERROR else f"…{error[-_ERROR:]}"
