"""A client's WebSocket: UI events with filters and since, JSON-RPC beside them, and errors."""

import json
import socket
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed

from maestrod.api.errors import ResyncRequired
from maestrod.store.memory import MemoryStore
from maestrod.transport.bridge.channel import Channel
from maestrod.transport.bridge.frames import CLOSE, close_frame, text_frame
from maestrod.transport.bridge.ws import Inbox, serve_web_socket
from tests.kit.clients.attacked import UPGRADE, masked
from tests.kit.clients.bridge_client import BridgeServer, UiClient, bridging, read_answer
from tests.kit.parts.rpc_parts import Caller, parts
from tests.kit.patience import PATIENCE


async def project(server: BridgeServer, name: str = "p") -> str:
    made: str = (await server.call("POST", "/api/projects", {"name": name, "workingDir": f"/{name}"}))["id"]
    return made


@pytest.mark.parametrize("path", ["/ws", "/", "/api/events/stream"])
async def test_events_arrive_as_they_happen(path: str) -> None:
    async with bridging() as server, server.web_socket(path) as client:
        assert await client.subscribe() == 0
        made = await project(server)
        event = await client.read()
        assert (event["type"], event["event"], event["seq"], event["id"]) == ("event", "project:created", 1, made)
        assert event["data"]["name"] == "p"


async def test_since_returns_the_missed_events() -> None:
    async with bridging() as server:
        for number in range(5):
            await project(server, str(number))
        async with server.web_socket() as client:
            assert await client.subscribe(since=2) == 2
            assert [(await client.read())["seq"] for _ in range(3)] == [3, 4, 5]
            await project(server)
            assert (await client.read())["seq"] == 6


async def test_filters_are_the_same_as_on_the_socket() -> None:
    async with bridging() as server, server.web_socket() as client:
        first, second = await project(server, "1"), await project(server, "2")
        await client.subscribe(topics=["task"], projectId=second)
        await server.call("POST", "/api/tasks", {"title": "no", "projectId": first})
        await server.call("POST", "/api/tasks", {"title": "yes", "projectId": second})
        assert (await client.read())["data"]["title"] == "yes"


async def test_another_subscribe_replaces_the_one_before() -> None:
    async with bridging() as server, server.web_socket() as client:
        await client.subscribe(topics=["task"])
        await client.subscribe(topics=["project"])
        await project(server)
        assert (await client.read())["event"] == "project:created"
        await client.send({"type": "unsubscribe"})
        assert (await client.read())["type"] == "unsubscribed"
        await project(server, "other")
        await client.send({"type": "ping"})
        assert (await client.read())["type"] == "pong"


async def test_json_rpc_and_events_share_the_connection() -> None:
    async with bridging() as server, server.web_socket() as client:
        assert (await client.call("system.hello"))["server"] == "maestrod"
        await client.send([{"jsonrpc": "2.0", "id": 1, "method": "system.status"}, {"jsonrpc": "2.0", "method": "x"}])
        assert [answer["id"] for answer in await client.read()] == [1]
        assert (await client.call("event.subscribe", {}))["seq"] == 0
        await project(server)
        notified = await client.read()
        assert (notified["method"], notified["params"]["event"]["type"]) == ("event", "project.created")


@pytest.mark.parametrize(
    "message, code",
    [
        ("{", "message.invalid"),
        ('"text"', "message.invalid"),
        ("{}", "message.unknown"),
        ('{"type":"dance"}', "message.unknown"),
        ('{"type":"subscribe","type":"ping"}', "message.repeated_member"),
        ('{"type":"subscribe","since":"x"}', "message.invalid"),
        ('{"type":"subscribe","topics":"x"}', "message.invalid"),
        (b"\xff\xfe", "message.invalid"),
        ("[" * 5000, -32700),
        ('{"jsonrpc":"2.0","id":', -32700),
        ('{"jsonrpc":"1.0","id":1,"method":"system.status"}', -32600),
    ],
)
async def test_errors_in_a_message_are_reported(message: str | bytes, code: object) -> None:
    async with bridging() as server, server.web_socket() as client:
        await client.send(message)
        answer = await client.read()
        assert code == (answer["error"]["code"] if "error" in answer else answer["code"])
        await client.subscribe()


async def test_missing_events_are_replaced_by_reading_the_state() -> None:
    class Forgetful(MemoryStore):
        def events_since(self, seq: int) -> Any:
            if seq < 2:
                raise ResyncRequired("event.resync_required", "events are kept from 3 on")
            return super().events_since(seq)

    store = Forgetful(trio.lowlevel.current_trio_token().run_sync_soon)
    async with bridging(parts(store)) as server, server.web_socket() as client:
        for number in range(4):
            await project(server, str(number))
        await client.send({"type": "subscribe", "since": 0})
        error = await client.read()
        assert (error["type"], error["code"], error["seq"]) == ("error", "resync_required", 4)
        await client.send({"type": "subscribe", "since": 1000})
        assert (await client.read())["code"] == "resync_required"
        assert await client.subscribe(since=error["seq"]) == 4
        await project(server)
        assert (await client.read())["seq"] == 5


