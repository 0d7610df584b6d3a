"""Reports of work that may arrive after a timeout.

A deadline that passed while the daemon could not listen is judged after an extra grace (``engine/timers.py``). A report that
arrives within the grace counts as in time, unless it says itself that its work was done after the deadline. Then the timeout
holds, as if the daemon had been running. Reports about an attempt that timed out are refused while its session is being stopped
for that.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from maestrod.api.errors import IllegalTransition
from maestrod.api.model.base import Params
from maestrod.api.queue import QueueItem
from maestrod.api.reason import Source
from maestrod.api.task import Task, TaskRef, TaskStatus
from maestrod.core.access.scope import task_for
from maestrod.core.values.command import Actor
from maestrod.core.values.reasons import TIMED_OUT
from maestrod.core.work import queue, task
from maestrod.core.work.happened import moment_of
from maestrod.core.work.stop import stop_session
from maestrod.core.world.draft import Draft

P = TypeVar("P", bound=Params)


def of_task(rule: Callable[[Draft, P, Actor], Task]) -> Callable[[Draft, P, Actor], Task]:
    """Wrap a rule that reports on a task. A report that is too late times the task out, and the reply is the resulting task."""

    def ruled(draft: Draft, params: P, actor: Actor) -> Task:
        named: Any = params
        target = task_for(draft, actor, named.task_id)
        _refuse_after_timeout(draft, target, actor)
        at = None if isinstance(params, TaskRef) else named.at
        if _is_too_late(draft, target, at):
            return time_out(draft, target)
        return rule(draft, params, actor)

    return ruled


def of_item(rule: Callable[[Draft, P, Actor], QueueItem]) -> Callable[[Draft, P, Actor], QueueItem]:
    """Wrap a rule that reports on a queue item. A report that is too late times the task out, and the reply is the resulting
    item.
    """

    def ruled(draft: Draft, params: P, actor: Actor) -> QueueItem:
        named: Any = params
        home, item = queue.item_for(draft, actor, named.session_id, named.task_id)
        if not _is_too_late(draft, draft.task(item.task_id), named.at):
            return rule(draft, params, actor)
        queue.follow_task(draft, home.session_id, time_out(draft, draft.task(item.task_id)))
        return queue.after(draft, home.id, item.task_id)

    return ruled


def time_out(draft: Draft, overdue: Task) -> Task:
    """Fail the attempt at a task that took too long, and stop its sessions."""
    detail = f"timed out after {overdue.timeout_ms} ms"
    sessions = draft.world.by_session.live_of(overdue.id)
    reason = draft.reason(Source.TIMER, TIMED_OUT, detail)
    failed = task.fail(draft, overdue, sessions[0] if sessions else None, detail, reason)
    for session_id in sessions:
        stop_reason = draft.reason(Source.TIMER, TIMED_OUT, f"{overdue.id} {detail}")
        stop_session(draft, draft.session(session_id), stop_reason)
    return failed


def _is_too_late(draft: Draft, target: Task, at: int | None) -> bool:
    if at is None or target.status is not TaskStatus.IN_PROGRESS or target.deadline is None:
        return False
    return moment_of(draft, at, target) > target.deadline


def _refuse_after_timeout(draft: Draft, target: Task, actor: Actor) -> None:
    session = draft.world.sessions.get(actor.session_id or "")
    if session is None or not session.stopping or not target.attempts or target.status is not TaskStatus.PENDING:
        return
    reason, last = session.status_reason, target.attempts[-1]
    if reason is not None and reason.code == TIMED_OUT and last.session_id == session.id:
        message = f"attempt {last.attempt} at {target.id} has ended: {last.error}"
        raise IllegalTransition("task.attempt_over", message, {"taskId": target.id})
