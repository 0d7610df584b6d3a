"""JSON Schema of our structs, in our words: the same document whichever version of msgspec makes it."""

import inspect
from collections.abc import Sequence
from typing import Any

import msgspec


def schemas_of(types: Sequence[Any], template: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """The schemas of ``types`` in order, and the named components they refer to; ``template`` makes a ``$ref`` of a ``{name}``.

    Descriptions are our docstrings: whether msgspec keeps their indentation, and where it puts ``null`` among alternatives, depends
    on its version, so both are settled here.
    """
    schemas, components = msgspec.json.schema_components(types, ref_template=template)
    return tuple(_settled(schema) for schema in schemas), _settled(components)


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _member(name, member) for name, member in value.items()}
    return [_settled(item) for item in value] if isinstance(value, list) else value


def _member(name: str, value: Any) -> Any:
    if name == "description" and isinstance(value, str):
        return inspect.cleandoc(value)
    if name == "anyOf" and isinstance(value, list):
        return sorted(_settled(value), key=_is_null)  # stable: only null moves, to the end
    return _settled(value)


def _is_null(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null"
