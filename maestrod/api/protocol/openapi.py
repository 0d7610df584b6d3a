"""The bridge's HTTP interface as an OpenAPI document (spec.openapis.org, 3.1), made from the rows."""

import re
from functools import cache
from typing import Any

import msgspec

from maestrod.api.model.method import Route, Scope
from maestrod.api.protocol.json_schema import contract
from maestrod.api.protocol.registry import METHODS, AnyMethod
from maestrod.api.protocol.routes import FOLLOWING, routes
from maestrod.api.protocol.wire import LARGE_REQUEST_LIMIT, REQUEST_LIMIT

OPENAPI_VERSION = "3.1.0"

_COMPONENT = "#/components/schemas/"
_ERROR = {"$ref": f"{_COMPONENT}Error"}
_JSON = "application/json"

#: Statuses that any call may return besides those of its row.
_ANY = {
    400: "The request is malformed; `details.path` says where.",
    401: "The token is missing or invalid.",
    403: "The caller may not do this, or the request came from a web page of another origin.",
    429: "Too many requests, or no free slot: retry later.",
    500: "Internal error; the message has the incident id.",
    503: "The daemon is stopping, has no disk space, or is read-only: retry later.",
}
_NAMED = {
    404: "The request names something that does not exist.",
    408: "The timeout has passed.",
    409: "The request contradicts the present state.",
    410: "The events are no longer kept.",
}
_NAMED |= {
    413: "The request is too long.",
    415: "The body is not JSON.",
    422: "The content was refused; the details say why.",
}
_NAMED |= {421: "The Host header names another server.", 426: "Use a WebSocket here, or another protocol version."}

_NO_BODY = frozenset({"GET", "DELETE"})

#: Parameters that must not be in a URL.
_SECRET = frozenset({"sessionToken"})


@cache
def openapi(version: str) -> dict[str, Any]:
    """The document for a daemon of ``version``. Callers share one object and must not change it."""
    schemas = contract(METHODS.values(), _COMPONENT + "{name}")
    paths: dict[str, dict[str, Any]] = {}
    for route, row in routes():
        described = _operation(route, row, schemas.params[row.name], schemas.results[row.name])
        paths.setdefault(route.path, {})[route.verb.lower()] = described
    document = {
        "openapi": OPENAPI_VERSION,
        "info": {"title": "maestrod", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"page": []}],
        "paths": paths | _OTHERS,
        "components": {"schemas": schemas.components | {"Error": _ERROR_SCHEMA}, "securitySchemes": _SCHEMES},
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))  # defaults as JSON has them
    return plain


def _operation(route: Route, row: AnyMethod, params: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    in_path = re.findall(r"\{(\w+)\}", route.path)
    required = frozenset(params.get("required", ()))
    properties: dict[str, Any] = params["properties"]
    operation: dict[str, Any] = {
        "operationId": row.name if route == row.route else f"{row.name}:{route.verb.lower()}{route.path}",
        "summary": row.summary,
        "description": params["description"],
        "tags": [row.noun],
        "x-waits": row.waits,
        "x-scope": Scope(row.scope).name.lower(),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in in_path
        ],
        "responses": _responses(row, result),
    }
    rest = {name: schema for name, schema in properties.items() if name not in in_path}
    if route.verb in _NO_BODY:
        operation["parameters"] += [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in rest.items()
            if name not in _SECRET
        ]
    else:
        schema = {"type": "object", "properties": rest, "additionalProperties": False}
        needed = sorted(required & rest.keys())
        body = schema | ({"required": needed} if needed else {})
        example = {name: value for name, value in row.example.items() if name in rest}
        operation["requestBody"] = {"required": bool(needed), "content": {_JSON: {"schema": body, "example": example}}}
    return operation


def _responses(row: AnyMethod, result: dict[str, Any]) -> dict[str, Any]:
    statuses = dict(_ANY) | {code: _NAMED[code] for code in (404, 409, 413, 415, 421, 422)}
    statuses |= {cls.http_status: _NAMED.get(cls.http_status) or _ANY[cls.http_status] for cls in row.errors}
    if row.waits:
        statuses[408] = _NAMED[408]
    good = {"description": row.summary, "content": {_JSON: {"schema": result}}}
    answers = {} if row.name in FOLLOWING else {("201" if row.creates else "200"): good}
    if row.name in FOLLOWING:
        statuses[426] = _NAMED[426]
        answers["101"] = {"description": "A WebSocket (docs/http.md)."}
    return answers | {str(code): _refused(text) for code, text in sorted(statuses.items())}


def _refused(text: str) -> dict[str, Any]:
    return {"description": text, "content": {_JSON: {"schema": _ERROR}}}


_ERROR_SCHEMA = {
    "type": "object",
    "description": "An error: `code` is stable and for programs, `message` is for people.",
    "required": ["error", "message", "code"],
    "properties": {
        "error": {"const": True},
        "message": {"type": "string"},
        "code": {"type": "string"},
        "retryable": {"type": "boolean", "description": "Whether the same call may succeed later."},
        "details": {"type": "object"},
    },
}

_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The content of `run/bridge.token`, which changes at each start.",
    },
    "page": {
        "type": "apiKey",
        "in": "cookie",
        "name": "maestrod",
        "description": "The cookie of the web page (its name ends with the instance), valid only for requests that the "
        "browser says come from the page itself.",
    },
}


def _answers(kind: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    refused = {str(code): _refused(_ANY.get(code) or _NAMED[code]) for code in (400, 401, 403, 421, 500, 503)}
    return {"200": {"description": text, "content": {kind: {"schema": schema}}}} | refused


_HEALTH = {
    "type": "object",
    "required": ["status", "timestamp"],
    "properties": {
        "status": {"const": "ok"},
        "timestamp": {"type": "integer"},
        "instance": {"type": "string"},
        "proof": {"type": "string"},
    },
}

#: Routes that are not made from rows.
_OTHERS: dict[str, Any] = {
    "/health": {
        "get": {
            "operationId": "health",
            "summary": "Check that the daemon runs; needs no token",
            "description": "With `challenge`, also returns its HMAC-SHA256 keyed by the token. Check this proof before you send the token.",
            "security": [],
            "parameters": [{"name": "challenge", "in": "query", "schema": {"type": "string", "maxLength": 200}}],
            "responses": _answers(_JSON, _HEALTH, "The daemon runs"),
        }
    },
    "/metrics": {
        "get": {
            "operationId": "metrics",
            "summary": "The daemon's metrics for Prometheus",
            "responses": _answers("text/plain", {"type": "string"}, "One metric per line"),
        }
    },
    "/openapi.json": {
        "get": {
            "operationId": "openapi",
            "summary": "This document",
            "responses": _answers(_JSON, {"type": "object"}, "OpenAPI 3.1"),
        }
    },
    "/rpc": {
        "post": {
            "operationId": "rpc",
            "summary": "JSON-RPC 2.0: one message, or a batch",
            "description": f"Errors of calls have status 200, as usual for JSON-RPC. A request may have {LARGE_REQUEST_LIMIT} bytes "
            f"if it contains a plan, otherwise {REQUEST_LIMIT}. `rpc.discover` describes the methods.",
            "requestBody": {"required": True, "content": {_JSON: {"schema": {"type": ["object", "array"]}}}},
            "responses": _answers(_JSON, {"type": ["object", "array"]}, "The answer")
            | {"204": {"description": "There were only notifications"}}
            | {str(code): _refused(_NAMED[code]) for code in (413, 415)},
        }
    },
}
