"""Serve the Unix socket from the first connection to a graceful end."""

import selectors
import socket

import trio

from maestrod.rpc.bind import bindings
from maestrod.rpc.context import Services
from maestrod.rpc.dispatch import Dispatcher
from maestrod.transport.unix.socket_loop import SocketLoop

#: Seconds that unfinished calls have when the daemon stops.
GRACE = 3.0


async def serve_unix(
    listener: socket.socket,
    services: Services,
    *,
    patience: float = 10.0,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the connections of ``listener`` (non-blocking, already listening) until ``services.stopping`` is set.

    Then it accepts no more connections and requests, calls that only wait fail, and other calls have ``GRACE`` seconds
    to finish. Cancelling ends everything at once. ``listener`` stays open: it belongs to its endpoint. ``patience`` is
    how many seconds a client may leave its answers unread. Raises ``RuntimeError`` at once when a method of the contract
    is not bound.
    """
    dispatcher = Dispatcher(services, bindings())
    with selectors.DefaultSelector() as selector:
        async with trio.open_nursery() as nursery:
            loop = SocketLoop(listener, selector, dispatcher, nursery, patience)
            nursery.start_soon(loop.run)
            nursery.start_soon(loop.send_marked)
            nursery.start_soon(loop.run_patrol)
            task_status.started()
            try:
                await services.stopping.wait()
                loop.stop()
                with trio.move_on_after(GRACE):
                    await loop.wait_quiet()
            finally:
                loop.close()
            nursery.cancel_scope.cancel()
