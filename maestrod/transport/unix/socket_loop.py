"""The loop that serves every connection of a Unix socket: one trio task, one selector.

The selector's own descriptor is readable when any socket is ready (epoll(7) and kqueue(2) nest), so trio waits for that
one. Compared with a task per connection, a small call costs half as much, and opening and closing a connection costs
almost nothing (``bench/round_trip.py`` measures it).
"""

import errno
import logging
import selectors
import socket
from collections.abc import Awaitable, Callable
from functools import partial

import trio

from maestrod.api.errors import NotAllowed
from maestrod.host.peer import admit
from maestrod.rpc.dispatch import Dispatcher
from maestrod.transport.connection_limit import connection_limit
from maestrod.transport.unix.connection import UnixConnection

log = logging.getLogger(__name__)

#: Connections accepted in one turn, so that a flood of them does not delay the others.
_ACCEPTED_AT_ONCE = 64

#: Turns in a row before other tasks run: a pass through trio's scheduler costs more than polling the sockets again.
_TURNS = 8

#: How often to poll again before sleeping. A client that has just received an answer often sends its next request within
#: microseconds, and a wake-up costs both sides more than polling (1 client: 0.6 of a bare echo without, 0.95 with).
_LINGER = 4

#: Seconds to wait when descriptors or memory are too short for another connection (trio's own listeners do the same).
_SHORTAGE_PAUSE = 0.1
_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: Seconds between two checks of stuck connections; there are no checks while there are no such connections.
_PATROL_INTERVAL = 1.0


