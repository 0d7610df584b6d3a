"""The state machine of a task.

A leaf changes through the reports of its session (start, complete, fail, skip, block), through its process (``lose``: the
session ended without reporting an outcome), through users (cancel, retry, skip) and through its dependencies (``rollup.py``). A
task with children changes through roll-up only. Every event here is refused for it, except cancel and retry, which apply to its
leaves. A failure with attempts left does not lead to ``failed``: the task is ``pending`` again, starts after its backoff at the
earliest, and keeps the attempt as history. This file knows nothing about processes, queues or time.
"""

import enum
from typing import Any

from maestrod.api.clock import Clock
from maestrod.api.errors import IllegalTransition
from maestrod.api.event import TimelineType
from maestrod.api.reason import Reason, Source
from maestrod.api.task import Attempt, Task, TaskResult, TaskStatus
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table
from maestrod.core.work.happened import noted
from maestrod.core.world.draft import Draft
from maestrod.core.world.task_index import DOOMED, WAITING

#: Maximum delay (ms) before a failed task is retried.
BACKOFF_LIMIT_MS = 600_000


class TaskEvent(enum.Enum):
    """What can happen to a leaf."""

    START = "start"
    PROGRESS = "progress"
    COMPLETE = "complete"
    FAIL = "fail"
    LOSE = "lose"
    SKIP = "skip"
    BLOCK = "block"
    CANCEL = "cancel"
    RETRY = "retry"


_S = TaskStatus
_E = TaskEvent

# fmt: off
TRANSITIONS: Table[TaskStatus, TaskEvent] = Table("task", {
    _S.PENDING: {
        _E.START: _S.IN_PROGRESS, _E.PROGRESS: _S.IN_PROGRESS, _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.LOSE: _S.FAILED,
        _E.SKIP: _S.SKIPPED, _E.BLOCK: _S.BLOCKED, _E.CANCEL: _S.CANCELLED, _E.RETRY: _S.PENDING,
    },
    _S.BLOCKED: {
        _E.START: _S.IN_PROGRESS, _E.PROGRESS: _S.IN_PROGRESS, _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.LOSE: IGNORE,
        _E.SKIP: _S.SKIPPED, _E.BLOCK: _S.BLOCKED, _E.CANCEL: _S.CANCELLED, _E.RETRY: _S.PENDING,
    },
    _S.IN_PROGRESS: {
        _E.START: IGNORE, _E.PROGRESS: IGNORE, _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.LOSE: _S.FAILED,
        _E.SKIP: _S.SKIPPED, _E.BLOCK: _S.BLOCKED, _E.CANCEL: _S.CANCELLED, _E.RETRY: ILLEGAL,
    },
    _S.COMPLETED: {
        _E.START: ILLEGAL, _E.PROGRESS: ILLEGAL, _E.COMPLETE: IGNORE, _E.FAIL: ILLEGAL, _E.LOSE: IGNORE,
        _E.SKIP: ILLEGAL, _E.BLOCK: ILLEGAL, _E.CANCEL: IGNORE, _E.RETRY: ILLEGAL,
    },
    _S.FAILED: {
        _E.START: ILLEGAL, _E.PROGRESS: ILLEGAL, _E.COMPLETE: ILLEGAL, _E.FAIL: IGNORE, _E.LOSE: IGNORE,
        _E.SKIP: _S.SKIPPED, _E.BLOCK: ILLEGAL, _E.CANCEL: IGNORE, _E.RETRY: _S.PENDING,
    },
    _S.SKIPPED: {
        _E.START: ILLEGAL, _E.PROGRESS: ILLEGAL, _E.COMPLETE: ILLEGAL, _E.FAIL: ILLEGAL, _E.LOSE: IGNORE,
        _E.SKIP: IGNORE, _E.BLOCK: ILLEGAL, _E.CANCEL: IGNORE, _E.RETRY: _S.PENDING,
    },
    _S.CANCELLED: {
        _E.START: ILLEGAL, _E.PROGRESS: ILLEGAL, _E.COMPLETE: ILLEGAL, _E.FAIL: ILLEGAL, _E.LOSE: IGNORE,
        _E.SKIP: ILLEGAL, _E.BLOCK: ILLEGAL, _E.CANCEL: IGNORE, _E.RETRY: _S.PENDING,
    },
})
# fmt: on

#: States that cannot be retried.
NOT_RETRIED = frozenset(status for status in TaskStatus if TRANSITIONS.cells[status][TaskEvent.RETRY] is ILLEGAL)

