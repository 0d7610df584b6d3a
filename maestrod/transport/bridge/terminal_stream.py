"""A session's terminal over a WebSocket: sends its output in order, receives keys and sizes.

The log on disk is the buffer, so a slow reader costs no memory. A reader that falls too far behind a terminal that
prints without end is moved near the end of the log and gets a ``gap`` message. The numbers in ``start`` and ``gap`` are
byte offsets in the log, so that a page that reconnects can continue where it was.
"""

import base64
from typing import Any

import msgspec
import trio

from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.session import Session
from maestrod.api.terminal import Cells
from maestrod.rpc.context import Services
from maestrod.rpc.terminal import typeable_by_owner
from maestrod.transport.bridge.channel import Channel
from maestrod.transport.bridge.frames import BINARY, GOING_AWAY, close_frame, frame, text_frame
from maestrod.transport.bridge.ws import Inbox

#: Bytes of output in one frame, and how many may be unsent before more is read from the log.
PIECE = 64 * 1024
UNSENT_LIMIT = 256 * 1024

#: Bytes that a reader may fall behind (or as many as at its start, if more), and how much of the end it then gets.
BEHIND_LIMIT = 4 * 1024 * 1024
KEPT = 256 * 1024

_NORMAL = 1000
_encode = msgspec.json.Encoder().encode


class _Resize(msgspec.Struct, tag="resize", tag_field="type"):
    cols: Cells
    rows: Cells


class _Ping(msgspec.Struct, tag="ping", tag_field="type"):
    pass


_read = msgspec.json.Decoder(_Resize | _Ping)


class TerminalSocket:
    """One viewer of one session, who can type unless ``readonly``. It begins at ``offset``, None for the log's end."""

    def __init__(
        self, channel: Channel, services: Services, session: Session, offset: int | None, *, readonly: bool
    ) -> None:
        self._channel = channel
        self._services = services
        self._session = session
        self._readonly = readonly
        self._offset = self._end_of_log() if offset is None else offset

    async def talk(self, inbox: Inbox) -> None:
        """Serve until the session, the client or the daemon ends it."""
        columns, rows = self._services.terminals.size(self._session.id)
        status = self._session.status.value
        self._tell({"type": "start", "offset": self._offset, "cols": columns, "rows": rows, "status": status})
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._say_goodbye)
            nursery.start_soon(self._print)
            while (message := await inbox.next()) is not None:
                await self._obey(message)
            nursery.cancel_scope.cancel()

    async def _print(self) -> None:
        """Send the output, as fast as the client reads."""
        terminals, id_ = self._services.terminals, self._session.id
        limit = max(BEHIND_LIMIT, self._end_of_log() - self._offset)
        try:
            while True:
                page = terminals.output(id_, self._offset, PIECE)
                if page.start > self._offset:
                    self._tell({"type": "gap", "offset": page.start})
                self._offset = page.end
                if page.data:
                    self._channel.write(frame(BINARY, base64.b64decode(page.data)))
                if page.ended:
                    break
                if not page.data:
                    await terminals.wait_output(id_, page.end)
                elif self._channel.unsent > UNSENT_LIMIT:
                    await self._channel.wait_room()
                    self._skip(limit)
                else:
                    await trio.lowlevel.checkpoint()
        except MaestroError:
            pass  # the session and its log were deleted meanwhile
        session = self._services.engine.world.sessions.get(id_)
        exit_ = session.exit if session is not None else None
        self._tell({"type": "end", "exit": exit_, "status": session.status.value if session is not None else "deleted"})
        await self._hang_up(_NORMAL, "the session has ended")

    def _skip(self, limit: int) -> None:
        """Continue near the end of the log if this reader has fallen too far behind."""
        end = self._end_of_log()
        if end - self._offset > limit:
            self._offset = end - KEPT
            self._tell({"type": "gap", "offset": self._offset})

    async def _obey(self, message: str | bytes) -> None:
        try:
            if isinstance(message, bytes):
                await self._type(message)
                return
            order = _read.decode(message)
            if isinstance(order, _Resize):
                self._check()
                await self._services.terminals.resize(self._session.id, order.cols, order.rows)
            else:
                self._tell({"type": "pong", "timestamp": self._services.engine.clock.wall()})
        except (msgspec.MsgspecError, RecursionError) as error:
            self._refuse(Malformed("terminal.message", f"a message must be bytes to type, or a resize: {error}"[:500]))
        except MaestroError as error:
            self._refuse(error)

    async def _type(self, data: bytes) -> None:
        self._check()
        await self._services.terminals.send(self._session.id, data)

    def _check(self) -> None:
        if self._readonly:
            raise Malformed("terminal.readonly", "this connection to the terminal is read-only")
        typeable_by_owner(self._services.engine.world, self._session.id)

    async def _say_goodbye(self) -> None:
        await self._services.stopping.wait()
        await self._hang_up(GOING_AWAY, "the daemon is stopping")

    async def _hang_up(self, code: int, reason: str) -> None:
        self._channel.write_last(close_frame(code, reason))
        await self._channel.part()

    def _end_of_log(self) -> int:
        return self._services.terminals.tail(self._session.id, 1, 1).end

    def _tell(self, message: dict[str, Any]) -> None:
        self._channel.write(text_frame(_encode(message)))

    def _refuse(self, error: MaestroError) -> None:
        self._tell({"type": "error", "code": error.reason, "message": error.message, "details": error.details})
