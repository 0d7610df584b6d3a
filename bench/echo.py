"""The floor of a round trip: ``trio.serve_listeners`` that echoes every line on a ``SocketStream``."""

import contextlib
import socket
import sys

import trio


async def echo(stream: trio.SocketStream) -> None:
    """Echo each complete line separately, like the simplest server."""
    rest = b""
    with contextlib.suppress(trio.BrokenResourceError):  # the load stops in the middle of a reply
        async for data in stream:
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                await stream.send_all(line + b"\n")
    await trio.aclose_forcefully(stream)


async def main(path: str) -> None:
    """Serve."""
    listener = trio.socket.socket(socket.AF_UNIX)
    await listener.bind(path)
    listener.listen(512)
    print("listening", flush=True)
    await trio.serve_listeners(echo, [trio.SocketListener(listener)])


if __name__ == "__main__":
    trio.run(main, sys.argv[1])
