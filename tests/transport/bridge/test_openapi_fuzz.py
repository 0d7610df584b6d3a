"""Requests made from the OpenAPI document: no answer is a 5xx, and each is documented."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema
import pytest
import trio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from maestrod.api.protocol.openapi import openapi
from maestrod.api.protocol.routes import FOLLOWING
from tests.kit.clients.bridge_client import Answer, BridgeServer, bridging
from tests.kit.offenders import offenders
from tests.kit.parts.rpc_parts import ScriptedTerminals
from tests.kit.patience import PATIENCE

DOCUMENT = openapi("0.1.0")
COMPONENTS = DOCUMENT["components"]

#: Calls that stop or block the daemon the others need; each has tests of its own.
LEFT_OUT = {"system.stop", "system.freeze"}

OPERATIONS = {
    operation["operationId"]: (path, verb, operation)
    for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items()
    if operation["operationId"] not in LEFT_OUT
}


@cache
def component(reference: str) -> st.SearchStrategy[Any]:
    """Values of a named schema of the document."""
    return st.deferred(lambda: strategy(COMPONENTS["schemas"][reference.rpartition("/")[2]]))


def strategy(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema, as far as this document uses JSON Schema."""
    if "$ref" in schema:
        return component(schema["$ref"])
    if "anyOf" in schema:
        return st.one_of([strategy(each) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "string":
            longest = min(schema.get("maxLength", 20), max(20, schema.get("minLength", 0)))
            return st.text(min_size=schema.get("minLength", 0), max_size=longest)
        case "integer":
            return st.integers(schema.get("minimum", -(2**63)), schema.get("maximum", 2**63 - 1))
        case "number":
            return st.floats(schema.get("minimum", -1e9), schema.get("maximum", 1e9))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            return st.lists(strategy(schema.get("items", {})), min_size=schema.get("minItems", 0), max_size=3)
        case "object" if "properties" in schema:
            members = {name: strategy(each) for name, each in schema["properties"].items()}
            required = set(schema.get("required", ()))
            return st.fixed_dictionaries(
                {name: each for name, each in members.items() if name in required},
                optional={name: each for name, each in members.items() if name not in required},
            )
        case "object":
            return st.dictionaries(st.text(max_size=5), strategy(schema.get("additionalProperties") or {}), max_size=3)
    return st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)


@st.composite
def requests(draw: st.DrawFn, path: str, verb: str, operation: Mapping[str, Any], ids: dict[str, str]) -> Any:
    """A request: often as the document wants it, sometimes with a member too many or of another type."""
    query: list[tuple[str, str]] = []
    for parameter in operation.get("parameters", ()):
        name, schema = parameter["name"], parameter["schema"]
        known = ids.get(name)
        if parameter["in"] == "path":
            value = known if known and draw(st.integers(0, 3)) else draw(st.text(min_size=1, max_size=12))
            value = re.sub(r"[/\\.\x00]", "_", str(value)) or "_"
            path = path.replace(f"{{{name}}}", quote(value.encode("utf-8", "replace"), safe=""))
        elif parameter.get("required") or draw(st.booleans()):
            value = known if known and draw(st.booleans()) else draw(strategy(schema) | st.text(max_size=8))
            query += [(name, part) for part in _words(value)]
    body: Any = None
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = draw(strategy(schema))
        if isinstance(body, dict):
            body = {name: ids[name] if name in ids and draw(st.booleans()) else each for name, each in body.items()}
            if not draw(st.integers(0, 5)):
                body[draw(st.sampled_from([*body, "surplus"]))] = draw(st.none() | st.integers() | st.text(max_size=5))
            body.pop("timeoutMs", None)
            body.pop("wait", None)
    query = [(name, text) for name, text in query if name not in {"wait", "timeoutMs"}]
    return path + ("?" + urlencode(query, errors="replace") if query else ""), body


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [json.dumps(value) if isinstance(value, bool) else str(value)]


def check(operation: Mapping[str, Any], answer: Answer) -> None:
    """Whether an answer is what the document says."""
    responses = operation["responses"]
    assert str(answer.status) in responses, f"{answer.status} is not in the document: {answer.body[:300]!r}"
    assert answer.status < 500, answer.body
    content = responses[str(answer.status)].get("content", {}).get("application/json")
    if content is not None:
        schema = {**content["schema"], "components": COMPONENTS}
        jsonschema.Draft202012Validator(schema).validate(answer.json)


async def world(server: BridgeServer) -> dict[str, str]:
    """A project, tasks, a session, a question, a plan and a run; their ids."""
    project = (await server.call("POST", "/api/projects", {"name": "p", "workingDir": "/p"}))["id"]
    task = (await server.call("POST", "/api/tasks", {"title": "t", "projectId": project}))["id"]
    sub = (await server.call("POST", "/api/tasks", {"title": "s", "parentId": task}))["id"]
    session = (await server.call("POST", "/api/sessions/spawn", {"taskIds": [sub], "strategy": "queue"}))["id"]
    asked = (await server.call("POST", "/api/attention", {"message": "?", "sessionId": session}))["id"]
    terminals = server.services.terminals
    assert isinstance(terminals, ScriptedTerminals)
    terminals.print(session, b"some output\n", end=True)
    return {
        "projectId": project,
        "taskId": sub,
        "sessionId": session,
        "attentionId": asked,
        **dict.fromkeys(("parentId", "rootId", "onTaskId", "rootTaskId"), task),
    }


@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(data=st.data())
def fuzz(name: str, data: st.DataObject) -> None:
    """Some requests for one operation, in a world of their own."""
    path, verb, operation = OPERATIONS[name]
    is_least = not data.draw(st.integers(0, 9))  # Hypothesis begins with the least of everything: once is enough

    async def ask() -> None:
        async with bridging() as server:
            ids = await world(server)
            for _ in range(1 if is_least else 5):
                target, body = data.draw(requests(path, verb, operation, ids))
                # A call that waits for something that never happens is left.
                with trio.move_on_after(0.1 if operation.get("x-waits") else PATIENCE) as scope:
                    answer = await server.ask(verb.upper(), target, body)
                if scope.cancelled_caught:
                    assert operation.get("x-waits"), f"{name} was not answered"
                    continue
                check(operation, answer)
            assert not server.services.counts["incidents"]

    trio.run(ask)


@pytest.mark.slow
def test_no_request_of_the_document_gets_a_5xx_or_an_undocumented_answer() -> None:
    assert offenders({name: name for name in OPERATIONS}, fuzz) == {}


async def test_followed_paths_are_web_sockets_and_say_so() -> None:
    async with bridging() as server:
        ids = await world(server)
        for name in FOLLOWING:
            path, _, operation = OPERATIONS[name]
            answer = await server.ask("GET", path.format(**ids))
            assert answer.status in {422, 426}
            check(operation, answer)
