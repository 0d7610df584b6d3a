"""Serves the bridge's port: limits who connects, how many and how long. Each connection has its own task.

The code that serves a connection (h11, trio-websocket and everything built on them) is imported when the first client
connects: an unused bridge costs only a listening socket.
"""

import errno
import logging
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import trio

from maestrod.api.event import Event
from maestrod.host.peer import tcp_owner
from maestrod.rpc.context import Services
from maestrod.transport.bridge.channel import Channel
from maestrod.transport.bridge.gate import is_loopback
from maestrod.transport.bridge.listener import BridgeListener
from maestrod.transport.bridge.refusals import RefusalLog
from maestrod.transport.connection_limit import connection_limit

if TYPE_CHECKING:
    from maestrod.transport.bridge.assembly import Assembly
    from maestrod.transport.bridge.gate import ClientIdentity, Head, Refusal
    from maestrod.transport.bridge.http import HttpConnection

log = logging.getLogger(__name__)

#: Seconds that unfinished requests have when the daemon stops.
GRACE = 3.0

#: Connections accepted in one turn.
_ACCEPTED_AT_ONCE = 64

#: Bytes that the kernel may buffer for a client that does not read (it doubles the number, socket(7)); we bound the rest.
_SEND_BUFFER = 256 * 1024

#: TCP options, in seconds, that detect a client that has vanished (tcp(7)): the kernel probes silent clients and gives up
#: on unconfirmed data. Without them a sleeping laptop, or a network that drops idle connections, would keep its
#: connection for hours. Not every system has all of them; macOS calls the first one TCP_KEEPALIVE.
_SIGNS_OF_LIFE = {
    "TCP_KEEPIDLE": 60,
    "TCP_KEEPALIVE": 60,
    "TCP_KEEPINTVL": 20,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 120_000,  # this one in milliseconds
}

#: A TLS connection needs three descriptors (``tls.py``); the rest is left for connections without TLS.
_TLS_DESCRIPTORS = 6

