"""Stopping a session and seeing it gone, and reading its timeline."""

from maestrod.api.event import TimelinePage, TimelineQuery
from maestrod.api.session import SESSION_STOP, SESSION_TIMELINE, Session, SessionStop, StopResult, Terminal
from maestrod.core.values.command import Command
from maestrod.core.world.lookup import found, named_session
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements


@implements(SESSION_STOP)
async def stop(context: Context, params: SessionStop) -> StopResult:
    """The engine notes that the end is wanted, and who wants it; then the ladder takes the whole tree."""
    session: Session = await context.services.engine.submit(Command(SESSION_STOP.name, params, context.actor))
    if session.terminal is Terminal.EXTERNAL:
        return StopResult(session_id=session.id, left=0)
    return await context.services.terminals.stop(session.id)


@implements(SESSION_TIMELINE)
async def timeline(context: Context, params: TimelineQuery) -> TimelinePage:
    """A page of the timeline of a session or of a task, with all that happened before the call."""
    await context.services.engine.settle()
    world = context.world
    session_id = named_session(params.session_id) if params.task_id is None else params.session_id
    if session_id is not None:
        found(world.sessions, "session", session_id)
    if params.task_id is not None:
        found(world.tasks, "task", params.task_id)
    return context.services.store.timeline(
        session_id, params.task_id, params.cursor, backward=params.backward, limit=params.limit
    )
