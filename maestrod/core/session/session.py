"""A session among other entities: what its changes mean for its tasks, its queue, its messages and its parent.

``lifecycle.py`` describes the state machines of a session. This file does not know how processes are held.
"""

from typing import Any

from maestrod.api.event import TimelineType
from maestrod.api.process import Exit
from maestrod.api.reason import Reason, Source
from maestrod.api.run import RunStatus
from maestrod.api.session import Role, Session, SessionStatus
from maestrod.api.task import Task, TaskStatus
from maestrod.core.session import attention, message
from maestrod.core.values.lifecycle import Data, SessionEvent, moved
from maestrod.core.values.reasons import CANCELLED, DAEMON_STOP, TIMED_OUT
from maestrod.core.work import queue, task
from maestrod.core.world.draft import Draft
from maestrod.core.world.task_index import READY, bucket

#: Resolution (ms) of ``lastActivity``, because each change of it costs an event.
ACTIVITY_GRAIN_MS = 1000


def move(draft: Draft, session: Session, event: SessionEvent, reason: Reason | None = None, **data: Any) -> Session:
    """Apply an event to a live session; use ``end`` for events that end it. ``data`` is for the states that the event enters."""
    after = moved(session, event, draft.now, Data(reason=reason, **data))
    return touch(draft, session) if after is session else draft.put(after)


def touch(draft: Draft, session: Session) -> Session:
    """Record a sign of life."""
    if draft.now - session.last_activity < ACTIVITY_GRAIN_MS or session.status.is_over:
        return session
    return draft.change(session, last_activity=draft.now)


def follow_tasks(draft: Draft, session_id: str | None) -> None:
    """Set a session to working while one of its tasks is in progress, and to idle otherwise."""
    session = draft.world.sessions.get(session_id or "")
    if session is None or session.status.is_over:
        return
    draft.at_turn[session.id] = None
    if session.nudges and session.role is Role.WORKER:
        session = draft.change(session, nudges=0)  # it made progress
    if session.turn is not None and session.turn.attempt == session.attempt:
        return  # its agent reports itself whether it works
    tasks = draft.world.tasks
    busy = any(tasks[id_].status is TaskStatus.IN_PROGRESS for id_ in session.task_ids if id_ in tasks)
    event = SessionEvent.WORK if busy else SessionEvent.REST
    move(draft, session, event, draft.reason(Source.REPORT, event.value))


def end(draft: Draft, session: Session, event: SessionEvent, reason: Reason, exit_: Exit | None) -> Session:
    """End a session: settle its unfinished tasks, and close its questions, messages and queue."""
    ended = moved(session, event, draft.now, Data(reason=reason, exit=exit_))
    if ended is session:
        return session
    draft.put(ended)
    draft.timeline(
        TimelineType.SESSION_STOPPED,
        f"session {ended.status.value}: {reason.detail}",
        session_id=session.id,
        source=reason.source,
    )
    attention.close_all(draft, session.id)
    message.fail_open(draft, ended, reason.detail or reason.code)
    _settle_tasks(draft, ended, reason)
    queue.give_back(draft, session.id)
    message.report_to_parent(draft, ended, _news(draft, ended, reason))
    if ended.role is Role.ORCHESTRATOR and ended.run_id is not None:
        draft.planners_gone[ended.id] = None
    return ended


def _news(draft: Draft, ended: Session, reason: Reason) -> str:
    """The outcome of a session, for the orchestrator that started it."""
    rows = [f"- session {ended.name!r} ({ended.id}) {ended.status.value}: {reason.detail or reason.code}"]
    for task_id in ended.task_ids:
        left = draft.world.tasks.get(task_id)
        if left is not None:
            error = f": {left.result.error}" if left.result is not None and left.result.error else ""
            rows.append(f"  - task {left.title!r} ({left.id}) {left.status.value}{error}")
    return "\n".join(rows)


def _settle_tasks(draft: Draft, session: Session, reason: Reason) -> None:
    """Settle the unfinished tasks of an ended session. Started tasks fail this attempt, or are cancelled if a user stopped the
    session.

    Tasks that were not started lose no attempt and go to another session, unless this session achieved nothing at all.
    Otherwise an agent that dies at once would be started again indefinitely.
    """
    world = draft.world
    left = [world.tasks[id_] for id_ in session.task_ids if id_ in world.tasks and id_ not in world.by_task.children]
    mine = [leaf for leaf in left if _is_open(leaf) and not _in_other_hands(draft, session, leaf.id)]
    begun = {leaf.id for leaf in mine if leaf.status is TaskStatus.IN_PROGRESS}
    useless = not begun and not any(_moved_since(leaf, session) for leaf in left)
    for leaf in mine:
        if leaf.id in begun or useless or _by_will(session, reason):
            _settle_task(draft, session, leaf, reason)


def owned_leaves(draft: Draft, session: Session) -> list[Task]:
    """The tasks that a session does itself: those without subtasks on which no other live session works."""
    world = draft.world
    leaves = [world.tasks[id_] for id_ in session.task_ids if id_ in world.tasks and id_ not in world.by_task.children]
    return [leaf for leaf in leaves if not _in_other_hands(draft, session, leaf.id)]


def _is_open(left: Task) -> bool:
    return left.status is TaskStatus.IN_PROGRESS or bucket(left) == READY


def _moved_since(left: Task, session: Session) -> bool:
    """Whether a task, or an attempt at it, ended since the session began."""
    ended = (left.completed_at, left.attempts[-1].ended_at if left.attempts else None)
    return any(at is not None and at > session.created_at for at in ended)


def _by_will(session: Session, reason: Reason) -> bool:
    return session.status is SessionStatus.STOPPED and reason.code not in {TIMED_OUT, DAEMON_STOP, CANCELLED}


def _settle_task(draft: Draft, session: Session, left: Task, reason: Reason) -> None:
    if _by_will(session, reason) and not _awaits_approval(draft, session, left.id):
        task.cancel(draft, left, draft.reason(reason.source, "session_stopped", reason.detail, session.id))
    elif reason.code in {DAEMON_STOP, CANCELLED} or _awaits_approval(draft, session, left.id):
        if left.status is TaskStatus.IN_PROGRESS:
            task.release(draft, left, draft.reason(reason.source, reason.code, reason.detail, session.id))
    elif left.status is TaskStatus.IN_PROGRESS or session.status is not SessionStatus.STOPPED:
        how = "ended without completing it" if session.status is SessionStatus.COMPLETED else session.status.value
        error = f"{session.id} {how}: {reason.detail}"
        task.fail(draft, left, session.id, error, draft.reason(reason.source, reason.code, error[:500], session.id))


def _in_other_hands(draft: Draft, session: Session, task_id: str) -> bool:
    """Whether another live session works on the task."""
    return any(other != session.id for other in draft.world.by_session.live_of(task_id))


def _awaits_approval(draft: Draft, session: Session, task_id: str) -> bool:
    """Whether the session planned the task and its plan awaits approval, so that the session's work is done."""
    run = draft.world.runs.get(session.run_id or "")
    return run is not None and run.root_task_id == task_id and run.status is RunStatus.AWAITING_APPROVAL
