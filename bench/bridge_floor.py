"""Floors of the bridge in Python: ``http`` answers every request with a constant, with h11 on a trio stream; ``loop`` sends each message
to one WebSocket client after the other with trio-websocket's ``send_message``."""

import contextlib
import sys
import time

import h11
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket

_BODY = (
    b'{"version":"0.1.0","instance":"0000000000000000","pid":1,"startedAt":1700000000000,"seq":0,"slots":8}'
    + b" " * 100
)


async def answer(stream: trio.SocketStream) -> None:
    """Serve one connection."""
    connection = h11.Connection(h11.SERVER)
    headers = [("content-type", "application/json"), ("content-length", str(len(_BODY)))]
    with contextlib.suppress(trio.BrokenResourceError):  # the load stops in the middle of a reply
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive_some(65536))
            elif isinstance(event, h11.EndOfMessage):
                data = connection.send(h11.Response(status_code=200, headers=headers))
                data = (data or b"") + (connection.send(h11.Data(data=_BODY)) or b"")
                await stream.send_all(data + (connection.send(h11.EndOfMessage()) or b""))
                connection.start_next_cycle()
            elif isinstance(event, h11.ConnectionClosed):
                break
    await trio.aclose_forcefully(stream)


async def http() -> None:
    """Print the port and serve until killed."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    print(listeners[0].socket.getsockname()[1], flush=True)
    await trio.serve_listeners(answer, listeners)


async def loop(size: int) -> None:
    """Print the port; for each number on stdin, send that many messages to all clients, and print when that began."""
    clients: list[WebSocketConnection] = []

    async def serve(request: WebSocketRequest) -> None:
        connection = await request.accept()
        await connection.get_message()
        clients.append(connection)
        await connection.send_message("subscribed")
        with contextlib.suppress(ConnectionClosed):
            await connection.get_message()

    async with trio.open_nursery() as nursery:
        server = await nursery.start(serve_websocket, serve, "127.0.0.1", 0, None)
        print(server.port, flush=True)
        while line := await trio.to_thread.run_sync(sys.stdin.readline):
            print(f"{time.monotonic():.9f}", flush=True)
            for _ in range(int(line)):
                for client in clients:
                    await client.send_message("x" * size)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(loop, int(sys.argv[2])) if sys.argv[1] == "loop" else trio.run(http)
