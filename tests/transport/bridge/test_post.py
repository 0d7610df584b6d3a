"""JSON-RPC over HTTP: one message in, its answer out."""

from typing import Any

import pytest

from tests.kit.clients.bridge_client import BridgeServer, bridging


async def post(server: BridgeServer, message: object) -> Any:
    answer = await server.ask("POST", "/rpc", message)
    assert answer.status == 200
    return answer.json


def request(method: str, id_: object = 1, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}


async def test_a_call_gets_its_answer() -> None:
    async with bridging() as server:
        assert (await post(server, request("system.hello", "x")))["id"] == "x"
        made = await post(server, request("project.create", name="p", workingDir="/p"))
        assert made["result"]["name"] == "p"


async def test_a_batch_gets_one_answer() -> None:
    async with bridging() as server:
        batch = [request("project.create", n, name=str(n), workingDir=f"/{n}") for n in range(3)]
        answers = await post(server, [*batch, 1, {"jsonrpc": "2.0", "method": "system.status"}])
        assert sorted(str(answer["id"]) for answer in answers) == ["0", "1", "2", "None"]


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "method": "system.status"},
        {"jsonrpc": "2.0", "method": "project.create", "params": {"name": "p", "workingDir": "/p"}},
        [{"jsonrpc": "2.0", "method": "system.status"}] * 2,
    ],
)
async def test_notifications_have_no_answer(message: object) -> None:
    async with bridging() as server:
        answer = await server.ask("POST", "/rpc", message)
        assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    "body, code", [(b"{", -32700), (b"[]", -32600), (b"1", -32600), (b"", -32700), (b"\xff", -32700)]
)
async def test_an_invalid_request_is_answered_as_json_rpc_demands(body: bytes, code: int) -> None:
    async with bridging() as server:
        assert (await post(server, body))["error"]["code"] == code


async def test_an_answer_that_ends_cannot_be_followed() -> None:
    async with bridging() as server:
        before = len(server.services.engine.bus.subscribers)
        error = (await post(server, request("event.subscribe")))["error"]
        assert (error["code"], error["data"]["code"]) == (422, "event.no_stream")
        assert len(server.services.engine.bus.subscribers) == before
