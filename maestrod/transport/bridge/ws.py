"""A WebSocket of the bridge: UI events, JSON-RPC as on the Unix socket, or a session's terminal.

trio-websocket does the handshake and reads frames, on the connection of the request. We send past it, as ready frames:
an event is encoded once for all clients, and an answer is written as soon as it is ready. Both go through one channel,
which never splits a frame.
"""

import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
import trio
from trio_websocket import ConnectionClosed, wrap_server_stream

from maestrod.api.errors import MaestroError, Malformed
from maestrod.api.event import EventSubscribe, Filter, Topics
from maestrod.api.protocol.wire import LARGE_REQUEST_LIMIT
from maestrod.api.text.json_text import repeated
from maestrod.rpc.catch_up import past
from maestrod.rpc.context import ClientState
from maestrod.rpc.conversation import Conversation
from maestrod.rpc.dispatch import Dispatcher
from maestrod.transport.bridge.channel import UNSENT_HIGH, Channel
from maestrod.transport.bridge.fanout import Fanout
from maestrod.transport.bridge.frames import CLOSE, GOING_AWAY, TRY_AGAIN, close_frame, text_frame
from maestrod.transport.bridge.gate import ClientIdentity
from maestrod.transport.bridge.ui_event_stream import UiEventStream

#: Seconds for the handshake, which we answer without waiting.
_HANDSHAKE_SECONDS = 5.0

Run = Callable[["Inbox"], Awaitable[None]]


class Inbox:
    """The messages of a client, from trio-websocket's connection."""

    def __init__(self, socket: Any, wait_for: Callable[[], float]) -> None:
        self._socket = socket
        self._wait_for = wait_for

    async def next(self) -> str | bytes | None:
        """The next message; None when the client is gone."""
        try:
            message: str | bytes = await self._socket.get_message()
        except ConnectionClosed:
            return None
        seconds = self._wait_for()
        while seconds > 0:  # a client that sends too fast is read more slowly
            await trio.sleep(seconds)
            seconds = self._wait_for()
        return message


class _Upgraded(trio.abc.Stream):
    """The connection beginning with the request, which was read already.

    Bytes that arrived after the request in the same packet are returned only after the handshake: wsproto would hold
    them back until more bytes arrive.
    """

    def __init__(self, channel: Channel, seen: bytes) -> None:
        end = seen.find(b"\r\n\r\n") + 4
        self.accepted = trio.Event()
        self._channel = channel
        self._head, self._rest = seen[:end], seen[end:]

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        await trio.lowlevel.checkpoint()
        if self._head:
            head, self._head = self._head, b""
            return head
        await self.accepted.wait()
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        return await self._channel.receive_some(max_bytes)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if data[:1] == b"%c" % CLOSE:  # trio-websocket sends one frame at a time
            self._channel.write_last(bytes(data))
        else:
            await self._channel.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._channel.wait_room()

    async def aclose(self) -> None:
        await self._channel.aclose()


async def serve_web_socket(
    channel: Channel, seen: bytes, talk: Run, wait_for: Callable[[], float] = lambda: 0.0
) -> None:
    """Finish the handshake that ``seen`` begins with, and run ``talk`` with the connection until one side ends it.

    ``wait_for`` counts a message and returns how many seconds it must wait.
    """
    async with trio.open_nursery() as nursery:
        with trio.move_on_after(_HANDSHAKE_SECONDS) as scope:
            stream = _Upgraded(channel, seen)
            request = await wrap_server_stream(nursery, stream, max_message_size=LARGE_REQUEST_LIMIT)
            socket = await request.accept()
            scope.deadline = math.inf
            stream.accepted.set()
            await talk(Inbox(socket, wait_for))
        nursery.cancel_scope.cancel()


class _Message(msgspec.Struct, rename="camel"):
    """A message from a client of UI events; ``jsonrpc`` marks one for the conversation instead."""

    type: str = ""
    jsonrpc: Any = None
    since: int | None = None
    topics: Topics = ()
    session_ids: Filter = ()
    task_ids: Filter = ()
    project_id: str | None = None
    root_id: str | None = None
    coalesce: bool = False


_read = msgspec.json.Decoder(_Message)
_encode = msgspec.json.Encoder().encode


