"""One connection on the Unix socket: reads its stream, sends its answers, and decides when to stop reading or close."""

import logging
import select
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from selectors import EVENT_READ, EVENT_WRITE
from typing import Protocol

import trio

from maestrod.api.protocol.wire import Decoder, Framing, FramingError, frame
from maestrod.rpc.conversation import Conversation
from maestrod.rpc.dispatch import Dispatcher
from maestrod.transport.outbox import Outbox

log = logging.getLogger(__name__)

#: Bytes of one read.
READ_SIZE = 64 * 1024

#: Unsent bytes above which a client is not read, and below which its streams continue.
UNSENT_HIGH = 1024 * 1024
UNSENT_LOW = 256 * 1024


class Loop(Protocol):
    """What a connection needs from the loop that serves it."""

    def watch(self, connection: "UnixConnection", events: int) -> None:
        """Call back when the socket is ready for these events of ``selectors``; 0 for none."""

    def mark(self, connection: "UnixConnection") -> None:
        """Call ``work`` soon."""

    def protect(self, connection: "UnixConnection", function: Callable[[], None]) -> None:
        """Call the function; an error in it ends only this connection."""

    def guard(self, connection: "UnixConnection") -> None:
        """Check ``overdue`` and ``is_abandoned`` from time to time."""

    def start(self, connection: "UnixConnection", task: Callable[[], Awaitable[None]]) -> None:
        """Run a task beside the connection."""

    def forget(self, connection: "UnixConnection") -> None:
        """Forget a closed connection."""


class UnixConnection:
    """Transports a conversation: the ``Wire`` of ``maestrod.rpc``."""

    def __init__(self, loop: Loop, socket_: socket.socket, dispatcher: Dispatcher) -> None:
        self.socket = socket_
        self.closed = False
        self.conversation = Conversation(dispatcher, self)
        self._loop = loop
        self._decoder = Decoder()
        self._backlog: deque[bytes | FramingError] = deque()
        self._outbox = Outbox()
        self._drained: trio.Event | None = None
        self._events = 0
        self._working = False
        self._ended = False  # the client sends nothing more
        self._hanging_up = False  # we send the rest and close
        self._blocked_since: float | None = None

    @property
    def unsent(self) -> int:
        """Bytes that the client has not yet received."""
        return self._outbox.size

    @property
    def is_quiet(self) -> bool:
        """Whether no call is unfinished and everything is sent."""
        return not self._outbox.size and not self.conversation.under_way

    @property
    def is_healthy(self) -> bool:
        """Whether it is being read and its client receives its answers."""
        return self._events == EVENT_READ

    @property
    def is_abandoned(self) -> bool:
        """Whether the client has closed both directions; without reading the socket, only this check shows it."""
        poll = select.poll()
        poll.register(self.socket, 0)
        return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))

    def overdue(self, patience: float) -> bool:
        """Whether the client has received nothing for ``patience`` seconds although something was waiting for it."""
        return self._blocked_since is not None and trio.current_time() - self._blocked_since > patience

    def send(self, message: bytes) -> None:
        """Queue a message; it is sent together with others of the same turn."""
        if not self.closed:
            self._outbox.append(frame(message, self._decoder.framing or Framing.LINES))
            if not self._working:
                self._loop.mark(self)

    def resume(self) -> None:
        """Continue reading: there is room for more calls."""
        if not self._working:
            self._loop.mark(self)

    async def wait_room(self) -> None:
        """Return when little is unsent, or the connection is closed."""
        await trio.lowlevel.checkpoint()
        while self._outbox.size > UNSENT_LOW and not self.closed:
            if self._drained is None:
                self._drained = trio.Event()
            await self._drained.wait()

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task beside the connection."""
        self._loop.start(self, task)

    def on_ready(self, events: int) -> None:
        """Handle a socket that can be read or written."""
        if events & EVENT_READ and not self._ended:
            self._read()
        self.work()

    def work(self) -> None:
        """Process the messages that were read, as far as there is room, and send what can be sent."""
        if self.closed:
            return
        self._working = True
        try:
            while self._backlog and not self._hanging_up and not self._is_full():
                message = self._backlog.popleft()
                if isinstance(message, FramingError):
                    log.warning("a client sent a stream that cannot be read: %s", message.message)
                    self.conversation.refuse(message)
                    self.hang_up()
                else:
                    self.conversation.receive(message)
        finally:
            self._working = False
        self._flush()

    def flush(self) -> None:
        """Send what the client can receive right now. Never raises: the caller may be in the middle of something."""
        self._loop.protect(self, self._flush)

    def hang_up(self) -> None:
        """Stop reading; close when everything is sent."""
        self._hanging_up = True
        self._backlog.clear()

    def stop(self) -> None:
        """Stop reading and finish the unfinished calls: the daemon is stopping."""
        self._ended = True
        self._backlog.clear()
        self.conversation.stop()
        self._loop.mark(self)

    def close(self) -> None:
        """Close the connection now."""
        if not self.closed:
            self.closed = True
            self._loop.forget(self)
            self.socket.close()
            self._outbox.clear()
            self._backlog.clear()
            if self._drained is not None:
                self._drained.set()
            self.conversation.close()

    def _flush(self) -> None:
        while not self.closed and (piece := self._outbox.peek()):
            try:
                sent = self.socket.send(piece)
            except BlockingIOError:
                sent = 0
            except OSError:  # the client is gone
                self.close()
                return
            self._outbox.taken(sent)
            if sent < len(piece):
                if sent or self._blocked_since is None:
                    self._blocked_since = trio.current_time()
                break
            self._blocked_since = None
        self._settle()

    def _read(self) -> None:
        try:
            data = self.socket.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if data:
            self._backlog.extend(self._decoder.feed(data))
        elif (self.is_quiet and self.conversation.is_over) or self.is_abandoned:
            self.close()
        else:
            self._ended = True  # the client has shut down its side but still reads its answers

    def _is_full(self) -> bool:
        return self.conversation.busy or self._outbox.size > UNSENT_HIGH

    def _settle(self) -> None:
        """End a turn: close if everything is done, otherwise wait for the right events."""
        if self.closed:
            return
        unsent = self._outbox.size
        if not unsent and (self._hanging_up or (self._ended and self.conversation.is_over)):
            self.close()
            return
        if self._drained is not None and unsent <= UNSENT_LOW:
            self._drained.set()
            self._drained = None
        reads = not (self._ended or self._hanging_up or self._backlog)
        events = (EVENT_READ if reads else 0) | (EVENT_WRITE if unsent else 0)
        if events != self._events:
            self._events = events
            self._loop.watch(self, events)
        if events != EVENT_READ:
            self._loop.guard(self)