class SocketLoop:
    """Serves the connections of ``listener``.

    ``patience`` is how many seconds a client may leave its answers unread. Tasks that calls need run in ``nursery``.
    """

    def __init__(
        self,
        listener: socket.socket,
        selector: selectors.DefaultSelector,
        dispatcher: Dispatcher,
        nursery: trio.Nursery,
        patience: float = 10.0,
    ) -> None:
        self.connections: set[UnixConnection] = set()
        self.limit = connection_limit()
        self._listener = listener
        self._dispatcher = dispatcher
        self._counts = dispatcher.services.counts
        self._nursery = nursery
        self._patience = patience
        self._selector = selector
        self._watched: set[UnixConnection] = set()
        self._marked: dict[UnixConnection, None] = {}
        self._mark_event = trio.Event()
        self._guarded: set[UnixConnection] = set()
        self._guard_event = trio.Event()
        self._accepting = False
        self._crowded = False
        self._stopping = False
        self._quiet = trio.Event()

    async def run(self) -> None:
        """Serve until cancelled."""
        self._accept_more()
        while True:
            await trio.lowlevel.wait_readable(self._selector.fileno())
            idle = 0
            while idle < _LINGER:
                idle = 0 if self._take_turns() else idle + 1
                await trio.lowlevel.checkpoint()

    async def send_marked(self) -> None:
        """Send the answers that became ready between turns, all together."""
        while True:
            await self._mark_event.wait()
            self._mark_event = trio.Event()
            marked, self._marked = self._marked, {}
            for connection in marked:
                self.protect(connection, connection.work)
            self._check_quiet()

    async def run_patrol(self) -> None:
        """Close connections whose client does not read its answers, or has gone while the connection was not read."""
        while True:
            await self._guard_event.wait()
            while self._guarded:
                await trio.sleep(min(_PATROL_INTERVAL, self._patience / 2))
                for connection in list(self._guarded):
                    self._inspect(connection)
            self._guard_event = trio.Event()

    def stop(self) -> None:
        """Accept no more connections and no more requests."""
        self._stopping = True
        self._accept_no_more()
        for connection in list(self.connections):
            connection.stop()

    async def wait_quiet(self) -> None:
        """Return when every connection has finished its calls."""
        self._check_quiet()
        await self._quiet.wait()

    def close(self) -> None:
        """Close all connections."""
        for connection in list(self.connections):
            connection.close()

    def watch(self, connection: UnixConnection, events: int) -> None:
        """Call ``on_ready`` when the socket is ready for ``events``."""
        if connection not in self._watched:
            if events:
                self._selector.register(connection.socket, events, connection)
                self._watched.add(connection)
        elif events:
            self._selector.modify(connection.socket, events, connection)
        else:
            self._selector.unregister(connection.socket)
            self._watched.discard(connection)

    def mark(self, connection: UnixConnection) -> None:
        """Call ``work`` soon."""
        self._marked[connection] = None
        self._mark_event.set()

    def guard(self, connection: UnixConnection) -> None:
        """Check the connection from time to time until it is well again."""
        self._guarded.add(connection)
        self._guard_event.set()

    def protect(self, connection: UnixConnection, function: Callable[[], None]) -> None:
        """Call the function; an error in it ends the connection, not the daemon."""
        try:
            function()
        except Exception:  # one bad connection must not harm the others
            log.exception("a connection failed and is closed")
            connection.close()

    def start(self, connection: UnixConnection, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task; an error in it ends the connection, not the daemon."""
        self._nursery.start_soon(self._beside, connection, task)

    def forget(self, connection: UnixConnection) -> None:
        """Forget a connection that is about to be closed."""
        self.watch(connection, 0)
        self._guarded.discard(connection)
        self._marked.pop(connection, None)
        self.connections.discard(connection)
        self._crowded = self._crowded and len(self.connections) > self.limit // 2
        if not self._accepting and not self._stopping:
            self._accept_more()

    def _take_turns(self) -> bool:
        """Take turns until nothing is ready or other tasks must run; returns whether anything was ready."""
        taken = 0
        while taken < _TURNS and self._turn():
            taken += 1
        return taken > 0

    def _turn(self) -> bool:
        """Handle each ready socket; returns whether there was any."""
        ready = self._selector.select(0)
        for key, events in ready:
            connection: UnixConnection | None = key.data
            if connection is None:
                self._accept()
            elif not connection.closed:
                self.protect(connection, partial(connection.on_ready, events))
        self._check_quiet()
        return bool(ready)

    def _check_quiet(self) -> None:
        if self._stopping and all(connection.is_quiet for connection in self.connections):
            self._quiet.set()

    async def _beside(self, connection: UnixConnection, task: Callable[[], Awaitable[None]]) -> None:
        try:
            await task()
        except Exception:  # one bad connection must not harm the others
            log.exception("a connection failed and is closed")
            connection.close()

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            if len(self.connections) >= self.limit:
                self._note_crowd()
                self._accept_no_more()
                return
            try:
                accepted, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _SHORTAGE:
                    log.warning("cannot accept a connection: %s", error.strerror)
                    self._accept_no_more()
                    self._nursery.start_soon(self._accept_later)
                    return
                continue  # that client had gone before we accepted it
            self._take(accepted)

    def _take(self, accepted: socket.socket) -> None:
        try:
            admit(accepted)
        except NotAllowed as error:
            log.warning("refused a connection: %s", error.message)
            self._counts["connections_refused"] += 1
            accepted.close()
            return
        accepted.setblocking(False)
        self._counts["connections"] += 1
        connection = UnixConnection(self, accepted, self._dispatcher)
        self.connections.add(connection)
        self.protect(connection, partial(connection.on_ready, selectors.EVENT_READ))

    def _note_crowd(self) -> None:
        """Log that clients have to wait; once, until there was much room again."""
        if not self._crowded:
            self._crowded = True
            log.warning("%d connections are open: more have to wait", len(self.connections))

    def _accept_more(self) -> None:
        if not self._accepting:
            self._selector.register(self._listener, selectors.EVENT_READ, None)
            self._accepting = True

    def _accept_no_more(self) -> None:
        if self._accepting:
            self._selector.unregister(self._listener)
            self._accepting = False

    async def _accept_later(self) -> None:
        await trio.sleep(_SHORTAGE_PAUSE)
        if not self._stopping:
            self._accept_more()

    def _inspect(self, connection: UnixConnection) -> None:
        if connection.overdue(self._patience):
            log.warning("closed a connection that left %d bytes unread", connection.unsent)
            connection.close()
        elif connection.is_healthy:
            self._guarded.discard(connection)
        elif connection.is_abandoned:
            connection.close()