class ClientSocket:
    """One client that follows UI events and makes JSON-RPC calls; the ``Wire`` of its conversation."""

    def __init__(self, channel: Channel, dispatcher: Dispatcher, fanout: Fanout, caller: ClientIdentity) -> None:
        self._channel = channel
        self._services = dispatcher.services
        self._fanout = fanout
        self._nursery: trio.Nursery
        self._stream: UiEventStream | None = None
        self._roomy: trio.Event | None = None
        self._working = False
        self.conversation = Conversation(dispatcher, self, ClientState(self, caller.scope, name=caller.name))

    @property
    def unsent(self) -> int:
        """Bytes that the client has not yet received."""
        return self._channel.unsent

    def send(self, message: bytes) -> None:
        """Queue an answer or a notification; it is sent together with others of the same turn."""
        self._channel.queue(text_frame(message))
        if not self._working:
            self._fanout.flush_soon(self._channel.flush)

    def flush(self) -> None:
        """Send what the client can receive right now."""
        self._channel.flush()

    async def wait_room(self) -> None:
        """Return when little is unsent."""
        await self._channel.wait_room()

    def resume(self) -> None:
        """Continue reading: the conversation has room for more calls."""
        if self._roomy is not None:
            self._roomy.set()
            self._roomy = None

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task beside the connection."""
        self._nursery.start_soon(task)

    async def talk(self, inbox: Inbox) -> None:
        """Serve until the client or the daemon ends it."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._say_goodbye)
            try:
                await self._converse(inbox)
            finally:  # while the nursery is open: the fan-out may be about to disconnect us, which starts a task
                self._unsubscribe()
                self.conversation.close()
            nursery.cancel_scope.cancel()

    async def _converse(self, inbox: Inbox) -> None:
        while (message := await inbox.next()) is not None:
            self._work(message.encode() if isinstance(message, str) else message)
            while self.conversation.busy:
                if self._roomy is None:
                    self._roomy = trio.Event()
                await self._roomy.wait()
            if self._channel.unsent > UNSENT_HIGH:
                await self._channel.wait_room()

    async def _say_goodbye(self) -> None:
        await self._services.stopping.wait()
        self.conversation.stop()
        self._end(GOING_AWAY, "the daemon is stopping")

    def _work(self, message: bytes) -> None:
        """Process a message; immediate answers are sent at once."""
        self._working = True
        try:
            self._take(message)
        finally:
            self._working = False
        self._channel.flush()

    def _take(self, message: bytes) -> None:
        if message.lstrip()[:1] == b"[":
            self.conversation.receive(message)
            return
        try:
            read = _read.decode(message)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            if b'"jsonrpc"' in message:
                self.conversation.receive(message)
            else:
                self._refuse(Malformed("message.invalid", f"invalid message: {error}"[:500]))
            return
        if read.jsonrpc is not None:
            self.conversation.receive(message)
            return
        try:
            if (place := repeated(message)) is not None:
                raise Malformed("message.repeated_member", f"`{place}` appears twice", {"path": f"$.{place}"})
            self._obey(read)
        except MaestroError as error:
            self._refuse(error)

    def _obey(self, message: _Message) -> None:
        match message.type:
            case "subscribe":
                self._subscribe(message)
            case "unsubscribe":
                self._unsubscribe()
                self._tell({"type": "unsubscribed"})
            case "ping":
                self._tell({"type": "pong", "timestamp": self._services.engine.clock.wall()})
            case _:
                raise Malformed("message.unknown", "a message must be subscribe, unsubscribe, ping or JSON-RPC")

    def _subscribe(self, message: _Message) -> None:
        filter_ = EventSubscribe(
            topics=message.topics,
            session_ids=message.session_ids,
            task_ids=message.task_ids,
            project_id=message.project_id,
            root_id=message.root_id,
        )
        earlier = past(self._services, message.since) if message.since is not None else None
        self._unsubscribe()
        stream = self._stream = UiEventStream(
            self._services,
            self._fanout,
            self._channel,
            filter_,
            coalesce=message.coalesce,
            cut=self._cut,
            start=self.start,
        )
        if message.since is not None:
            stream.sent = message.since
        self._tell({"type": "subscribed", "seq": stream.sent})
        if earlier is None:
            stream.go_live()
        else:
            self.start(partial(self._catch_up, stream, earlier))

    async def _catch_up(self, stream: UiEventStream, earlier: Any) -> None:
        try:
            await stream.catch_up(earlier)
        except MaestroError as error:  # a journal segment was deleted while a slow client was reading it
            self._refuse(error)

    def _unsubscribe(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _cut(self, last_seq: int) -> None:
        self._end(TRY_AGAIN, f"too slow: subscribe again with since={last_seq}")

    def _end(self, code: int, reason: str) -> None:
        self._channel.write_last(close_frame(code, reason))
        self._nursery.start_soon(self._channel.part)

    def _tell(self, message: dict[str, Any]) -> None:
        self.send(_encode(message))

    def _refuse(self, error: MaestroError) -> None:
        code = "resync_required" if error.http_status == 410 else error.reason
        seq = self._services.engine.bus.seq
        self._tell({"type": "error", "code": code, "message": error.message, "details": error.details, "seq": seq})
