"""The rules of the daemon's own findings: an agent started, ended, could not start or is lost; a deadline passed."""

from collections.abc import Callable, Mapping

from maestrod.api.event import TimelineType
from maestrod.api.life import Stopping
from maestrod.api.process import Exit
from maestrod.api.reason import Source
from maestrod.api.session import Session, SessionStatus, Terminal
from maestrod.api.task import Task
from maestrod.core.session import answer_rules, ended_processes, limit_rules, message, sign_rules, stall_rules, turns
from maestrod.core.session.session import end
from maestrod.core.values.deadline import DeadlineKind
from maestrod.core.values.effects import Stop
from maestrod.core.values.facts import (
    DaemonStarted,
    Draining,
    Exited,
    Judgement,
    Launched,
    LaunchFailed,
    Lost,
    NotDelivered,
    StoppingSessions,
    Woke,
)
from maestrod.core.values.lifecycle import SessionEvent
from maestrod.core.values.reasons import DAEMON_STOP
from maestrod.core.values.signs import TurnEnded
from maestrod.core.work import reports
from maestrod.core.work.stop import stop_session
from maestrod.core.world.draft import Draft
from maestrod.core.world.task_index import READY, bucket

#: How long (ms) a unit waits if the machine was short of a resource that its session needed.
SHORTAGE_WAIT_MS = 5_000

_ENDS = {
    Judgement.COMPLETED: SessionEvent.COMPLETE,
    Judgement.FAILED: SessionEvent.FAIL,
    Judgement.STOPPED: SessionEvent.STOP,
}


def _current(draft: Draft, session_id: str, attempt: int) -> Session | None:
    """The live session and attempt that a fact is about. Facts about others change nothing."""
    session = draft.world.sessions.get(session_id)
    if session is None or session.attempt != attempt or session.status.is_over:
        return None
    return session


def _ended_as_wanted(draft: Draft, session: Session, exit_: Exit) -> bool:
    """End a session that was being stopped, with the reason of the stop, which decides what happens to its work."""
    if not isinstance(session.ending, Stopping):
        return False
    end(draft, session, SessionEvent.STOP, session.ending.reason, exit_)
    return True


def launched(draft: Draft, fact: Launched) -> None:
    """The agent's process has started."""
    session = _current(draft, fact.session_id, fact.attempt)
    if session is not None:
        draft.change(session, process=fact.process)
        if fact.warning:
            draft.timeline(TimelineType.ERROR, fact.warning, session_id=session.id, source=Source.PROCESS)
        draft.at_turn[session.id] = None


def launch_failed(draft: Draft, fact: LaunchFailed) -> None:
    """The agent could not be started. If the machine was short of a resource, the work waits and loses no attempt."""
    session = _current(draft, fact.session_id, fact.attempt)
    exit_ = Exit(reason="failed_to_start", detail=fact.message, at=draft.now)
    if session is None or _ended_as_wanted(draft, session, exit_):
        return
    if fact.retryable:
        for task_id in session.task_ids:
            waiting = draft.world.tasks.get(task_id)
            if waiting is not None and task_id not in draft.world.by_task.children and bucket(waiting) == READY:
                draft.change(waiting, not_before=draft.now + SHORTAGE_WAIT_MS)
    reason = draft.reason(Source.PROCESS, "failed_to_start", f"{fact.code}: {fact.message}")
    end(draft, session, SessionEvent.FAIL, reason, exit_)


def exited(draft: Draft, fact: Exited) -> None:
    """The agent's process ended. If it was being stopped, the session is stopped; otherwise the adapter's judgement counts."""
    session = _current(draft, fact.session_id, fact.attempt)
    if session is None:
        return
    ended_processes.record(draft, session, fact.ended_along)
    if _ended_as_wanted(draft, session, fact.exit):
        return
    if session.finishing:
        end(
            draft, session, SessionEvent.COMPLETE, draft.reason(Source.PROCESS, "finished", _told(fact.exit)), fact.exit
        )
        return
    if _sits_out(draft, session, _told(fact.exit)):
        return
    if fact.judgement is Judgement.COMPLETED and turns.continue_after(draft, session, fact.exit):
        return
    session = _current(draft, fact.session_id, fact.attempt)
    if session is None:  # it failed because of what its agent left open
        return
    detail = _told(fact.exit)
    if session.status is SessionStatus.SPAWNING:
        detail = f"{detail} before any sign of life"
    if fact.tail and (fact.judgement is Judgement.FAILED or session.status is SessionStatus.SPAWNING):
        detail = f"{detail}; last output: {fact.tail[-1000:]}"
    end(
        draft,
        session,
        _ENDS[fact.judgement],
        draft.reason(Source.PROCESS, fact.exit.reason or "exited", detail),
        fact.exit,
    )


