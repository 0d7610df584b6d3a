"""A connection: keep-alive, pipelining, bodies, versions, and clients that leave while they wait."""

import json

import pytest
import trio
import trio.testing

from tests.kit.clients.bridge_client import BridgeServer, ask_on, bridging, read_answer
from tests.kit.patience import PATIENCE


async def question(server: BridgeServer) -> str:
    """The id of a question that waits for a person."""
    project = await server.call("POST", "/api/projects", {"name": "p", "workingDir": "/p"})
    task = await server.call("POST", "/api/tasks", {"title": "t", "projectId": project["id"]})
    session = await server.call("POST", "/api/sessions/spawn", {"taskIds": [task["id"]]})
    asked = await server.call("POST", "/api/attention", {"message": "?", "sessionId": session["id"]})
    return str(asked["id"])


async def test_many_requests_on_one_connection() -> None:
    async with bridging() as server, await server.connect() as stream:
        for number in range(20):
            body = {"name": str(number), "workingDir": f"/{number}"}
            assert (await ask_on(stream, server.request("POST", "/api/projects", body))).status == 201
            assert (await ask_on(stream, server.request("GET", "/api/status"))).json["projects"] == number + 1
        assert server.services.counts["http_connections"] == 1


async def test_a_request_may_arrive_in_single_bytes() -> None:
    async with bridging() as server, await server.connect() as stream:
        for byte in server.request("POST", "/rpc", {"jsonrpc": "2.0", "id": 1, "method": "system.hello"}):
            await stream.send_all(bytes([byte]))
        assert (await read_answer(stream)).json["id"] == 1


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with bridging() as server, await server.connect() as stream:
        calls = [
            server.request("POST", "/rpc", {"jsonrpc": "2.0", "id": n, "method": "system.hello"}) for n in range(5)
        ]
        await stream.send_all(b"".join(calls))
        data = b""
        with trio.fail_after(PATIENCE):
            while data.count(b"HTTP/1.1 200") < 5 or not data.endswith(b"}"):
                data += await stream.receive_some()
        ids = [part.split(b",")[0] for part in data.split(b'"id":')[1:]]
        assert ids == [b"%d" % number for number in range(5)]


@pytest.mark.parametrize("close", ["HTTP/1.0", "Connection: close"])
async def test_a_client_that_wants_one_answer_gets_one(close: str) -> None:
    async with bridging() as server:
        request = server.request("GET", "/health", headers={"Connection": "close"} if ":" in close else None)
        reply = await server.raw(request.replace(b"HTTP/1.1", close.encode()) if "/" in close else request)
        assert reply.startswith(b"HTTP/1.1 200") and b"Connection: close" in reply


async def test_a_client_that_half_closes_still_gets_its_answer() -> None:
    async with bridging() as server, await server.connect() as stream:
        await stream.send_all(server.request("GET", "/api/status"))
        await stream.send_eof()
        assert (await read_answer(stream)).status == 200


async def test_a_body_is_requested_only_when_it_will_be_read() -> None:
    async with bridging() as server, await server.connect() as stream:
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "system.hello"}).encode()
        headers = {"Expect": "100-continue", "Content-Length": str(len(call))}
        await stream.send_all(server.request("POST", "/rpc", b"", headers))
        with trio.fail_after(PATIENCE):
            assert await stream.receive_some() == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await ask_on(stream, call)).status == 200


async def test_a_long_wait_ends_with_the_answer() -> None:
    async with bridging() as server, await server.connect() as stream:
        asked = await question(server)
        await stream.send_all(server.request("GET", f"/api/attention/{asked}/wait"))
        await server.call("POST", f"/api/attention/{asked}/answer", {"value": "yes"})
        assert (await read_answer(stream)).json["answer"]["value"] == "yes"
        assert (await ask_on(stream, server.request("GET", "/health"))).status == 200


async def test_a_client_that_sends_more_calls_while_waiting_is_answered_in_order() -> None:
    async with bridging() as server, await server.connect() as stream:
        asked = await question(server)
        await stream.send_all(server.request("GET", f"/api/attention/{asked}/wait"))
        await stream.send_all(server.request("GET", "/health"))
        await server.call("POST", f"/api/attention/{asked}/answer", {"value": "yes"})
        data = b""
        with trio.fail_after(PATIENCE):
            while b'"status":"ok"' not in data:
                data += await stream.receive_some()
        assert data.index(b'"value":"yes"') < data.index(b'"status":"ok"')


@pytest.mark.parametrize("path", ["rest", "rpc"])
async def test_the_wait_of_a_departed_client_ends(path: str) -> None:
    async with bridging() as server:
        asked = await question(server)
        before = len(server.services.engine.bus.subscribers)
        async with await server.connect() as stream:
            if path == "rest":
                await stream.send_all(server.request("GET", f"/api/attention/{asked}/wait"))
            else:
                call = {"jsonrpc": "2.0", "id": 1, "method": "attention.wait", "params": {"attentionId": asked}}
                await stream.send_all(server.request("POST", "/rpc", call))
            while len(server.services.engine.bus.subscribers) == before:
                await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(PATIENCE):
            while len(server.services.engine.bus.subscribers) > before:
                await trio.lowlevel.checkpoint()


async def test_an_unread_answer_is_dropped_with_its_client(caplog: pytest.LogCaptureFixture) -> None:
    async with bridging(patience=0.2) as server, await server.connect() as stream:
        await stream.send_all(server.request("GET", "/openapi.json") * 40)
        with trio.fail_after(PATIENCE):
            while "unread" not in caplog.text:
                await trio.sleep(0.05)  # the client must not read, so nothing tells it
        assert await server.is_healthy()


async def test_idle_connections_end_when_the_daemon_stops() -> None:
    async with bridging() as server, await server.connect() as idle, await server.connect() as busy:
        asked = await question(server)
        before = len(server.services.engine.bus.subscribers)
        await ask_on(idle, server.request("GET", "/health"))
        await busy.send_all(server.request("GET", f"/api/attention/{asked}/wait"))
        while len(server.services.engine.bus.subscribers) == before:
            await trio.testing.wait_all_tasks_blocked()
        server.services.stopping.set()
        with trio.fail_after(PATIENCE):
            assert await idle.receive_some() == b""
