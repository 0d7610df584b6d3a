"""The real bridge in a test: a server with the daemon's parts on its own port, and clients that can misbehave."""

import json
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h11
import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

from maestrod.rpc.context import Services
from maestrod.transport.bridge.listener import BridgeListener
from maestrod.transport.bridge.serve import serve_bridge
from tests.kit.parts.rpc_parts import parts
from tests.kit.patience import PATIENCE

TOKEN = b"t" * 43
FOREIGN = b"http://app.example:3000"


@dataclass(frozen=True)
class Answer:
    """A response. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable name of a refusal."""
        found: str = self.json["code"]
        return found


class BridgeServer:
    """A bridge that serves ``services`` on the address of ``listener``."""

    def __init__(self, listener: BridgeListener, services: Services) -> None:
        self.listener = listener
        self.services = services
        self.port: int = listener.sock.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.origin = f"http://{self.host}"
        self.authorization = {"Authorization": f"Bearer {TOKEN.decode()}"}

    async def connect(self) -> trio.SocketStream:
        """A connection for arbitrary bytes."""
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    async def raw(self, data: bytes) -> bytes:
        """Send ``data`` on a new connection, and return everything until the server closes it."""
        with trio.fail_after(PATIENCE):
            async with await self.connect() as stream:
                await stream.send_all(data)
                return await until_closed(stream)

    async def ask(
        self,
        verb: str,
        target: str,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
        *,
        token: bool = True,
    ) -> Answer:
        """Make one request on a new connection; headers that are None are left out."""
        with trio.fail_after(PATIENCE):
            async with await self.connect() as stream:
                return await ask_on(stream, self.request(verb, target, body, headers, token=token), verb)

    def request(
        self,
        verb: str,
        target: str,
        body: object = None,
        headers: Mapping[str, str | None] | None = None,
        *,
        token: bool = True,
    ) -> bytes:
        """A request as bytes."""
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        fields: dict[str, str | None] = {"Host": self.host}
        if token:
            fields |= self.authorization
        if body is not None:
            fields |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        fields |= headers or {}
        lines = [f"{name}: {value}\r\n" for name, value in fields.items() if value is not None]
        return f"{verb} {target} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("latin-1") + content

    async def call(self, verb: str, target: str, body: object = None) -> Any:
        """The result of a call that succeeds."""
        answer = await self.ask(verb, target, body)
        assert answer.status in {200, 201}, answer
        return answer.json

    @asynccontextmanager
    async def web_socket(
        self, path: str = "/ws", headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator["UiClient"]:
        """A WebSocket with the token."""
        extra = [(name.encode(), value.encode()) for name, value in (headers or self.authorization).items()]
        async with await self.connect() as stream, trio.open_nursery() as nursery:
            with trio.fail_after(PATIENCE):
                connection = await wrap_client_stream(
                    nursery, stream, self.host, path, extra_headers=extra, max_message_size=1 << 26
                )
            client = UiClient(connection)
            try:
                yield client
            finally:
                with trio.move_on_after(1, shield=True):
                    await connection.aclose()
                nursery.cancel_scope.cancel()

    async def is_healthy(self) -> bool:
        """Whether another client is served normally."""
        return (await self.ask("GET", "/api/status")).status == 200


class UiClient:
    """The client's side of a WebSocket."""

    def __init__(self, connection: WebSocketConnection) -> None:
        self.connection = connection

    async def send(self, message: object) -> None:
        text = message if isinstance(message, str | bytes) else json.dumps(message)
        await self.connection.send_message(text)

    async def read(self) -> Any:
        """The next message, decoded if it is text. Raises ``ConnectionClosed``."""
        with trio.fail_after(PATIENCE):
            message = await self.connection.get_message()
        return json.loads(message) if isinstance(message, str) else message

    async def subscribe(self, **members: object) -> int:
        """Subscribe to events, and return the seq at which the subscription begins."""
        await self.send({"type": "subscribe", **members})
        answer = await self.read()
        assert answer["type"] == "subscribed", answer
        seq: int = answer["seq"]
        return seq

    async def call(self, method: str, params: object = None) -> Any:
        """The result of a call over JSON-RPC."""
        await self.send({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}})
        while "jsonrpc" not in (answer := await self.read()):
            pass
        return answer["result"]


async def ask_on(stream: trio.abc.Stream, request: bytes, verb: str = "GET") -> Answer:
    """The answer to a request on an open connection."""
    await stream.send_all(request)
    return await read_answer(stream, verb)


async def read_answer(stream: trio.abc.Stream, verb: str = "GET") -> Answer:
    """The next answer on a connection."""
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    client.send(h11.Request(method=verb, target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    status, headers, body = 0, {}, b""
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            client.receive_data(bytes(await stream.receive_some(1 << 16)))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return Answer(status, headers, body)
        elif not isinstance(event, h11.InformationalResponse):
            raise AssertionError(f"the server hung up: {event!r}")


async def until_closed(stream: trio.abc.Stream) -> bytes:
    """Everything until the server closes the connection."""
    data = b""
    try:
        while piece := await stream.receive_some(1 << 16):
            data += piece
    except trio.BrokenResourceError:
        pass
    return data


def listener_on_loopback(page: Path | None = None, **given: Any) -> BridgeListener:
    """A listener on a free port of the loopback interface."""
    sock = socket.create_server(("127.0.0.1", 0), backlog=512)
    sock.setblocking(False)
    port = sock.getsockname()[1]
    hosts = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
    made = BridgeListener(
        sock=sock,
        url=f"http://127.0.0.1:{port}",
        hosts=frozenset(host.encode() for host in hosts),
        own_origins=frozenset(f"http://{host}".encode() for host in hosts),
        other_origins=frozenset({FOREIGN}),
        token=TOKEN,
        page=page,
    )
    return replace(made, **given)


@asynccontextmanager
async def bridging(
    services: Services | None = None,
    *,
    page: Path | None = None,
    patience: float = PATIENCE,
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[BridgeServer]:
    """A bridge for the block; it ends gracefully."""
    server = BridgeServer(listener_on_loopback(page, tls=tls), services or parts())
    server.services.bridge.url = server.listener.url
    with server.listener.sock:
        async with trio.open_nursery() as nursery:

            async def run(task_status: trio.TaskStatus[None]) -> None:
                await serve_bridge(server.listener, server.services, patience=patience, task_status=task_status)

            await nursery.start(run)
            try:
                yield server
            finally:
                server.services.stopping.set()