#: States in which a task may still wait for its dependencies.
_NOT_BEGUN = {TaskStatus.PENDING, TaskStatus.BLOCKED}

_NEEDS_DEPENDENCIES = {TaskEvent.START, TaskEvent.PROGRESS, TaskEvent.COMPLETE, TaskEvent.FAIL, TaskEvent.BLOCK}


def next_status(draft: Draft, task: Task, event: TaskEvent) -> TaskStatus | None:
    """The status of a leaf after ``event``, or None if it does not change. Raises ``IllegalTransition``."""
    if task.id in draft.world.by_task.children:
        raise IllegalTransition(
            "task.has_subtasks", f"{task.id} changes with its subtasks: {event.value} one of them", {"taskId": task.id}
        )
    if event in _NEEDS_DEPENDENCIES and task.status in _NOT_BEGUN:
        _refuse_waiting(draft, task)
    return TRANSITIONS.target(task.status, event)


def _refuse_waiting(draft: Draft, task: Task) -> None:
    """Raise ``IllegalTransition`` if the task, or a task above it, waits for its dependencies."""
    current: Task | None = task
    while current is not None:
        reason = current.status_reason
        if current.status is TaskStatus.BLOCKED and reason is not None and reason.code in {WAITING, DOOMED}:
            detail = {"taskId": task.id, "by": reason.by}
            raise IllegalTransition("task.waits", f"{current.id} is blocked: {reason.detail}", detail)
        current = draft.world.tasks.get(current.parent_id) if current.parent_id is not None else None


def start(draft: Draft, task: Task, session_id: str | None) -> Task:
    """Start a leaf."""
    status = next_status(draft, task, TaskEvent.START)
    return task if status is None else _begin(draft, task, session_id)


def _begin(draft: Draft, task: Task, session_id: str | None) -> Task:
    clock = Clock(deadline=draft.now + task.timeout_ms) if task.timeout_ms else None
    begun = draft.change(
        task,
        status=TaskStatus.IN_PROGRESS,
        status_reason=_reported(draft, session_id, "started"),
        started_at=draft.now,
        completed_at=None,
        not_before=None,
        clock=clock,
    )
    draft.timeline(TimelineType.TASK_STARTED, task.title, session_id=session_id, task_id=task.id)
    _take_in_hand(draft, task.id, session_id)
    return begun


def _take_in_hand(draft: Draft, task_id: str, session_id: str | None) -> None:
    """Link a task to the session that started it, unless a live session has it. Then the end of that session settles the task.

    This is how an orchestrator does a task of its tree itself.
    """
    session = draft.world.sessions.get(session_id or "")
    if session is not None and not draft.world.by_session.live_of(task_id):
        draft.change(session, task_ids=(*session.task_ids, task_id))


def progress(
    draft: Draft, task: Task, session_id: str | None, fraction: float | None, message: str, *, at: int | None = None
) -> Task:
    """Record progress of a leaf; a first report also starts it. ``at`` (here and below) is when it happened, if not now."""
    if next_status(draft, task, TaskEvent.PROGRESS) is not None:
        task = _begin(draft, task, session_id)
    if fraction is not None:
        task = draft.change(task, progress=float(fraction))
    metadata = noted(draft, at or draft.now) | ({} if fraction is None else {"progress": fraction})
    draft.timeline(TimelineType.PROGRESS, message, session_id=session_id, task_id=task.id, metadata=metadata)
    return task


def complete(draft: Draft, task: Task, session_id: str | None, summary: str, *, at: int | None = None) -> Task:
    """Complete a leaf."""
    if next_status(draft, task, TaskEvent.COMPLETE) is None:
        return task
    reason = _reported(draft, session_id, "completed")
    at = at or draft.now
    done = _finish(draft, task, TaskStatus.COMPLETED, reason, at, progress=1.0, result=TaskResult(summary=summary))
    draft.timeline(
        TimelineType.TASK_COMPLETED,
        summary or task.title,
        session_id=session_id,
        task_id=task.id,
        metadata=noted(draft, at),
    )
    return done


