"""Explains a session's state: the evidence, newest first, and the same in sentences.

The evidence is everything that a status may rest on, each with its source and time: the last change of the status, the turn as
the agent reports it, its last sign of life, a usage limit, its open questions, and the state of its tasks. ``sign_rules.py``
says which of two contradicting signs counts; only evidence that counts is shown here.
"""

from collections.abc import Iterator

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.reason import Reason, Source
from maestrod.api.session import Session, SessionRef, SessionStatus, Terminal, Why
from maestrod.api.task import Task, TaskStatus
from maestrod.api.turn import RunningTurn, Turn
from maestrod.core.values.command import Actor
from maestrod.core.world.lookup import named_session, open_questions, require
from maestrod.core.world.world import World

#: Who stopped a session, by the source of the reason.
_STOPPED_BY = {
    Source.TIMER: "the daemon stopped it because one of its tasks timed out",
    Source.USER: "a user stopped it",
    Source.REPORT: "an agent stopped it",
    Source.RECOVERY: "the daemon stopped it when it stopped itself",
}


def why(world: World, params: SessionRef, actor: Actor) -> Why:
    """The answer of ``session.why``."""
    session = require(world.sessions, "session", named_session(params.session_id))
    tasks = [world.tasks[id_] for id_ in session.task_ids if id_ in world.tasks]
    reasons = [session.status_reason, *(task.status_reason for task in tasks), *_signs(world, session)]
    evidence = sorted((reason for reason in reasons if reason is not None), key=lambda reason: -reason.at)
    return Why(session=session, evidence=tuple(evidence), explanation=tuple(_explain(world, session, tasks)))


def _signs(world: World, session: Session) -> Iterator[Reason]:
    """The evidence of a status besides its own reason."""
    turn, wait = session.turn, session.wait
    if turn is not None:
        yield _of_turn(turn)
    if wait is not None:
        told_by = turn.source if turn is not None else Source.TIMER
        yield Reason(source=told_by, code="limit", detail=wait.detail or wait.kind, at=wait.since)
    for question in _needing_user(world, session):
        detail = f"{question.kind.value}: {question.message}"
        yield Reason(source=_source(question), code="asks", detail=detail, at=question.opened_at)
    if session.last_activity and not session.status.is_over:
        yield Reason(source=Source.PROCESS, code="heard", detail="the last sign of life", at=session.last_activity)


def _of_turn(turn: Turn) -> Reason:
    if isinstance(turn, RunningTurn):
        return Reason(source=turn.source, code="turn_runs", detail=turn.doing, at=turn.since)
    detail = ": ".join(filter(None, (turn.outcome.value, turn.code, turn.detail)))
    return Reason(source=turn.source, code="turn_ended", detail=detail, at=turn.since)


def _needing_user(world: World, session: Session) -> tuple[Attention, ...]:
    """The questions that need the user. A wait that ends by itself does not."""
    questions = open_questions(world, (session.id,))
    return tuple(each for each in questions if each.kind is not AttentionKind.LIMIT or each.deadline is not None)


def _source(question: Attention) -> Source:
    """The source of a question."""
    if question.kind in {AttentionKind.STALLED, AttentionKind.LIMIT}:
        return Source.TIMER
    if question.kind is AttentionKind.PERMISSION:
        return Source.STREAM if question.on_stream else Source.HOOK
    return Source.REPORT


def _explain(world: World, session: Session, tasks: list[Task]) -> Iterator[str]:
    held = None if session.status.is_over else _held(world, session)
    if held is not None:
        cause, resume = held
        yield f"{session.name} is paused: {cause}"
        yield f"to resume: maestroctl {resume}"
        yield f"its status is {session.status.value}: {_meaning(session)}"
    else:
        yield f"{session.name} is {session.status.value}: {_meaning(session)}"
    if session.status_reason is not None:
        yield _told(session.status_reason)
    if session.exit is not None:
        yield _ending(session)
    if session.stopping:
        yield "it is being stopped, and its processes are exiting"
    yield from _doing(session)
    for question in _needing_user(world, session):
        yield f"it waits for a person ({question.kind.value}): {question.message}"
    for kept in session.standing:
        yield f"a person has answered {kept.value} for every identical request of this session: {kept.message}"
    queued = len(world.open_messages.get(session.id, ()))
    if queued and not (session.turn is not None and session.turn.running):
        yield f"{queued} message{'s wait' if queued > 1 else ' waits'} for it"
    if session.terminal is Terminal.EXTERNAL and not session.status.is_over:
        yield "it was started by hand: the daemon follows its reports but does not control its processes"
    for task in tasks:
        if task.status is not TaskStatus.COMPLETED:
            cause = f": {_told(task.status_reason)}" if task.status_reason is not None else ""
            yield f"task {task.title!r} is {task.status.value}{cause}"


def _held(world: World, session: Session) -> tuple[str, str] | None:
    """What pauses a session, and the command that ends it: a freeze of everything, its run, or a pause of its own."""
    run = world.runs.get(session.run_id or "")
    if world.system.frozen:
        return "everything is frozen", "thaw"
    if run is not None and run.paused:
        return "its run is paused", f"resume {run.id}"
    if session.paused:
        return "its processes are stopped by SIGSTOP until it is resumed", f"resume {session.id}"
    return None


def _meaning(session: Session) -> str:
    reason = session.status_reason
    if session.status is SessionStatus.STOPPED and reason is not None:
        return _STOPPED_BY.get(reason.source, session.status.meaning)
    return session.status.meaning


def _doing(session: Session) -> Iterator[str]:
    """Sentences about its turn as the agent reports it, a usage limit, and whether it may exit."""
    turn, wait = session.turn, session.wait
    if isinstance(turn, RunningTurn):
        yield f"its agent is working on a prompt, according to the {turn.source.value}" + (
            f": {turn.doing}" if turn.doing else ""
        )
    elif turn is not None:
        detail = ": ".join(filter(None, (turn.code, turn.detail)))
        yield f"its agent's last turn ended: {turn.outcome.value}" + (f" ({detail})" if detail else "")
    if turn is not None and turn.background:
        yield f"{turn.background} background tasks of that turn still run, so it is not idle"
    if wait is not None:
        end = "; its end is unknown, so it retries" if wait.guessed else ""
        over = "the limit has ended, and it waits for a free slot" if wait.due else f"it resumes by itself{end}"
        yield f"it waits for a usage limit of {session.agent} ({wait.detail or wait.kind}): {over}"
        if session.process is None:
            yield "its process has ended: the conversation resumes in a new one"
    if session.finishing:
        yield "all its tasks are done, and its agent may exit"


def _told(reason: Reason) -> str:
    by = f" by {reason.by}" if reason.by is not None else ""
    detail = f" ({reason.detail})" if reason.detail else ""
    return f"{reason.code}, according to the {reason.source.value}{by}{detail}"


def _ending(session: Session) -> str:
    ended = session.exit
    if ended is None:
        return ""
    if ended.signal is not None:
        how = f"was ended by {ended.signal_name}"
    elif ended.code is not None:
        how = f"exited with code {ended.code}"
    else:
        how = "ended, but its exit code was not recorded"
    return f"its process {how}" + (f": {ended.detail or ended.reason}" if ended.detail or ended.reason else "")
