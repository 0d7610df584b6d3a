"""The real socket in a test: a server with the daemon's parts, and clients that can misbehave."""

import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from maestrod.rpc.context import Services
from maestrod.transport.unix.serve import serve_unix
from tests.kit.parts.rpc_parts import parts
from tests.kit.patience import PATIENCE


class SocketClient:
    """A client on the socket. It frames messages with newlines unless a test sends raw bytes."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.notifications: list[Any] = []
        self._buffer = b""
        self._last = 0

    @property
    def socket(self) -> trio.socket.SocketType:
        return self.stream.socket

    async def send(self, data: bytes) -> None:
        with trio.fail_after(PATIENCE):
            await self.stream.send_all(data)

    async def post(self, method: str, params: object = None, **members: object) -> int:
        """Send a request, and return its id."""
        self._last += 1
        request = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params or {}, **members}
        await self.send(json.dumps(request).encode() + b"\n")
        return self._last

    async def read(self) -> Any:
        """The next message; None if the server closed the connection."""
        with trio.fail_after(PATIENCE):
            while b"\n" not in self._buffer:
                try:
                    data = await self.stream.receive_some(1 << 16)
                except trio.BrokenResourceError:
                    return None
                if not data:
                    return None
                self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return json.loads(line)

    async def answer(self, id_: int) -> Any:
        """The response to a request; keeps notifications that arrive before it."""
        while True:
            message = await self.read()
            assert message is not None, "the server hung up"
            if "method" not in message:
                assert message["id"] == id_, message
                return message
            self.notifications.append(message)

    async def call(self, method: str, params: object = None) -> Any:
        """The result of a call."""
        response = await self.answer(await self.post(method, params))
        assert "result" in response, response["error"]
        return response["result"]

    async def notification(self) -> Any:
        """The next notification."""
        return self.notifications.pop(0) if self.notifications else await self.read()

    async def hung_up(self) -> bool:
        """Whether the server closes the connection without another message."""
        return await self.read() is None

    async def question(self) -> str:
        """Create a question, and return its id."""
        project = await self.call("project.create", {"name": "p", "workingDir": "/p"})
        task = await self.call("task.create", {"title": "t", "projectId": project["id"]})
        session = await self.call("session.spawn", {"taskIds": [task["id"]]})
        asked = await self.call("attention.ask", {"message": "?", "sessionId": session["id"]})
        return str(asked["id"])


class SocketServer:
    """A server that listens on ``path``."""

    def __init__(self, path: Path, services: Services) -> None:
        self.path = path
        self.services = services

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[SocketClient]:
        """A connected client."""
        stream = await trio.open_unix_socket(str(self.path))
        async with stream:
            yield SocketClient(stream)

    async def is_healthy(self) -> bool:
        """Whether another client is served normally."""
        async with self.client() as client:
            return bool((await client.call("system.status"))["pid"])


@asynccontextmanager
async def serving(
    folder: Path, services: Services | None = None, *, patience: float = PATIENCE
) -> AsyncGenerator[SocketServer]:
    """A server for the block; it ends gracefully."""
    server = SocketServer(folder / "maestrod.sock", services or parts())
    listener = socket.socket(socket.AF_UNIX)
    listener.setblocking(False)
    listener.bind(str(server.path))
    listener.listen(512)
    with listener:
        async with trio.open_nursery() as nursery:

            async def run(task_status: trio.TaskStatus[None]) -> None:
                await serve_unix(listener, server.services, patience=patience, task_status=task_status)

            await nursery.start(run)
            try:
                yield server
            finally:
                server.services.stopping.set()
