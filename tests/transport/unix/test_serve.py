"""Serving begins when announced, and ends gracefully or at once."""

import socket
from pathlib import Path

import pytest
import trio

from maestrod.rpc.bind import bindings
from maestrod.rpc.handler import HANDLERS
from maestrod.store.memory import MemoryStore
from maestrod.transport.unix.serve import serve_unix
from tests.kit.clients.socket_client import serving
from tests.kit.parts.rpc_parts import parts
from tests.kit.patience import PATIENCE


async def test_started_means_that_a_client_is_served(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        assert await server.is_healthy()


async def test_a_method_without_an_implementation_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(HANDLERS, "system.status")
    bindings.cache_clear()  # this process has bound the whole contract before
    with socket.socket(socket.AF_UNIX) as listener, pytest.raises(RuntimeError, match=r"system\.status must be bound"):
        await serve_unix(listener, parts())


async def test_at_the_end_pending_work_finishes_and_new_work_is_refused(tmp_path: Path) -> None:
    store = MemoryStore(lambda call: None, hold=True)
    services = parts(store)
    async with serving(tmp_path, services) as server, server.client() as client:
        working = await client.post("project.create", {"name": "shop", "workingDir": "/shop"})
        assert await server.is_healthy()
        services.stopping.set()
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises((OSError, AssertionError, trio.TooSlowError)), trio.fail_after(0.1):
            await server.is_healthy()
        store.commit()
        assert (await client.answer(working))["result"]["name"] == "shop"
        assert await client.hung_up()


async def test_at_the_end_waiting_callers_are_notified(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        question = await client.question()
        waiting = await client.post("attention.wait", {"attentionId": question})
        await client.call("event.subscribe")
        server.services.stopping.set()
        assert (await client.answer(waiting))["error"]["data"]["code"] == "daemon.stopping"
        assert await client.hung_up()


async def test_the_answer_to_stop_is_still_sent(tmp_path: Path) -> None:
    stopping = trio.Event()
    services = parts(stopping=stopping, request_stop=lambda sessions: stopping.set())
    async with serving(tmp_path, services) as server, server.client() as client:
        assert (await client.call("system.stop"))["pid"] == 4242
        assert await client.hung_up()


async def test_cancelling_ends_it_at_once_and_leaves_the_listener_open(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.setblocking(False)
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: serve_unix(listener, parts(), task_status=task_status))
            client = await trio.open_unix_socket(str(tmp_path / "s"))
            await client.send_all(b'{"jsonrpc":"2.0","id":1,"method":"system.status"}\n')
            with trio.fail_after(PATIENCE):
                assert await client.receive_some()
                nursery.cancel_scope.cancel()
        assert listener.fileno() >= 0
        await client.aclose()
