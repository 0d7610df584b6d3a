"""A session's terminal: typing into it, reading its output, following it."""

import base64
from functools import partial

import msgspec
import trio

from maestrod.api.errors import IllegalTransition, MaestroError, NotAllowed, TimedOut
from maestrod.api.model.base import Done
from maestrod.api.session import (
    SESSION_ATTACH,
    SESSION_OUTPUT,
    SESSION_RESIZE,
    SESSION_SEND,
    SESSION_TAILS,
    Session,
    Terminal,
)
from maestrod.api.terminal import (
    Attachment,
    OutputPage,
    SessionAttach,
    SessionOutput,
    SessionResize,
    SessionSend,
    SessionTails,
    Tails,
)
from maestrod.api.text.plain_text import last_line
from maestrod.core.access.scope import check_actor, descends_from
from maestrod.core.world.lookup import require
from maestrod.core.world.world import World
from maestrod.rpc.context import ClientState, Context
from maestrod.rpc.handler import implements
from maestrod.rpc.waiting import deadline

#: Maximum bytes of output in one notification, and of unsent output before more is read from the log.
PIECE = 64 * 1024
UNSENT_LIMIT = 1024 * 1024

#: The last line of a session is searched within this many lines and bytes from the end.
_TAIL_LINES = 20
_TAIL_BYTES = 8192


@implements(SESSION_SEND)
async def send(context: Context, params: SessionSend) -> Done:
    """Type into the terminal."""
    session = _typeable(context, params.session_id)
    text = params.text + ("\r" if params.enter else "")
    await context.services.terminals.send(session.id, text.encode())
    return Done()


@implements(SESSION_RESIZE)
async def resize(context: Context, params: SessionResize) -> Done:
    """Set the terminal's size."""
    session = _typeable(context, params.session_id)
    await context.services.terminals.resize(session.id, params.columns, params.rows)
    return Done()


@implements(SESSION_OUTPUT)
async def output(context: Context, params: SessionOutput) -> OutputPage:
    """A part of the output log. With ``wait``, it waits until there is output after the offset, or the session has ended."""
    session = require(context.world.sessions, "session", params.session_id)
    terminals = context.services.terminals
    if params.lines is not None:
        return terminals.tail(session.id, params.lines, params.limit)
    try:
        with deadline(context, params.timeout_ms):
            while True:
                page = terminals.output(session.id, params.offset, params.limit)
                if page.data or page.ended or not params.wait:
                    return page
                await terminals.wait_output(session.id, page.end)
    except TimedOut:  # the daemon may not have run for a while, but the agent continued to print
        page = terminals.output(session.id, params.offset, params.limit)
        if page.data or page.ended:
            return page
        raise
    raise AssertionError("the block returns or raises")


@implements(SESSION_TAILS)
async def tails(context: Context, params: SessionTails) -> Tails:
    """The last line of each session. Unknown sessions are left out, because a live view may name one that was just deleted."""
    lines = {}
    for session_id in params.session_ids:
        if session_id in context.world.sessions:
            page = context.services.terminals.tail(session_id, _TAIL_LINES, _TAIL_BYTES)
            lines[session_id] = last_line(base64.b64decode(page.data))
            await trio.lowlevel.checkpoint()
    return Tails(lines=lines)


@implements(SESSION_ATTACH, streams=True)
def attach(context: Context, params: SessionAttach) -> Attachment:
    """Follow the output: every later part is sent as a notification ``output``, the last one with ``ended``."""
    session = require(context.world.sessions, "session", params.session_id)
    offset = params.offset
    if offset is None:
        offset = context.services.terminals.tail(session.id, 1, 1).end
    scope = trio.CancelScope()
    number = context.client.open_stream(scope.cancel)
    context.client.wire.start(partial(_follow, context, session.id, number, offset, scope))
    return Attachment(attachment=number, offset=offset)


class _Output(msgspec.Struct, rename="camel"):
    attachment: int
    offset: int
    data: str = ""
    dropped: int = 0
    ended: bool = False


class _Notification(msgspec.Struct):
    params: _Output
    method: str = "output"
    jsonrpc: str = "2.0"


async def _follow(context: Context, session_id: str, number: int, offset: int, scope: trio.CancelScope) -> None:
    """Send the log from ``offset`` on, as fast as the client reads, with at most ``UNSENT_LIMIT`` bytes unsent."""
    terminals, client = context.services.terminals, context.client
    with scope:
        try:
            while True:
                page = terminals.output(session_id, offset, PIECE)
                if page.data or page.ended:
                    _notify(client, _Output(number, page.start, page.data, page.dropped, page.ended))
                if page.ended:
                    break
                if page.data:
                    offset = page.end
                    await trio.lowlevel.checkpoint()
                    while client.wire.unsent > UNSENT_LIMIT:
                        await client.wire.wait_room()
                else:
                    await terminals.wait_output(session_id, page.end)
        except MaestroError:  # the session and its log were deleted in the meantime
            _notify(client, _Output(number, offset, ended=True))
    client.forget_stream(number)


def _notify(client: ClientState, output_: _Output) -> None:
    client.wire.send(msgspec.json.encode(_Notification(output_)))


def watched(world: World, session_id: str) -> Session:
    """The session whose terminal a client wants to see. Raises ``NotFound``."""
    return require(world.sessions, "session", session_id)


def _typeable(context: Context, session_id: str) -> Session:
    """The session, if its terminal is open and the caller may type into it."""
    session = watched(context.world, session_id)
    check_actor(context.world, context.actor)
    caller = context.actor.session_id
    if caller not in {None, session.id} and not descends_from(context.world, session, caller or ""):
        raise NotAllowed("session.not_yours", f"{caller} may not type into {session.id}", {"sessionId": session.id})
    return typeable_by_owner(context.world, session_id)


def typeable_by_owner(world: World, session_id: str) -> Session:
    """The session, if its terminal is open. Raises ``NotFound``, or ``IllegalTransition`` if the daemon does not hold the
    terminal.
    """
    session = watched(world, session_id)
    if session.status.is_over:
        raise IllegalTransition("session.ended", f"{session.id} is {session.status.value}: its terminal is closed")
    if session.terminal is Terminal.EXTERNAL:
        raise IllegalTransition("session.external", f"{session.id} was started by hand: use its own terminal")
    return session
