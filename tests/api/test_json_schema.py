"""One document from every version of msgspec: unindented descriptions, ``null`` last among alternatives."""

import msgspec
import pytest

from maestrod.api.json_schema import schemas_of

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


def test_it_is_what_msgspec_makes() -> None:
    [schema], components = schemas_of([Described], "#/$defs/{name}")
    assert schema == {"$ref": "#/$defs/Described"}
    assert components["Described"]["description"] == PLAIN
    assert components["Described"]["properties"]["description"]["default"] == "    a value, not a description"


def test_null_stands_last_among_alternatives(monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"$ref": "#/Other"}
    monkeypatch.setattr(
        msgspec.json,
        "schema_components",
        lambda *_, **__: (({"anyOf": [{"type": "null"}, other, {"type": "string"}]},), {}),
    )
    [schema], _ = schemas_of([Described], "{name}")
    assert schema == {"anyOf": [other, {"type": "string"}, {"type": "null"}]}
