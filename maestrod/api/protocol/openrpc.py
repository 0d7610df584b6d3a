"""The contract as an OpenRPC document (spec.open-rpc.org, 1.3), made from the rows: the result of ``rpc.discover``."""

from functools import cache
from typing import Any

from maestrod.api.errors import MaestroError
from maestrod.api.model.base import Params
from maestrod.api.model.method import Access
from maestrod.api.protocol.json_schema import contract
from maestrod.api.protocol.registry import METHODS, AnyMethod

OPENRPC_VERSION = "1.3.2"

_COMPONENT = "#/components/schemas/"
_ACCESS = {
    Access.READ: "Anyone may call this method.",
    Access.WORK: "A session may call this method for itself, its tasks and its queue; an orchestrator also for its descendants.",
    Access.OWNER: "Only the user may call this method, never a session.",
}


@cache
def openrpc(version: str) -> dict[str, Any]:
    """The document for a daemon of ``version``. Callers share one object and must not change it."""
    rows = list(METHODS.values())
    schemas = contract(rows, _COMPONENT + "{name}")
    return {
        "openrpc": OPENRPC_VERSION,
        "info": {
            "title": "maestrod",
            "description": "JSON-RPC 2.0 on a Unix socket: one message per line, or Content-Length framing as in the "
            "Language Server Protocol. Besides these methods, `$/cancelRequest {id}` cancels a request, and "
            "`event`, `event.overflow` and `output` are sent as notifications.",
            "version": version,
            "license": {"name": "MIT"},
        },
        "methods": [_method(row, schemas.params[row.name], schemas.results[row.name]) for row in rows],
        "components": {"schemas": schemas.components},
    }


def positional_names(row: AnyMethod) -> tuple[str, ...]:
    """The wire names of a row's parameters by position: the command line's arguments come first."""
    fields, common = row.params.__struct_fields__, Params.__struct_fields__
    names = dict(zip(fields, row.params.__struct_encode_fields__, strict=True))
    rest = (name for name in fields if name not in row.positional and name not in common)
    return tuple(names[name] for name in (*row.positional, *rest, *common))


def _method(row: AnyMethod, params: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    properties, required = params["properties"], params.get("required", [])
    names = positional_names(row)
    return {
        "name": row.name,
        "summary": row.summary,
        "description": f"{params['description']} {_ACCESS[row.access]}",
        "tags": [{"name": row.noun}],
        "paramStructure": "either",
        "params": [{"name": name, "required": name in required, "schema": properties[name]} for name in names],
        "result": {"name": row.result.__name__, "schema": result},
        "errors": _errors(row.errors),
        "examples": [
            {
                "name": row.name,
                "params": [{"name": name, "value": row.example[name]} for name in names if name in row.example],
            }
        ],
    }


def _errors(classes: tuple[type[MaestroError], ...]) -> list[dict[str, Any]]:
    by_code: dict[int, str] = {}
    for cls in classes:
        by_code.setdefault(cls.rpc_code, (cls.__doc__ or "").partition("\n")[0])
    return [{"code": code, "message": message} for code, message in sorted(by_code.items())]