async def test_the_daemon_says_goodbye() -> None:
    async with bridging() as server, server.web_socket() as client:
        await client.subscribe()
        server.services.stopping.set()
        with pytest.raises(ConnectionClosed) as closed:
            await client.read()
        assert closed.value.reason is not None and closed.value.reason.code == 1001


async def test_a_frame_in_the_same_packet_as_the_handshake_is_not_lost() -> None:
    async with bridging() as server, await server.connect() as stream:
        ping = masked(0x81, json.dumps({"type": "ping"}).encode())
        await stream.send_all(server.request("GET", "/ws", headers=UPGRADE) + ping)
        data = b""
        with trio.fail_after(PATIENCE):
            while b"pong" not in data:
                data += await stream.receive_some()


async def test_nothing_follows_the_answer_to_a_close_frame() -> None:
    """An event of that moment would be data behind our Close frame, which browsers report as an error."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    client = trio.SocketStream(trio.socket.from_stdlib_socket(theirs))
    head = b"GET /ws HTTP/1.1\r\nHost: x\r\n" + b"".join(f"{k}: {v}\r\n".encode() for k, v in UPGRADE.items())

    async def tell(channel: Channel) -> None:
        while True:
            channel.write(text_frame(b"event"))
            await trio.lowlevel.checkpoint()

    async def talk(inbox: Inbox) -> None:
        async with trio.open_nursery() as telling:
            for _ in range(4):  # whoever's turn comes between our Close frame and the end of the connection
                telling.start_soon(tell, channel)
            await trio.sleep_forever()

    with trio.fail_after(PATIENCE):
        async with client, trio.open_nursery() as nursery:
            channel = Channel(ours, nursery.start_soon, PATIENCE)
            nursery.start_soon(serve_web_socket, channel, head + b"\r\n", talk)
            data = await client.receive_some()
            await client.send_all(masked(CLOSE, b"\x03\xe8"))
            while piece := await client.receive_some():
                data += piece
            nursery.cancel_scope.cancel()
    assert data.endswith(close_frame(1000, ""))


async def test_a_handshake_without_a_key_is_answered_and_closed() -> None:
    async with bridging() as server, await server.connect() as stream:
        headers = {name: value for name, value in UPGRADE.items() if name != "Sec-WebSocket-Key"}
        await stream.send_all(server.request("GET", "/ws", headers=headers))
        with trio.fail_after(PATIENCE):
            assert (await read_answer(stream)).status == 400
        assert await server.is_healthy()


async def test_a_client_that_floods_calls_delays_only_itself() -> None:
    async with bridging() as server, server.web_socket() as client:
        made = await project(server)
        task = await server.call("POST", "/api/tasks", {"title": "t", "projectId": made})
        session = await server.call("POST", "/api/sessions/spawn", {"taskIds": [task["id"]]})
        asked = await server.call("POST", "/api/attention", {"message": "?", "sessionId": session["id"]})
        for number in range(60):
            params = {"attentionId": asked["id"]}
            await client.send({"jsonrpc": "2.0", "id": number, "method": "attention.wait", "params": params})
        await server.call("POST", f"/api/attention/{asked['id']}/answer", {"value": "yes"})
        assert sorted([(await client.read())["id"] for _ in range(60)]) == list(range(60))


async def test_messages_that_become_ready_together_are_sent_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bridging() as server, server.web_socket() as client:
        await client.call("event.subscribe", {})
        caller = Caller(server.services)
        pushes: list[int] = []
        push = Channel._push

        def counted(self: Channel) -> bool:
            pushes.append(self._outbox.count)
            return push(self)

        monkeypatch.setattr(Channel, "_push", counted)
        for number in range(20):
            caller.post("project.create", {"name": str(number), "workingDir": f"/{number}"})
        seqs = [(await client.read())["params"]["event"]["seq"] for _ in range(20)]
        assert seqs == list(range(1, 21)) and max(pushes) > 1 and len(pushes) < 10


async def test_two_pages_receive_the_same(nursery: trio.Nursery) -> None:
    async with bridging() as server, server.web_socket() as first, server.web_socket() as second:
        await first.subscribe()
        await second.subscribe()
        await project(server)

        async def next_event(client: UiClient) -> Any:
            return await client.read()

        assert await next_event(first) == await next_event(second)
