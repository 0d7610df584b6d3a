"""One accepted TCP connection as bytes in and bytes out, for every protocol.

Written data is queued and sent at once as far as the socket accepts it; the rest follows as the client reads. So
``write`` never waits, and the messages of two writers never mix: a message is queued whole or not at all. (In
trio-websocket's own stream a cancelled send can leave half a frame behind; here it cannot.) A client that receives
nothing for ``patience`` seconds although data is waiting is disconnected.
"""

import logging
import socket
from collections.abc import Awaitable, Callable

import trio

from maestrod.transport.outbox import Outbox

log = logging.getLogger(__name__)

#: Bytes of one read.
READ_SIZE = 64 * 1024

#: Unsent bytes above which writers wait, and below which they continue.
UNSENT_HIGH = 1024 * 1024
UNSENT_LOW = 256 * 1024

#: Seconds and bytes that a client may still send after our last answer: closing a socket with unread bytes would destroy
#: that answer (RFC 9112, section 9.6).
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 8 * 1024 * 1024


class Channel(trio.abc.Stream):
    """A connection. ``spawn`` runs a task beside it; ``patience`` is in seconds."""

    def __init__(
        self, socket_: socket.socket, spawn: Callable[[Callable[[], Awaitable[None]]], None], patience: float
    ) -> None:
        self.closed = False
        self._socket = socket_
        self._spawn = spawn
        self._patience = patience
        self._outbox = Outbox()
        self._draining = False
        self._parting = False
        self._closed_event = trio.Event()
        self._room: trio.Event | None = None

    @property
    def unsent(self) -> int:
        """Bytes that the client has not yet received."""
        return self._outbox.size

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive bytes; empty at the end. Raises ``trio.ClosedResourceError`` when the channel is closed meanwhile."""
        await trio.lowlevel.checkpoint_if_cancelled()
        while not self.closed:
            try:
                data = self._socket.recv(READ_SIZE)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(self._socket)
            except OSError:
                return b""
            else:
                await trio.lowlevel.cancel_shielded_checkpoint()
                return data
        raise trio.ClosedResourceError

    def queue(self, data: bytes) -> None:
        """Queue data for the next ``flush``; dropped after ``write_last``."""
        if not self.closed and not self._parting:
            self._outbox.append(data)

    def write(self, data: bytes) -> None:
        """Send data; never waits. Data for a client that has gone is dropped."""
        self.queue(data)
        self.flush()

    def write_last(self, data: bytes) -> None:
        """Send the last data. Everything written after it is dropped.

        A WebSocket's Close frame is its last (RFC 6455, section 5.5.1): browsers report anything after it as an error,
        and the client's own Close gets no second one.
        """
        self.write(data)
        self._parting = True

    def flush(self) -> None:
        """Send what the client can receive right now; the rest follows by itself."""
        if self._draining or self.closed:
            return
        if not self._push():
            self._draining = True
            self._spawn(self._drain)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send data, as trio's streams do. Returns when most of it is sent. Raises ``trio.BrokenResourceError``."""
        if self.closed:
            raise trio.BrokenResourceError
        self.write(bytes(data))
        if self._outbox.size > UNSENT_HIGH:
            await self.wait_room()
        else:
            await trio.lowlevel.checkpoint()

    async def wait_send_all_might_not_block(self) -> None:
        """Return when little is unsent, as trio's streams do."""
        await self.wait_room()

    async def wait_room(self) -> None:
        """Return when little is unsent, or the connection is closed."""
        await trio.lowlevel.checkpoint()
        while self._outbox.size > UNSENT_LOW and not self.closed:
            if self._room is None:
                self._room = trio.Event()
            await self._room.wait()

    async def finish(self) -> None:
        """Send the rest, let the client read it, and close."""
        await self._wait_sent()
        if self.closed:
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
            with trio.move_on_after(_LINGER_SECONDS):
                left = _LINGER_BYTES
                while left > 0 and (data := await self.receive_some()):
                    left -= len(data)
        except (OSError, trio.ClosedResourceError):
            pass  # the client was faster
        self.close()

    async def part(self) -> None:
        """Send the rest, give the client a moment to close, and close. Another task must read meanwhile."""
        await self._wait_sent()
        with trio.move_on_after(_LINGER_SECONDS):
            await self._closed_event.wait()
        self.close()

    async def aclose(self) -> None:
        """Close now, as trio's streams do."""
        self.close()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """Close the connection now."""
        if not self.closed:
            self.closed = True
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()
            self._outbox.clear()
            self._closed_event.set()
            self._tell_room()

    async def _wait_sent(self) -> None:
        while self._outbox.size and not self.closed:
            if self._room is None:
                self._room = trio.Event()
            await self._room.wait()

    def _push(self) -> bool:
        """Send until the socket accepts no more; returns whether everything was sent."""
        while not self.closed and (piece := self._outbox.peek()):
            try:
                sent = self._socket.send(piece)
            except BlockingIOError:
                return False
            except OSError:  # the client is gone
                self.close()
                return True
            self._outbox.taken(sent)
            if sent < len(piece):
                return False
        return True

    async def _drain(self) -> None:
        """Send the rest as the client reads."""
        try:
            while not self.closed and not self._push():
                if self._outbox.size <= UNSENT_LOW:
                    self._tell_room()
                with trio.move_on_after(self._patience) as scope:
                    await trio.lowlevel.wait_writable(self._socket)
                if scope.cancelled_caught:
                    log.warning("closed a connection that left %d bytes unread", self.unsent)
                    self.close()
        except trio.ClosedResourceError:
            pass
        finally:
            self._draining = False
            self._tell_room()

    def _tell_room(self) -> None:
        if self._room is not None:
            self._room.set()
            self._room = None
