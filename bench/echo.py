"""The floor of a round trip: ``trio.serve_listeners`` with a ``SocketStream`` that sends every line back."""

import contextlib
import socket
import sys

import trio


async def echo(stream: trio.SocketStream) -> None:
    """Send every complete line back by itself, as the plainest server does."""
    rest = b""
    with contextlib.suppress(trio.BrokenResourceError):  # the load ends in the middle of an answer
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
