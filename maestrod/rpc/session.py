"""Stopping a session and waiting for its end, and reading its timeline."""

import trio

from maestrod.api.event import TimelinePage, TimelineQuery
from maestrod.api.session import SESSION_STOP, SESSION_TIMELINE, Session, SessionStop, StopResult, Terminal
from maestrod.core.values.command import Command
from maestrod.core.world.lookup import named_session, require
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements

#: Maximum seconds that a stop waits for the record of the end after all processes are gone.
RECORD_SECONDS = 5.0


@implements(SESSION_STOP)
async def stop(context: Context, params: SessionStop) -> StopResult:
    """Stop the session and its whole process tree. The answer is the result, once it is recorded."""
    with context.services.stops.report(params.session_id) as report:
        session: Session = await context.services.engine.submit(Command(SESSION_STOP.name, params, context.actor))
        if session.terminal is Terminal.EXTERNAL:
            return StopResult(session_id=session.id, left=0)
        result = await report()
    if not result.left:
        await _recorded(context, session.id)
    return result


async def _recorded(context: Context, session_id: str) -> None:
    """Return when the end of a session is recorded, or after a time limit: a store without space records it much later."""
    with trio.move_on_after(RECORD_SECONDS):
        while session_id in context.world.by_session.live:
            await context.services.engine.bus.wait_for(lambda event: event.id == session_id)


@implements(SESSION_TIMELINE)
async def timeline(context: Context, params: TimelineQuery) -> TimelinePage:
    """A page of the timeline of a session or a task, with everything that happened before the call."""
    await context.services.engine.settle()
    world = context.world
    session_id = named_session(params.session_id) if params.task_id is None else params.session_id
    if session_id is not None:
        require(world.sessions, "session", session_id)
    if params.task_id is not None:
        require(world.tasks, "task", params.task_id)
    return context.services.store.timeline(
        session_id, params.task_id, params.cursor, backward=params.backward, limit=params.limit
    )