def _sits_out(draft: Draft, session: Session, detail: str) -> bool:
    """Whether a session outlives its process because it waits for the end of a usage limit."""
    if session.wait is None or session.terminal is Terminal.EXTERNAL:
        return False
    limit_rules.process_ended(draft, session, detail)
    return True


def _told(exit_: Exit) -> str:
    if exit_.signal is not None:
        return f"ended by {exit_.signal_name}"
    if exit_.code is not None:
        return f"exit code {exit_.code}"
    return exit_.detail or exit_.reason


def lost(draft: Draft, fact: Lost) -> None:
    """The process is gone, and its end was not recorded."""
    session = _current(draft, fact.session_id, fact.attempt)
    if session is None:
        return
    ended_processes.record(draft, session, fact.ended_along)
    exit_ = Exit(reason="lost", detail=fact.detail, at=draft.now)
    if not session.stopping and _sits_out(draft, session, fact.detail):
        return
    if not _ended_as_wanted(draft, session, exit_):
        end(draft, session, SessionEvent.FAIL, draft.reason(Source.RECOVERY, "lost", fact.detail), exit_)


def woke(draft: Draft, fact: Woke) -> None:
    """A deadline has passed. It is ignored if it no longer exists."""
    if fact.deadline in draft.world.deadlines:
        PASSED[fact.deadline.kind](draft, fact.deadline.id)


def _silent(draft: Draft, session: Session) -> None:
    _end_turn(draft, session, stall_rules.silent(draft, session), Source.TIMER)


def _quiet(draft: Draft, session: Session) -> None:
    _end_turn(draft, session, stall_rules.quiet(draft, session), Source.SCREEN)


def _end_turn(draft: Draft, session: Session, ended: TurnEnded | None, source: Source) -> None:
    """End a turn whose end the agent did not report, if a check found that it has ended."""
    if ended is not None:
        sign_rules.take(draft, session.id, (ended,), sign_rules.Provenance(source, draft.now))


def _not_registered(draft: Draft, session: Session) -> None:
    """Fail a session without a sign of life in time, and stop its processes."""
    reason = draft.reason(Source.TIMER, "not_registered", "the agent gave no sign of life in time")
    draft.timeline(TimelineType.ERROR, reason.detail, session_id=session.id, source=Source.TIMER)
    end(draft, session, SessionEvent.FAIL, reason, None)
    draft.effect(Stop(session.id, session.attempt))


def _of_task(rule: Callable[[Draft, Task], object]) -> Callable[[Draft, str], object]:
    return lambda draft, id_: rule(draft, draft.task(id_))


def _of_session(rule: Callable[[Draft, Session], object]) -> Callable[[Draft, str], object]:
    return lambda draft, id_: rule(draft, draft.session(id_))


#: The rule of a passed deadline, by kind; it takes the entity's id.
PASSED: Mapping[DeadlineKind, Callable[[Draft, str], object]] = {
    DeadlineKind.RETRY: _of_task(lambda draft, task: draft.change(task, not_before=None)),
    DeadlineKind.TIMEOUT: _of_task(reports.time_out),
    DeadlineKind.REGISTER: _of_session(_not_registered),
    DeadlineKind.FINISH: _of_session(turns.overdue),
    DeadlineKind.WAKE: _of_session(limit_rules.due),
    DeadlineKind.STALL: _of_session(_silent),
    DeadlineKind.QUIET: _of_session(_quiet),
    DeadlineKind.ANSWER: answer_rules.time_out,
    DeadlineKind.LIMIT: limit_rules.lift,
}


def daemon_started(draft: Draft, fact: DaemonStarted) -> None:
    """Change nothing. The scheduling that follows every decision starts the work that the last daemon gave back."""


def draining(draft: Draft, fact: Draining) -> None:
    """Start no more sessions."""
    draft.drain()


def stopping_sessions(draft: Draft, fact: StoppingSessions) -> None:
    """Stop all sessions because the daemon stops. The next daemon starts their work again."""
    reason = draft.reason(Source.RECOVERY, DAEMON_STOP, "the daemon is stopping")
    for session_id in sorted(draft.world.by_session.live):
        stop_session(draft, draft.session(session_id), reason)


def not_delivered(draft: Draft, fact: NotDelivered) -> None:
    """Queue a message again that could not be written to its agent at all."""
    session = _current(draft, fact.session_id, fact.attempt)
    if session is not None:
        message.not_delivered(draft, fact.message_id, fact.detail)
        draft.at_turn[session.id] = None
