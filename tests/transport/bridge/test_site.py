"""What the bridge serves: REST, documents, metrics."""

import hashlib
import hmac

import pytest

from maestrod.api.protocol.openapi import openapi
from tests.kit.clients.bridge_client import FOREIGN, TOKEN, bridging


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


async def test_an_upgrade_at_a_path_without_a_web_socket_is_refused() -> None:
    from tests.kit.clients.attacked import UPGRADE

    async with bridging() as server:
        answer = await server.ask("GET", "/api/tasks", headers=UPGRADE)
        assert (answer.status, answer.code) == (404, "bridge.no_such_path")


async def test_the_documents_and_metrics_are_served() -> None:
    async with bridging() as server:
        document = openapi(server.services.info.version)  # valid: tests/api/protocol/test_openapi.py
        assert (await server.ask("GET", "/openapi.json")).json == document
        numbers = await server.ask("GET", "/metrics")
        assert numbers.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert b"maestrod_slots 8\n" in numbers.body
        head = await server.ask("HEAD", "/metrics")
        assert head.status == 200 and head.body == b""


async def test_a_client_can_verify_the_daemon_before_it_sends_the_token() -> None:
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