def fail(
    draft: Draft,
    task: Task,
    session_id: str | None,
    error: str,
    reason: Reason | None = None,
    *,
    final: bool = False,
    at: int | None = None,
) -> Task:
    """Fail the present attempt at a leaf. The next attempt waits for its backoff; without one, the task fails.

    Give ``reason`` if the failure was not reported, and ``final`` if a retry would be useless.
    """
    event = TaskEvent.FAIL if reason is None else TaskEvent.LOSE
    if next_status(draft, task, event) is None:
        return task
    reason = reason or _reported(draft, session_id, "failed", error)
    at = at or draft.now
    history = (*task.attempts, _attempt(task, session_id or _newest_session(draft, task), error, at))
    retry = task.attempt < task.max_attempts and not final
    draft.timeline(
        TimelineType.ERROR if retry else TimelineType.TASK_FAILED,
        error,
        session_id=session_id,
        task_id=task.id,
        source=reason.source,
        metadata={"attempt": task.attempt, "maxAttempts": task.max_attempts} | noted(draft, at),
    )
    if not retry:
        return _finish(draft, task, TaskStatus.FAILED, reason, at, attempts=history, result=TaskResult(error=error))
    wait = min(task.backoff_ms * 2 ** (task.attempt - 1), BACKOFF_LIMIT_MS)
    return draft.change(
        task,
        status=TaskStatus.PENDING,
        status_reason=draft.reason(reason.source, "retry", f"attempt {task.attempt} failed: {error}"[:500]),
        attempts=history,
        attempt=task.attempt + 1,
        progress=0.0,
        not_before=draft.now + wait,
        clock=None,
        started_at=None,
    )


def _newest_session(draft: Draft, task: Task) -> str | None:
    """The newest session of a leaf, if the failure was reported by someone else."""
    return next(reversed(draft.world.sessions_of(task.id)), None)


def _attempt(task: Task, session_id: str | None, error: str, at: int) -> Attempt:
    return Attempt(
        attempt=task.attempt,
        status=TaskStatus.FAILED,
        session_id=session_id,
        started_at=task.started_at,
        ended_at=at,
        error=error,
    )


def skip(draft: Draft, task: Task, session_id: str | None, why: str, *, at: int | None = None) -> Task:
    """Skip a leaf."""
    if next_status(draft, task, TaskEvent.SKIP) is None:
        return task
    at = at or draft.now
    skipped = _finish(draft, task, TaskStatus.SKIPPED, _reported(draft, session_id, "skipped", why), at)
    words = why or task.title
    draft.timeline(TimelineType.TASK_SKIPPED, words, session_id=session_id, task_id=task.id, metadata=noted(draft, at))
    return skipped


def block(draft: Draft, task: Task, session_id: str | None, why: str, by: str | None, *, at: int | None = None) -> Task:
    """Block a leaf, because its session or a user reports that it cannot continue."""
    next_status(draft, task, TaskEvent.BLOCK)
    source = Source.USER if session_id is None else Source.REPORT
    reason = draft.reason(source, "reported", why, by)
    blocked = draft.change(task, status=TaskStatus.BLOCKED, status_reason=reason, clock=None)
    metadata = noted(draft, at or draft.now) | ({"by": by} if by is not None else {})
    draft.timeline(TimelineType.TASK_BLOCKED, why, session_id=session_id, task_id=task.id, metadata=metadata)
    return blocked


def cancel(draft: Draft, task: Task, reason: Reason) -> Task:
    """Cancel a leaf."""
    if next_status(draft, task, TaskEvent.CANCEL) is None:
        return task
    return _finish(draft, task, TaskStatus.CANCELLED, reason, draft.now)


def retry(draft: Draft, task: Task, reason: Reason) -> Task:
    """Retry a leaf, with one attempt more than it has had."""
    if next_status(draft, task, TaskEvent.RETRY) is None:
        return task
    tried = len(task.attempts)
    return draft.change(
        task,
        status=TaskStatus.PENDING,
        status_reason=reason,
        attempt=tried + 1,
        max_attempts=max(task.max_attempts, tried + 1),
        progress=0.0,
        not_before=None,
        started_at=None,
        completed_at=None,
        result=None,
    )


def release(draft: Draft, task: Task, reason: Reason) -> Task:
    """Make a leaf startable again, as the same attempt, because its session ended through no fault of the task."""
    return draft.change(
        task,
        status=TaskStatus.PENDING,
        status_reason=reason,
        clock=None,
        started_at=None,
        progress=0.0,
    )


def _finish(draft: Draft, task: Task, status: TaskStatus, reason: Reason, at: int, **members: Any) -> Task:
    return draft.change(
        task,
        status=status,
        status_reason=reason,
        completed_at=at,
        not_before=None,
        clock=None,
        **members,
    )


def _reported(draft: Draft, session_id: str | None, code: str, detail: str = "") -> Reason:
    source = Source.USER if session_id is None else Source.REPORT
    return draft.reason(source, code, detail[:500], session_id)
