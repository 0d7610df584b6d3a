"""All surfaces give the same results: the socket, JSON-RPC over HTTP, REST and a WebSocket, for reading and changing calls.

A row that changes something is called on each surface in a world of its own, all of them made alike (the clock is stopped and ids
follow from it). Then both the answer and the world have to be the same, so no surface loses, adds or reads differently a parameter.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from maestrod.api.model.method import Access
from maestrod.api.protocol.registry import METHODS
from maestrod.api.protocol.routes import FOLLOWING
from tests.kit.clients.bridge_client import BridgeServer, bridging
from tests.kit.completeness import lacking
from tests.kit.parts.rpc_parts import Caller

Params = dict[str, Any]
Ask = Callable[[BridgeServer, Caller, str, Params], Awaitable[Any]]


async def by_socket(server: BridgeServer, caller: Caller, method: str, params: Params) -> Any:
    return _told(await caller.answer(caller.post(method, params)))


async def by_post(server: BridgeServer, caller: Caller, method: str, params: Params) -> Any:
    return _told((await server.ask("POST", "/rpc", _call(method, params))).json)


async def by_web_socket(server: BridgeServer, caller: Caller, method: str, params: Params) -> Any:
    async with server.web_socket() as page:
        await page.send(_call(method, params))
        return _told(await page.read())


async def by_rest(server: BridgeServer, caller: Caller, method: str, params: Params) -> Any:
    route, rest = METHODS[method].route, dict(params)
    path = route.path.format(**{name: rest.pop(name) for name in params if f"{{{name}}}" in route.path})
    if route.verb in {"GET", "DELETE"}:
        query = "&".join(f"{name}={_text(value)}" for name, value in rest.items())
        answer = await server.ask(route.verb, path + ("?" + query if query else ""))
    else:
        answer = await server.ask(route.verb, path, rest)
    return (answer.json["code"], answer.json["message"]) if answer.status >= 400 else answer.json


SURFACES: list[Ask] = [by_socket, by_post, by_web_socket, by_rest]
NAMES = ("socket", "POST /rpc", "WebSocket", "REST")

READS = [name for name, row in METHODS.items() if row.access is Access.READ and not row.waits and name not in FOLLOWING]

#: One is answered when somebody decides, the other by a code that nobody can know (``tests/rpc`` has both).
LEFT_OUT = {"permission.ask", "ui.open"}

CHANGES = [name for name, row in METHODS.items() if row.access is not Access.READ and name not in LEFT_OUT]

_PLAN = {"groups": [{"key": "a", "title": "A", "subtasks": [{"key": "b", "title": "B", "commands": ["true"]}]}]}
_SHA256 = "ab" * 32

_CLAIM = ("queue.next", {"sessionId": ""})
_QUESTION = ("attention.ask", {"message": "deploy?", "options": ["yes", "no"], "sessionId": ""})
_SUBMIT = ("plan.submit", {"taskId": "", "plan": _PLAN})
_RUN = ("run.start", {"plan": _PLAN, "workingDir": "/home/ada/shop", "agent": "shell"})
_TOKEN: tuple[str, Params] = ("token.create", {"name": "laptop", "owner": "ada", "scope": "work", "digest": _SHA256})

#: What has to happen first, so that a call does something. Ids of what is there, or was made, stand in for those given.
BEFORE: dict[str, list[tuple[str, Params]]] = {
    "project.delete": [("project.create", {"name": "empty", "workingDir": "/e"})],
    "queue.complete": [_CLAIM],
    "queue.fail": [_CLAIM],
    "queue.skip": [_CLAIM],
    "attention.answer": [_QUESTION],
    "token.revoke": [_TOKEN],
    "run.cancel": [_RUN],
    "run.pause": [_RUN],
    "run.resume": [_RUN, ("run.pause", {"runId": ""})],
    "plan.approve": [_SUBMIT],
    "plan.reject": [_SUBMIT],
    "plan.apply": [_SUBMIT],
}

#: Where the row's example fits another world than this one.
PARAMS: dict[str, Params] = {
    "project.create": {"name": "another", "workingDir": "/another"},
    "token.create": _TOKEN[1],
    "task.delete": {"taskId": "onTaskId"},
    "queue.add": {"sessionId": "", "taskId": "onTaskId"},
    "skill.get": {"name": "worker"},
}

#: Calls that this world refuses, on every surface alike: its agent takes no prompts.
REFUSED = {"message.send", "message.cancel"}


async def test_reading_calls_give_the_same_on_every_surface(nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        known = await _world(caller)
        before = server.services.engine.world.dump()
        different: dict[str, Any] = {}
        for method in READS:
            example = _filled(METHODS[method].example, known)
            for params in (example, {**example, "unknownMember": 1}):
                answers = [await ask(server, caller, method, params) for ask in SURFACES]
                if lacks := [] if refused(answers[0]) else lacking(answers[0], METHODS[method].result):
                    different[f"{method} lacks members"] = lacks
                if method == "system.metrics" and not refused(answers[0]):  # each call is itself counted
                    answers = [sorted(answer["values"].keys() & answers[0]["values"].keys()) for answer in answers]
                if answers != answers[:1] * len(SURFACES):
                    different[f"{method} {params}"] = dict(zip(NAMES, answers, strict=True))
        assert different == {}
        assert server.services.engine.world.dump() == before, "a read changed the world"


@pytest.mark.parametrize("method", CHANGES)
async def test_changing_calls_do_the_same_on_every_surface(method: str, nursery: Any) -> None:
    done = []
    for ask in SURFACES:
        async with bridging() as server:
            caller = Caller(server.services, nursery)
            known = await _world(caller)
            await _prepare(caller, BEFORE.get(method, []), known)
            params = _filled(PARAMS.get(method, METHODS[method].example), known)
            answer = await ask(server, caller, method, params)
            done.append((answer, server.services.engine.world.dump()))
    first, *others = done
    assert refused(first[0]) == (method in REFUSED), first[0]
    assert refused(first[0]) or lacking(first[0], METHODS[method].result) == []
    for answer, world in others:
        assert answer == first[0]
        assert world == first[1]


#: What ends a call that waits, before it is made.
ENDED: dict[str, list[tuple[str, Params]]] = {
    "run.wait": [_RUN, ("run.cancel", {"runId": ""})],
    "attention.wait": [_QUESTION, ("attention.answer", {"attentionId": "", "value": "yes"})],
}

WAITS = [name for name, row in METHODS.items() if row.access is Access.READ and row.waits and name not in FOLLOWING]


async def test_waiting_calls_give_the_same_on_every_surface(nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        known = await _world(caller)
        different: dict[str, Any] = {}
        for method in WAITS:
            await _prepare(caller, ENDED.get(method, []), known)
            params = _filled(PARAMS.get(method, METHODS[method].example), known)
            answers = [await ask(server, caller, method, params) for ask in SURFACES]
            if answers != answers[:1] * len(SURFACES) or lacking(answers[0], METHODS[method].result):
                different[method] = dict(zip(NAMES, answers, strict=True))
        assert different == {}


async def test_replies_of_methods_for_connections_have_every_member(nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        session = await caller.session()
        for method, params in (("event.subscribe", {}), ("session.attach", {"sessionId": session})):
            assert lacking(await caller.call(method, params), METHODS[method].result) == []


def test_every_method_is_called_here_or_in_a_named_test() -> None:
    assert {*READS, *CHANGES, *WAITS, *FOLLOWING, *LEFT_OUT} == set(METHODS)


async def test_a_request_repeated_on_another_surface_runs_once(nursery: Any) -> None:
    async with bridging() as server:
        caller = Caller(server.services, nursery)
        params = {"name": "p", "workingDir": "/p", "requestId": "same"}
        first, *others = [await ask(server, caller, "project.create", params) for ask in SURFACES]
        assert first["name"] == "p" and others == [first] * 3
        first, *others = [await ask(server, caller, "project.create", params | {"name": "q"}) for ask in SURFACES]
        assert first[0] == "request.reused" and others == [first] * 3


async def _world(caller: Caller) -> dict[str, str]:
    """A project with tasks, one of them in a session's queue; their ids by the names that parameters have."""
    project = await caller.project()
    root = await caller.task(projectId=project)
    task, other = await caller.task(parentId=root), await caller.task(parentId=root)
    session = await caller.session(taskIds=[task], strategy="queue")
    return {"projectId": project, "taskId": task, "sessionId": session, "onTaskId": other, "rootId": root}


async def _prepare(caller: Caller, calls: list[tuple[str, Params]], known: dict[str, str]) -> None:
    """Make the calls, and add the ids of what they made to those ``known``."""
    for method, given in calls:
        made = await caller.call(method, _filled(given, known))
        result = made.get(METHODS[method].noun, made)
        known |= {f"{METHODS[method].noun}Id": result["id"]} if "id" in result else {}


def _filled(params: Params, known: dict[str, str]) -> Params:
    """Parameters with the ids of this world."""
    named = {name: known.get(str(value)) or known.get(name, value) for name, value in params.items()}
    return named | ({"taskIds": [known["onTaskId"]]} if "taskIds" in params else {})


def refused(answer: Any) -> bool:
    """Whether it is code and reason of an error, and not a result."""
    return isinstance(answer, tuple)


def _call(method: str, params: Params) -> Params:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def _told(answer: Any) -> Any:
    """A result, or code and reason of an error."""
    if "result" in answer:
        return answer["result"]
    return answer["error"]["data"]["code"], answer["error"]["message"]


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else value if isinstance(value, str) else json.dumps(value)
