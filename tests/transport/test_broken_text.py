"""Text that no file can hold, in every member of every method and on every surface: a defined answer, and only valid text is stored.

Half a surrogate pair is read as U+FFFD. Bytes that are not UTF-8 are refused (RFC 8259, section 8.1).
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from maestrod.api.protocol.registry import METHODS
from maestrod.api.protocol.routes import FOLLOWING
from tests.kit.clients.bridge_client import BridgeServer, bridging
from tests.kit.parts.rpc_parts import Caller
from tests.transport.test_surfaces import SURFACES, _call, _filled, _world

HALF = "\ud83d"
INTERNAL = "bug"
#: What waits for somebody, or follows: the reading of its parameters is that of all the others.
ASKED = [name for name, row in METHODS.items() if not row.waits and name not in FOLLOWING and row.example]


def broken(value: Any) -> Iterator[Any]:
    """The value with half a surrogate pair in one of its texts, for each of them."""
    if isinstance(value, str):
        yield value + HALF
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from ({**value, name: other} for other in broken(member))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from ([*value[:number], other, *value[number + 1 :]] for other in broken(item))


async def test_half_a_surrogate_pair_in_any_text_is_no_bug_and_never_stored(nursery: Any) -> None:
    wrong: dict[str, Any] = {}
    for method in ASKED:
        async with bridging() as server:  # a world that no call before has changed
            caller = Caller(server.services, nursery)
            known = await _world(caller)
            for params in broken(_filled(METHODS[method].example, known)):
                answers = [await ask(server, caller, method, params) for ask in (*SURFACES[:3], _by_rest)]
                if found := [answer for answer in answers if not _is_defined(answer)]:
                    wrong[f"{method} {params}"] = found
            if not _is_sound(kept := server.services.engine.world.dump()):
                wrong[f"{method} kept half a pair"] = kept
    assert wrong == {}


async def test_half_a_surrogate_pair_is_kept_as_a_replacement(nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        known = await _world(caller)
        for ask in SURFACES:
            params = {"title": f"cut {HALF}", "projectId": known["projectId"]}
            assert (await ask(server, caller, "task.create", params))["title"] == "cut \ufffd"


@pytest.mark.parametrize(
    "target", ["/api/tasks/%FC", "/api/tasks/%ED%A0%BD", "/api/tasks?search=%FC", "/api/%FC", "/%FC"]
)
async def test_a_target_that_is_not_text_is_refused(target: str) -> None:
    async with bridging() as server:
        answer = await server.ask("GET", target)
        assert 400 <= answer.status < 500, answer


@pytest.mark.parametrize("bad", [b"\xfc", b"\xed\xa0\xbd", b"\xff\xfe"])
async def test_invalid_utf8_is_refused_everywhere(bad: bytes, nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        call = json.dumps(_call("task.create", {"title": "BAD"})).encode().replace(b"BAD", bad)
        caller.conversation.receive(call)
        await caller.wire.count(1)
        assert caller.wire.sent[0]["error"]["code"] == -32700
        posted = await server.ask("POST", "/rpc", call)
        assert posted.json["error"]["code"] == -32700
        rest = await server.ask("POST", "/api/tasks", b'{"title":"' + bad + b'"}')
        assert (rest.status, rest.code) == (400, "request.unreadable")
        async with server.web_socket() as page:
            await page.send(call)
            assert (await page.read())["error"]["code"] == -32700


async def _by_rest(server: BridgeServer, caller: Caller, method: str, params: dict[str, Any]) -> Any:
    route, rest = METHODS[method].route, dict(params)
    path = route.path
    for name in [name for name in params if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", str(rest.pop(name)).replace(HALF, "%ED%A0%BD"))
    if route.verb in {"GET", "DELETE"}:
        words = [f"{name}={value}".replace(HALF, "%ED%A0%BD") for name, value in rest.items() if isinstance(value, str)]
        answer = await server.ask(route.verb, f"{path}?{'&'.join(words)}")
    else:
        answer = await server.ask(route.verb, path, rest)
    return answer.json if answer.status < 500 or answer.status == 503 else (INTERNAL, answer.body)


def _is_defined(answer: Any) -> bool:
    """No bug, and an answer that every client can read."""
    return not (isinstance(answer, tuple) and answer[0] == INTERNAL) and _is_sound(answer)


def _is_sound(value: Any) -> bool:
    """Whether it can be written as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False, default=repr).encode()
    except UnicodeEncodeError:
        return False
    return True
