"""How a session moves.

Theory. A session is one attempt of one agent. It is ``spawning`` from the decision to start it until its first sign of life
(registration, or its first report), then ``idle`` without and ``working`` with a task in progress. It ends once: as its
process ended by the adapter's verdict, or because it never came up, or was lost. States and the stop that was asked for are
separate things: ``stopping`` says that an end is wanted, the status says what is. External sessions move the same way; only
their end is told by a report instead of a process. This file does not know how processes are held.
"""

import enum

from maestrod.api.errors import IllegalTransition
from maestrod.api.event import TimelineType
from maestrod.api.reason import Reason, Source
from maestrod.api.run import RunStatus
from maestrod.api.session import Exit, Session, SessionStatus
from maestrod.api.task import Task, TaskStatus
from maestrod.core import attention, queue, task
from maestrod.core.draft import Draft
from maestrod.core.machines import IGNORE, ILLEGAL, Table
from maestrod.core.session_index import has_ended


class SessionEvent(enum.Enum):
    """What can happen to a session."""

    REGISTER = "register"
    WORK = "work"
    REST = "rest"
    COMPLETE = "complete"
    FAIL = "fail"
    STOP = "stop"


_S = SessionStatus
_E = SessionEvent

# fmt: off
TRANSITIONS: Table[SessionStatus, SessionEvent] = Table("session", {
    _S.SPAWNING: {
        _E.REGISTER: _S.IDLE, _E.WORK: _S.WORKING, _E.REST: IGNORE,
        _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.STOP: _S.STOPPED,
    },
    _S.IDLE: {
        _E.REGISTER: IGNORE, _E.WORK: _S.WORKING, _E.REST: IGNORE,
        _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.STOP: _S.STOPPED,
    },
    _S.WORKING: {
        _E.REGISTER: IGNORE, _E.WORK: IGNORE, _E.REST: _S.IDLE,
        _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.STOP: _S.STOPPED,
    },
    _S.COMPLETED: {
        _E.REGISTER: ILLEGAL, _E.WORK: ILLEGAL, _E.REST: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE,
    },
    _S.FAILED: {
        _E.REGISTER: ILLEGAL, _E.WORK: ILLEGAL, _E.REST: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE,
    },
    _S.STOPPED: {
        _E.REGISTER: ILLEGAL, _E.WORK: ILLEGAL, _E.REST: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE,
    },
})
# fmt: on

#: How fresh ``lastActivity`` is kept, in ms: a change of it costs an event.
ACTIVITY_GRAIN_MS = 1000


def alive(session: Session) -> Session:
    """The session, or ``IllegalTransition`` when it has ended."""
    if has_ended(session):
        raise IllegalTransition(
            "session.ended", f"{session.id} is {session.status.value}", {"status": session.status.value}
        )
    return session


def move(draft: Draft, session: Session, event: SessionEvent, reason: Reason) -> Session:
    """Take a live session where ``event`` leads; an end goes through ``end``."""
    status = TRANSITIONS.target(session.status, event)
    if status is None:
        return touch(draft, session)
    started = session.started_at or draft.now
    return draft.change(session, status=status, status_reason=reason, started_at=started, last_activity=draft.now)


def touch(draft: Draft, session: Session) -> Session:
    """Note that a session showed life."""
    if draft.now - session.last_activity < ACTIVITY_GRAIN_MS:
        return session
    return draft.change(session, last_activity=draft.now)


def follow_tasks(draft: Draft, session_id: str | None) -> None:
    """A session works while one of its tasks is in progress, and rests otherwise."""
    session = draft.world.sessions.get(session_id or "")
    if session is None or has_ended(session):
        return
    tasks = draft.world.tasks
    busy = any(tasks[id_].status is TaskStatus.IN_PROGRESS for id_ in session.task_ids if id_ in tasks)
    event = SessionEvent.WORK if busy else SessionEvent.REST
    move(draft, session, event, draft.reason(Source.REPORT, event.value))


def end(draft: Draft, session: Session, event: SessionEvent, reason: Reason, exit_: Exit | None) -> Session:
    """A session is over: what it left undone is settled, its questions are closed, its queue is closed."""
    status = TRANSITIONS.target(session.status, event)
    if status is None:
        return session
    ended = draft.change(
        session,
        status=status,
        status_reason=reason,
        exit=exit_,
        completed_at=draft.now,
        last_activity=draft.now,
        paused=False,
        stopping=False,
    )
    draft.timeline(
        TimelineType.SESSION_STOPPED,
        f"session {status.value}: {reason.detail}",
        session_id=session.id,
        source=reason.source,
    )
    attention.close_all(draft, session.id)
    queue.give_back(draft, session.id, reason.detail)
    _settle_tasks(draft, ended, reason)
    return ended


#: Reason codes of a stop after which the work goes on in another session.
TIMED_OUT = "timeout"
DAEMON_STOP = "daemon_stop"


def _settle_tasks(draft: Draft, session: Session, reason: Reason) -> None:
    """What a session was given and did not finish has failed this attempt; a session stopped by will cancels it."""
    for task_id in session.task_ids:
        left = draft.world.tasks.get(task_id)
        if left is None or task_id in draft.world.by_task.children or _in_other_hands(draft, session, task_id):
            continue
        started = left.status is TaskStatus.IN_PROGRESS
        if started or (left.status is TaskStatus.PENDING and left.not_before is None):
            _settle_task(draft, session, left, reason)


def _settle_task(draft: Draft, session: Session, left: Task, reason: Reason) -> None:
    started = left.status is TaskStatus.IN_PROGRESS
    if session.status is SessionStatus.STOPPED and reason.code not in {TIMED_OUT, DAEMON_STOP}:
        task.cancel(draft, left, draft.reason(reason.source, "session_stopped", reason.detail, session.id))
    elif reason.code == DAEMON_STOP:
        if started:
            task.release(draft, left, draft.reason(reason.source, reason.code, reason.detail, session.id))
    elif started or session.status is not SessionStatus.STOPPED:
        told = "ended without completing it" if session.status is SessionStatus.COMPLETED else session.status.value
        error = f"{session.id} {told}: {reason.detail}"
        task.fail(draft, left, session.id, error, draft.reason(reason.source, reason.code, error[:500], session.id))


def _in_other_hands(draft: Draft, session: Session, task_id: str) -> bool:
    """Whether another live session works on the task, or its plan waits for a person's yes."""
    world = draft.world
    if session.run_id is not None and world.runs[session.run_id].status is RunStatus.AWAITING_APPROVAL:
        return True
    return any(other != session.id and other in world.by_session.live for other in world.sessions_of(task_id))
