"""JSON Schema of our structs, in our words: the same document whichever version of msgspec makes it."""

import inspect
from collections.abc import Sequence
from typing import Any

import msgspec


def schemas_of(types: Sequence[Any], template: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """The schemas of ``types`` in order, and the named components they refer to; ``template`` makes a ``$ref`` of a ``{name}``.

    Descriptions are our docstrings. Whether msgspec keeps their indentation depends on its version, so they are unindented here.
    """
    schemas, components = msgspec.json.schema_components(types, ref_template=template)
    return tuple(_unindented(schema) for schema in schemas), _unindented(components)


def _unindented(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _member(name, member) for name, member in value.items()}
    return [_unindented(item) for item in value] if isinstance(value, list) else value


def _member(name: str, value: Any) -> Any:
    return inspect.cleandoc(value) if name == "description" and isinstance(value, str) else _unindented(value)
