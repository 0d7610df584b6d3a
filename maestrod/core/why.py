"""Why a session is in the state it is in: the evidence, newest first, and the same in sentences."""

from collections.abc import Iterator

from maestrod.api.reason import Reason
from maestrod.api.session import Session, SessionRef, SessionStatus, Terminal, Why
from maestrod.api.task import Task, TaskStatus
from maestrod.core.command import Actor
from maestrod.core.lookup import found, named_session, open_questions
from maestrod.core.session_index import has_ended
from maestrod.core.world import World

_MEANING = {
    SessionStatus.SPAWNING: "it was started and has not shown a sign of life yet",
    SessionStatus.IDLE: "its agent is up and works on no task at the moment",
    SessionStatus.WORKING: "one of its tasks is in progress",
    SessionStatus.COMPLETED: "its agent ended and what it had to do is done",
    SessionStatus.FAILED: "its agent ended, or never came up, without doing what it had to do",
    SessionStatus.STOPPED: "somebody stopped it",
}


def why(world: World, params: SessionRef, actor: Actor) -> Why:
    """The answer of ``session.why``."""
    session = found(world.sessions, "session", named_session(params.session_id))
    tasks = [world.tasks[id_] for id_ in session.task_ids if id_ in world.tasks]
    reasons = [session.status_reason, *(task.status_reason for task in tasks)]
    evidence = sorted((reason for reason in reasons if reason is not None), key=lambda reason: -reason.at)
    return Why(session=session, evidence=tuple(evidence), explanation=tuple(_explain(world, session, tasks)))


def _explain(world: World, session: Session, tasks: list[Task]) -> Iterator[str]:
    yield f"{session.name} is {session.status.value}: {_MEANING[session.status]}"
    if session.status_reason is not None:
        yield _told(session.status_reason)
    if session.exit is not None:
        yield _ending(session)
    if session.stopping:
        yield "it was told to stop, and its processes are on their way out"
    if session.paused:
        yield "it is paused: its processes are stopped by SIGSTOP until it is resumed"
    for question in open_questions(world, (session.id,)):
        yield f"it waits for a person ({question.kind.value}): {question.message}"
    if session.terminal is Terminal.EXTERNAL and not has_ended(session):
        yield "it was started by hand: the daemon follows what it reports and does not hold its processes"
    for task in tasks:
        if task.status is not TaskStatus.COMPLETED:
            cause = f": {_told(task.status_reason)}" if task.status_reason is not None else ""
            yield f"task {task.title!r} is {task.status.value}{cause}"


def _told(reason: Reason) -> str:
    by = f" by {reason.by}" if reason.by is not None else ""
    detail = f" ({reason.detail})" if reason.detail else ""
    return f"{reason.code}, known from {reason.source.value}{by}{detail}"


def _ending(session: Session) -> str:
    ended = session.exit
    if ended is None:
        return ""
    if ended.signal is not None:
        how = f"was ended by signal {ended.signal}"
    elif ended.code is not None:
        how = f"exited with code {ended.code}"
    else:
        how = "ended in a way nobody saw"
    return f"its process {how}" + (f": {ended.detail or ended.reason}" if ended.detail or ended.reason else "")
