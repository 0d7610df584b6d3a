"""The OpenRPC document: whole, consistent, and the same as the one that was approved.

After an intended change of the contract, ``python -m tests.api.protocol.test_openrpc`` writes the approved document again; the difference is
for the reviewer to read.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maestrod.api.protocol.openrpc import openrpc, positional_names
from maestrod.api.protocol.registry import METHODS

APPROVED = Path(__file__).parents[2] / "fixtures" / "openrpc.json"
DOCUMENT = openrpc("0.0.0")


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def encoded() -> str:
    return json.dumps(DOCUMENT, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_contract_is_the_approved_one() -> None:
    assert json.loads(APPROVED.read_text("utf-8")) == json.loads(encoded())


def test_the_document_has_what_the_specification_requires() -> None:
    assert DOCUMENT["openrpc"] == "1.3.2"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    for method in DOCUMENT["methods"]:
        assert {"name", "params", "result"} <= set(method)
        assert {"name", "schema"} <= set(method["result"])
        assert all({"name", "schema"} <= set(param) for param in method["params"])
        assert all(isinstance(error["code"], int) and error["message"] for error in method["errors"])


def test_every_method_is_there_once() -> None:
    assert [method["name"] for method in DOCUMENT["methods"]] == list(METHODS)


def test_every_reference_resolves_and_every_schema_is_used() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    referred = {reference.removeprefix("#/components/schemas/") for reference in references(DOCUMENT)}
    assert referred == set(schemas)


def test_parameters_are_in_the_order_of_their_positions() -> None:
    [method] = [method for method in DOCUMENT["methods"] if method["name"] == "task.progress"]
    assert [param["name"] for param in method["params"]] == [
        "taskId",
        "message",
        "progress",
        "at",
        "requestId",
        "sessionToken",
    ]
    assert [param["name"] for param in method["params"] if param["required"]] == ["taskId"]
    assert method["paramStructure"] == "either"


def test_positions_name_every_parameter_once() -> None:
    named = {name: sorted(positional_names(row)) for name, row in METHODS.items()}
    assert named == {name: sorted(row.params.__struct_encode_fields__) for name, row in METHODS.items()}


if __name__ == "__main__":
    APPROVED.write_text(encoded(), encoding="utf-8")
