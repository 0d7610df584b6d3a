"""What is where: REST, documents, numbers; and that every way to a call gives the same."""

import hashlib
import hmac
import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from maestrod.api.method import Access
from maestrod.api.registry import METHODS
from maestrod.api.routes import FOLLOWING
from tests.kit.bridge_client import FOREIGN, TOKEN, BridgeServer, bridging
from tests.kit.rpc_parts import Caller


async def test_an_entity_is_made_read_changed_and_removed() -> None:
    async with bridging() as server:
        made = await server.ask("POST", "/api/projects", {"name": "p", "workingDir": "/p"})
        assert made.status == 201
        path = f"/api/projects/{made.json['id']}"
        assert (await server.ask("PATCH", path, {"description": "d"})).json["description"] == "d"
        assert (await server.ask("PUT", path, {"description": "e"})).status == 200
        assert (await server.ask("GET", path)).json["description"] == "e"
        assert (await server.ask("DELETE", path)).status == 200
        gone = await server.ask("GET", path)
        assert (gone.status, gone.code, gone.json["error"]) == (404, "project.not_found", True)


async def test_subtasks_have_the_path_programs_look_for() -> None:
    async with bridging() as server:
        project = await server.call("POST", "/api/projects", {"name": "p", "workingDir": "/p"})
        root = await server.call("POST", "/api/tasks", {"title": "t", "projectId": project["id"]})
        sub = await server.ask("POST", f"/api/tasks/{root['id']}/subtasks", {"title": "s"})
        assert sub.status == 201
        for path in ("subtasks", "children"):
            listed = await server.call("GET", f"/api/tasks/{root['id']}/{path}")
            assert [item["id"] for item in listed["items"]] == [sub.json["id"]]


@pytest.mark.parametrize(
    "verb, path, body, status, code",
    [
        ("GET", "/api/none", None, 404, "bridge.no_such_path"),
        ("GET", "/none", None, 404, "bridge.no_such_path"),
        ("DELETE", "/api/tasks", None, 405, "bridge.verb"),
        ("POST", "/openapi.json", {}, 405, "bridge.verb"),
        ("GET", "/rpc", None, 426, "bridge.upgrade"),
        ("GET", "/ws", None, 426, "bridge.upgrade"),
        ("GET", "/api/events/stream", None, 422, "event.no_stream"),
        ("GET", "/api/tasks?limit=0", None, 400, "params.invalid"),
        ("GET", "/api/tasks?nothing=1", None, 400, "params.invalid"),
        ("POST", "/api/tasks", {"title": 1}, 400, "params.invalid"),
        ("POST", "/api/tasks", [1], 400, "params.invalid"),
        ("POST", "/api/tasks", b"{", 400, "request.unreadable"),
        ("POST", "/api/tasks", b"", 400, "params.invalid"),
        ("POST", "/api/tasks/tsk_x/start", {}, 404, "task.not_found"),
        ("GET", "/api/events?since=999", None, 410, "event.resync_required"),
    ],
)
async def test_refusals_have_one_form(verb: str, path: str, body: object, status: int, code: str) -> None:
    async with bridging() as server:
        answer = await server.ask(verb, path, body)
        assert (answer.status, answer.code) == (status, code)
        assert answer.json["error"] is True and answer.json["message"]


async def test_an_upgrade_where_there_is_no_web_socket() -> None:
    from tests.kit.attacked import UPGRADE

    async with bridging() as server:
        answer = await server.ask("GET", "/api/tasks", headers=UPGRADE)
        assert (answer.status, answer.code) == (404, "bridge.no_such_path")


async def test_the_documents_and_numbers() -> None:
    async with bridging() as server:
        OpenAPIV31SpecValidator((await server.ask("GET", "/openapi.json")).json).validate()
        numbers = await server.ask("GET", "/metrics")
        assert numbers.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert b"maestrod_slots 8\n" in numbers.body
        head = await server.ask("HEAD", "/metrics")
        assert head.status == 200 and head.body == b""


async def test_a_client_can_make_sure_before_it_sends_the_token() -> None:
    async with bridging() as server:
        plain = await server.ask("GET", "/health", token=False)
        assert set(plain.json) == {"status", "timestamp"}
        asked = (await server.ask("GET", "/health?challenge=abc", token=False)).json
        expected = hmac.new(TOKEN, b"maestrod bridge proof 1\0abc", hashlib.sha256).hexdigest()
        assert (asked["instance"], asked["proof"]) == ("i1", expected)
        assert "proof" not in (await server.ask("GET", "/health?challenge=" + "x" * 300, token=False)).json


async def test_only_an_allowed_origin_may_read_the_answer() -> None:
    async with bridging() as server:
        answer = await server.ask("GET", "/api/status", headers={"Origin": FOREIGN.decode()})
        assert answer.headers["access-control-allow-origin"] == FOREIGN.decode()
        assert "access-control-allow-origin" not in (await server.ask("GET", "/api/status")).headers


async def everywhere(server: BridgeServer, caller: Caller, method: str, params: dict[str, Any]) -> list[Any]:
    """What a call is answered on the socket, by JSON-RPC over HTTP, by REST and over a WebSocket: result, or code and reason."""
    row = METHODS[method]
    path, rest = row.route.path, dict(params)
    for name in list(rest):
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", str(rest.pop(name)))
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answers = [await caller.answer(caller.post(method, params)), (await server.ask("POST", "/rpc", call)).json]
    async with server.web_socket() as page:
        await page.send(call)
        answers.append(await page.read())
    told = [
        answer["result"] if "result" in answer else (answer["error"]["data"]["code"], answer["error"]["message"])
        for answer in answers
    ]
    if "{" in path:
        return told  # a name of the path is optional elsewhere
    if row.route.verb in {"GET", "DELETE"}:
        query = "&".join(f"{name}={_text(value)}" for name, value in rest.items())
        answer = await server.ask(row.route.verb, path + ("?" + query if query else ""))
    else:
        answer = await server.ask(row.route.verb, path, rest)
    plain = answer.json
    return [*told, (plain["code"], plain["message"]) if answer.status >= 400 else plain]


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else json.dumps(value) if not isinstance(value, str) else value


READS = [name for name, row in METHODS.items() if row.access is Access.READ and name not in FOLLOWING]


@pytest.mark.parametrize("method", [name for name in READS if not METHODS[name].waits])
async def test_the_same_call_gives_the_same_result_on_every_surface(method: str, nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        await caller.session()
        row = METHODS[method]
        for params in (row.example, {**row.example, "unknownMember": 1}):
            first, *others = await everywhere(server, caller, method, params)
            if method == "system.metrics" and isinstance(first, dict):
                others = [set(other["values"]) >= set(first["values"]) or other for other in others]
                assert others == [True] * len(others)
            else:
                assert others == [first] * len(others)


async def test_a_change_is_the_same_change_on_every_surface(nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        params = {"name": "p", "workingDir": "/p", "requestId": "same"}
        first, *others = await everywhere(server, caller, "project.create", params)
        assert first["name"] == "p" and others == [first] * 3
        first, *others = await everywhere(server, caller, "project.create", params | {"name": "q"})
        assert first[0] == "request.reused" and others == [first] * 3
