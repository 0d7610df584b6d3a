"""One connection: answers of one read together, reading stops when enough is pending, and both ends may leave at any time."""

import json
import socket
from pathlib import Path
from unittest.mock import create_autospec

import trio
import trio.testing

from maestrod.rpc.conversation import WAITING_LIMIT
from maestrod.rpc.dispatch import Dispatcher
from maestrod.store.memory import MemoryStore
from maestrod.transport.unix.connection import UNSENT_HIGH, UNSENT_LOW, Loop, UnixConnection
from tests.kit.clients.socket_client import serving
from tests.kit.parts.rpc_parts import parts
from tests.kit.patience import PATIENCE

STATUS = b'{"jsonrpc":"2.0","id":1,"method":"system.status"}'


async def test_a_call_gets_its_answer(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        assert (await client.call("system.status"))["version"] == "0.1.0"


async def test_answers_of_one_read_are_sent_together_and_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        await client.send(b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"project.list"}\n' % n for n in range(500)))
        assert [(await client.read())["id"] for _ in range(500)] == list(range(500))


async def test_a_client_that_sends_headers_is_answered_with_headers(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        await client.send(b"Content-Length: %d\r\n\r\n%b" % (len(STATUS), STATUS))
        with trio.fail_after(PATIENCE):
            data = await client.stream.receive_some()
        head, _, body = data.partition(b"\r\n\r\n")
        assert head == b"Content-Length: %d" % len(body) and json.loads(body)["id"] == 1


async def test_a_request_may_come_byte_by_byte(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        for byte in STATUS + b"\n":
            await client.send(bytes([byte]))
        assert (await client.read())["id"] == 1


async def test_a_client_that_closes_its_sending_side_still_gets_its_answers(tmp_path: Path) -> None:
    store = MemoryStore(lambda call: None, hold=True)
    async with serving(tmp_path, parts(store)) as server, server.client() as client:
        await client.post("project.create", {"name": "shop", "workingDir": "/shop"})
        await client.stream.send_eof()
        assert await server.is_healthy()
        store.commit()
        assert (await client.read())["result"]["name"] == "shop"
        assert await client.hung_up()


async def test_many_commands_over_one_connection_share_a_flush(tmp_path: Path) -> None:
    store = MemoryStore(lambda call: None, hold=True)
    async with serving(tmp_path, parts(store)) as server, server.client() as client:
        for number in range(64):
            await client.post("project.create", {"name": f"p{number}", "workingDir": f"/{number}"})
        assert await server.is_healthy()
        store.commit()
        assert [(await client.read())["id"] for _ in range(64)] == list(range(1, 65))


async def test_a_client_with_too_many_waits_is_not_read_until_one_ends(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        question = await client.question()
        waits = [await client.post("attention.wait", {"attentionId": question}) for _ in range(WAITING_LIMIT)]
        late = await client.post("system.status")
        async with server.client() as other:
            await other.call("attention.answer", {"attentionId": question, "value": "yes"})
        answered = [(await client.read())["id"] for _ in range(WAITING_LIMIT + 1)]
        assert sorted(answered) == [*waits, late] and answered[0] != late


async def test_a_client_that_takes_no_answers_is_not_read(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        long = {"name": "p", "workingDir": "/p", "description": "x" * 200_000}
        await client.call("project.create", long)
        asked = b'{"jsonrpc":"2.0","id":1,"method":"project.list"}\n' * 100

        async def ask_on() -> None:
            while True:
                await client.stream.send_all(asked)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask_on)
            await trio.testing.wait_all_tasks_blocked(0.05)
            nursery.cancel_scope.cancel()
        answered = server.services.counts["messages"]
        assert answered < 2 * UNSENT_HIGH / 200_000 + 5
        assert await server.is_healthy()
        assert server.services.counts["messages"] == answered + 1


async def test_a_client_that_takes_no_answers_is_cut_off_eventually(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=0.1) as server, server.client() as client:
        await client.call("project.create", {"name": "p", "workingDir": "/p", "description": "x" * 200_000})
        with trio.fail_after(PATIENCE):
            try:
                while True:
                    await client.stream.send_all(b'{"jsonrpc":"2.0","id":1,"method":"project.list"}\n' * 100)
            except trio.BrokenResourceError:
                pass
        assert await server.is_healthy()


async def test_two_tasks_wait_for_room_on_one_connection() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    connection = UnixConnection(create_autospec(Loop, instance=True), ours, Dispatcher(parts(), {}))
    with theirs:
        connection.send(b"x" * (8 << 20))
        connection.work()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(connection.wait_room)
            nursery.start_soon(connection.wait_room)
            await trio.testing.wait_all_tasks_blocked()
            assert len(nursery.child_tasks) == 2
            while connection.unsent > UNSENT_LOW:
                theirs.recv(1 << 20)
                connection.work()
        connection.close()


async def test_a_client_that_leaves_while_it_is_not_read_is_noticed(tmp_path: Path) -> None:
    services = parts()
    async with serving(tmp_path, services, patience=0.2) as server:
        async with server.client() as client:
            question = await client.question()
            for _ in range(WAITING_LIMIT + 5):
                await client.post("attention.wait", {"attentionId": question})
            async with server.client() as other:
                await other.call("system.status")
            assert services.engine.bus.subscribers
        with trio.fail_after(PATIENCE):
            while services.engine.bus.subscribers:  # a socket that is not read gives no event when its peer leaves
                await trio.sleep(0.02)


async def test_a_reset_connection_counts_as_closed(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        for _ in range(20):
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(str(server.path))
            raw.send(STATUS + b"\n")
            raw.close()  # with an answer unread: the server's next write or read fails
        assert await server.is_healthy()
