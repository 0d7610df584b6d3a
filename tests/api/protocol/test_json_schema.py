"""One document from every version of msgspec: unindented descriptions, ``null`` last among alternatives."""

import msgspec
import pytest

from maestrod.api.protocol.json_schema import contract, schemas_of
from maestrod.api.protocol.registry import METHODS

INDENTED = "One line.\n\n    Two lines.\n      More."
PLAIN = "One line.\n\nTwo lines.\n  More."


class Described(msgspec.Struct):
    """One line.

    Two lines.
      More.
    """

    description: str = "    a value, not a description"


@pytest.mark.parametrize("said", [INDENTED, PLAIN])
def test_a_description_reads_the_same_from_every_version(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    components = {"Described": {"description": said, "properties": {"x": {"description": said, "default": said}}}}
    monkeypatch.setattr(msgspec.json, "schema_components", lambda *_, **__: (({"$ref": "#/x"},), components))
    schemas, found = schemas_of([Described], "{name}")
    assert schemas == ({"$ref": "#/x"},)
    assert found["Described"]["description"] == PLAIN
    assert found["Described"]["properties"]["x"] == {"description": PLAIN, "default": said}


def test_the_schema_equals_the_one_of_msgspec() -> None:
    [schema], components = schemas_of([Described], "#/$defs/{name}")
    assert schema == {"$ref": "#/$defs/Described"}
    assert components["Described"]["description"] == PLAIN
    assert components["Described"]["properties"]["description"]["default"] == "    a value, not a description"


def test_null_comes_last_among_alternatives(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"$ref": "#/Other"}
    monkeypatch.setattr(
        msgspec.json,
        "schema_components",
        lambda *_, **__: (({"anyOf": [{"type": "null"}, other, {"type": "string"}]},), {}),
    )
    [schema], _ = schemas_of([Described], "{name}")
    assert schema == {"anyOf": [other, {"type": "string"}, {"type": "null"}]}


def test_replies_require_every_member_and_parameters_only_those_without_a_default() -> None:
    found = contract([METHODS["project.create"], METHODS["task.list"]], "#/{name}")
    page = found.components["TaskPage"]
    assert page["required"] == list(page["properties"])
    assert found.params["project.create"]["required"] == ["name", "workingDir"]


def test_a_struct_used_for_input_and_output_has_two_schemas() -> None:
    found = contract(list(METHODS.values()), "#/{name}")
    both = [name for name in found.components if f"{name}Input" in found.components]
    assert both
    for name in both:
        given, returned = found.components[f"{name}Input"], found.components[name]
        assert returned["required"] == list(returned["properties"])
        assert set(given.get("required", ())) < set(returned["required"])
