"""TLS in front of a connection: the client's bytes are decrypted here and passed on through a socket pair.

``channel.py`` needs a plain socket, whose writes never wait, so TLS stands in front of it rather than inside. That costs
remote clients one copy, and local clients nothing.
"""

import logging
import socket
import ssl
from collections.abc import Awaitable, Callable

import trio

log = logging.getLogger(__name__)

#: Seconds for the handshake, for a client to receive what it was sent, and for it to read the end.
HANDSHAKE_SECONDS = 5.0
PATIENCE = 10.0
_LINGER = 2.0

_PIECE = 64 * 1024

Spawn = Callable[[Callable[[], Awaitable[None]]], None]


async def decrypted(accepted: socket.socket, context: ssl.SSLContext, spawn: Spawn) -> socket.socket | None:
    """Do the handshake and return the plain end of the connection.

    None if the handshake fails or takes too long, or no descriptors are left. ``spawn`` runs the task that carries the
    bytes until one side ends.
    """
    tls = trio.SSLStream(
        trio.SocketStream(trio.socket.from_stdlib_socket(accepted)), context, server_side=True, https_compatible=True
    )
    try:
        with trio.fail_after(HANDSHAKE_SECONDS):
            await tls.do_handshake()
        plain, inner = socket.socketpair()
    except (
        trio.TooSlowError,
        trio.BrokenResourceError,
        trio.ClosedResourceError,
        OSError,
    ):  # OSError: no descriptors left
        await trio.aclose_forcefully(tls)
        return None
    except trio.Cancelled:
        await trio.aclose_forcefully(tls)
        raise
    for each in (plain, inner):
        each.setblocking(False)
    spawn(lambda: _carry(tls, trio.SocketStream(trio.socket.from_stdlib_socket(inner))))
    return plain


async def _carry(tls: "trio.SSLStream[trio.SocketStream]", inner: trio.SocketStream) -> None:
    """Carry bytes both ways; when our side has finished, the client has a moment to read the rest."""
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_inward, tls, inner)
            await _outward(tls, inner)
            nursery.cancel_scope.deadline = trio.current_time() + _LINGER
    finally:
        with trio.CancelScope(shield=True):  # close both, also when the daemon stops; neither call waits
            await trio.aclose_forcefully(tls)
            await trio.aclose_forcefully(inner)


async def _inward(tls: "trio.SSLStream[trio.SocketStream]", inner: trio.SocketStream) -> None:
    try:
        while data := await tls.receive_some(_PIECE):
            await inner.send_all(data)
        await inner.send_eof()
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        await trio.aclose_forcefully(inner)


async def _outward(tls: "trio.SSLStream[trio.SocketStream]", inner: trio.SocketStream) -> None:
    try:
        while data := await inner.receive_some(_PIECE):
            with trio.fail_after(PATIENCE):
                await tls.send_all(data)
        await tls.transport_stream.send_eof()
    except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
        await trio.aclose_forcefully(tls)