#: Seconds to wait when descriptors or memory are too short for another connection.
_SHORTAGE_PAUSE = 0.1
_SHORTAGE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Bridge:
    """Serves the connections of ``listener``. ``patience`` is how many seconds a client may leave its answers unread."""

    def __init__(
        self, listener: BridgeListener, services: Services, nursery: trio.Nursery, patience: float = 10.0
    ) -> None:
        self.limit = connection_limit() // (1 if listener.tls is None else _TLS_DESCRIPTORS)
        self.connections: dict[HttpConnection, Channel] = {}
        self._listener = listener
        self._services = services
        self._nursery = nursery
        self._patience = patience
        self._strangers: dict[HttpConnection, Channel] = {}
        self._callers: dict[HttpConnection, str] = {}
        self._greeting: dict[trio.CancelScope, None] = {}
        self._refusals = RefusalLog(trio.current_time)
        self._left = trio.Event()
        self._assembly: Assembly | None = None

    async def accept(self) -> None:
        """Accept connections until cancelled."""
        while True:
            await trio.lowlevel.wait_readable(self._listener.sock)
            for _ in range(_ACCEPTED_AT_ONCE):
                try:
                    accepted, address = self._listener.sock.accept()
                except BlockingIOError:
                    break
                except OSError as error:
                    if error.errno in _SHORTAGE:
                        log.warning("cannot accept a connection: %s", error.strerror)
                        await trio.sleep(_SHORTAGE_PAUSE)
                    continue  # otherwise that client had gone before we accepted it
                self._take(accepted, address[0])

    def close_idle(self) -> None:
        """Close the connections without a request in progress: the daemon is stopping."""
        for connection, channel in list(self.connections.items()):
            if not connection.busy:
                channel.close()

    async def wait_quiet(self) -> None:
        """Return when there are no connections."""
        while self.connections:
            await self._left.wait()

    def _take(self, accepted: socket.socket, peer: str) -> None:
        counts = self._services.counts
        counts["http_connections"] += 1
        if _is_foreign(accepted, peer):
            counts["http_refused"] += 1
            self._refusals.note("bridge.foreign_user", "a connection from another user of this machine")
            accepted.close()
        elif len(self.connections) + len(self._greeting) >= self.limit and not self._make_room():
            counts["http_refused"] += 1
            self._refusals.note("bridge.crowded", f"{len(self.connections)} connections are open")
            accepted.close()
        else:
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            _ask_for_signs_of_life(accepted)
            if self._listener.tls is None:
                self._begin(accepted, peer)
            else:
                scope = trio.CancelScope()
                self._greeting[scope] = None
                self._spawn(partial(self._greet, scope, accepted, peer, self._listener.tls))

    async def _greet(
        self, scope: trio.CancelScope, accepted: socket.socket, peer: str, context: ssl.SSLContext
    ) -> None:
        """Do the TLS handshake, before anything is read."""
        from maestrod.transport.bridge.tls import decrypted

        plain = None
        try:
            with scope:
                plain = await decrypted(accepted, context, self._spawn)
        finally:
            self._greeting.pop(scope, None)
        if plain is None:
            self._services.counts["http_refused"] += 1
            self._refusals.note("bridge.tls", f"TLS handshake with {peer} failed")
        else:
            self._begin(plain, peer)

    def _begin(self, plain: socket.socket, peer: str) -> None:
        channel = Channel(plain, self._spawn, self._patience)
        connection = self._connection(channel, peer)
        self.connections[connection] = self._strangers[connection] = channel
        self._nursery.start_soon(self._serve, connection, channel)

    def _connection(self, channel: Channel, peer: str) -> "HttpConnection":
        if self._assembly is None:
            from maestrod.transport.bridge.assembly import Assembly

            self._assembly = Assembly(self._listener, self._services, self._spawn)
        connection = self._assembly.connection(
            channel, peer, self._refused, admitted=lambda caller: self._known(connection, caller)
        )
        return connection

    def _known(self, connection: "HttpConnection", caller: "ClientIdentity") -> None:
        self._strangers.pop(connection, None)
        self._callers[connection] = caller.name

    def take_revocations(self, events: Sequence[Event]) -> None:
        """Close the connections whose token was revoked."""
        revoked = {event.id for event in events}
        for connection, name in list(self._callers.items()):
            if name in revoked and connection in self.connections:
                self.connections[connection].close()

    def _make_room(self) -> bool:
        """Close the oldest connection that has shown no credential; returns whether there was one.

        The larger group gives one up: connections in their TLS handshake, or those past it. So neither can crowd out
        the other.
        """
        if self._greeting and len(self._greeting) >= len(self._strangers):
            scope = next(iter(self._greeting))
            del self._greeting[scope]
            scope.cancel()
            return True
        if self._strangers:
            connection, channel = next(iter(self._strangers.items()))
            del self._strangers[connection]
            del self.connections[connection]
            channel.close()
            return True
        return False

    async def _serve(self, connection: "HttpConnection", channel: Channel) -> None:
        try:
            await connection.serve()
        except Exception:  # one bad connection must not harm the others
            log.exception("a connection of the bridge failed and is closed")
        finally:
            channel.close()
            self.connections.pop(connection, None)
            self._strangers.pop(connection, None)
            self._callers.pop(connection, None)
            self._left.set()
            self._left = trio.Event()

    def _spawn(self, task: Callable[[], Awaitable[None]]) -> None:
        self._nursery.start_soon(self._guarded, task)

    async def _guarded(self, task: Callable[[], Awaitable[None]]) -> None:
        try:
            await task()
        except Exception:  # a connection's task must not harm other connections
            log.exception("a task of the bridge failed")

    def _refused(self, head: "Head", refusal: "Refusal") -> None:
        """Log one line without possible secrets: the path, but not the query or any header."""
        self._services.counts["http_refused"] += 1
        verb, path = head.verb.decode("latin-1"), head.target.partition(b"?")[0][:200].decode("latin-1")
        self._refusals.note(refusal.code, f"{verb} {path} from {head.peer}: {refusal.message}")


def _is_foreign(accepted: socket.socket, peer: str) -> bool:
    """Whether a program of another user of this machine connects. It lacks the token, but should not even get to try."""
    return is_loopback(peer) and tcp_owner(accepted) not in {None, os.getuid()}


def _ask_for_signs_of_life(accepted: socket.socket) -> None:
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _SIGNS_OF_LIFE.items():
        if (option := getattr(socket, name, None)) is not None:
            accepted.setsockopt(socket.IPPROTO_TCP, option, value)


async def serve_bridge(
    listener: BridgeListener,
    services: Services,
    *,
    patience: float = 10.0,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until ``services.stopping`` is set; unfinished requests then have ``GRACE`` seconds.

    ``listener.sock`` stays open.
    """
    async with trio.open_nursery() as nursery:
        bridge = Bridge(listener, services, nursery, patience)
        accepting = trio.CancelScope()
        revocations = services.engine.bus.subscribe(
            lambda event: event.type == "token.updated", bridge.take_revocations
        )
        nursery.start_soon(_accept, bridge, accepting)
        task_status.started()
        await services.stopping.wait()
        accepting.cancel()
        bridge.close_idle()
        with trio.move_on_after(GRACE):
            await bridge.wait_quiet()
        revocations.close()
        nursery.cancel_scope.cancel()


async def _accept(bridge: Bridge, scope: trio.CancelScope) -> None:
    with scope:
        await bridge.accept()
