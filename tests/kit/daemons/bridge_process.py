"""Clients for the bridge of a real daemon process: blocking requests, and WebSockets on trio."""

import json
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE


class BridgeOf:
    """The address of the running daemon's bridge."""

    def __init__(self, daemon: Daemon) -> None:
        address = json.loads((daemon.home / "run" / "maestrod.json").read_text())
        self.url: str = address["url"]
        self.port = int(self.url.rpartition(":")[2])
        self.token = (daemon.home / "run" / "bridge.token").read_text()

    def get(self, path: str) -> Any:
        """The body of a GET request's response."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.load(reply)

    @asynccontextmanager
    async def web_socket(self, path: str = "/ws") -> AsyncGenerator[WebSocketConnection]:
        """A WebSocket, which is dropped at the end without a close frame."""
        headers = [(b"Authorization", b"Bearer " + self.token.encode())]
        async with await trio.open_tcp_stream("127.0.0.1", self.port) as stream, trio.open_nursery() as nursery:
            host = f"127.0.0.1:{self.port}"
            yield await wrap_client_stream(nursery, stream, host, path, extra_headers=headers, max_message_size=1 << 26)
            nursery.cancel_scope.cancel()


class PlainClient:
    """A client that only counts messages, so hundreds fit into one test. ``receive_buffer`` limits what the kernel buffers for it."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._data = bytearray()

    @classmethod
    async def open(cls, bridge: BridgeOf, subscribe: object, receive_buffer: int | None = None) -> "PlainClient":
        """Connect and subscribe."""
        socket = trio.socket.socket()
        if receive_buffer is not None:
            socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, receive_buffer)
        await socket.connect(("127.0.0.1", bridge.port))
        client = cls(trio.SocketStream(socket))
        await client._stream.send_all(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{bridge.port}\r\nAuthorization: Bearer {bridge.token}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        while (end := client._data.find(b"\r\n\r\n")) < 0:
            await client._more()
        assert client._data.startswith(b"HTTP/1.1 101 ")
        del client._data[: end + 4]
        text = json.dumps(subscribe).encode()
        await client._stream.send_all(b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text)
        return client

    async def close(self) -> None:
        """Drop the connection."""
        await trio.aclose_forcefully(self._stream)

    async def read(self) -> bytes:
        """The next message."""
        while (bounds := self._frame()) is None:
            await self._more()
        start, end = bounds
        message = bytes(self._data[start:end])
        del self._data[:end]
        return message

    def _frame(self) -> tuple[int, int] | None:
        """The position of the first frame's payload, once it has arrived completely."""
        data = self._data
        if len(data) < 10:
            return None if len(data) < 2 or len(data) < 2 + data[1] or data[1] > 125 else (2, 2 + data[1])
        start = {126: 4, 127: 10}.get(data[1], 2)
        length = data[1] if start == 2 else int.from_bytes(data[2:start], "big")
        return (start, start + length) if len(data) >= start + length else None

    async def _more(self) -> None:
        data = await self._stream.receive_some(1 << 16)
        assert data, "the daemon hung up"
        self._data += data
