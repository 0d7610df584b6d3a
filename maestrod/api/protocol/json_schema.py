"""JSON Schema of the contract's structs, independent of the version of msgspec.

msgspec describes what it decodes, so it requires only members without a default. That is right for parameters. Replies have
every member, so the schemas of results require every member. A struct that is used both ways has two schemas.
"""

import inspect
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from maestrod.api.protocol.registry import AnyMethod

#: Suffix of the schema of a parameter, if replies have a different one of the same name.
_INPUT = "Input"

#: In the ``extra_json_schema`` of a type that accepts more than replies contain (data of older versions): the part of its
#: schema that applies to replies.
IN_REPLIES = "x-in-replies"


class Schemas(NamedTuple):
    """The schemas of parameters and results by method, and the named components they refer to."""

    params: dict[str, dict[str, Any]]
    results: dict[str, dict[str, Any]]
    components: dict[str, Any]


def contract(methods: Iterable[AnyMethod], template: str) -> Schemas:
    """The schemas of ``methods``; ``template`` turns a ``{name}`` into a ``$ref``."""
    rows = list(methods)
    results, replied = schemas_of([row.result for row in rows], template)
    replied = {name: _complete(schema) for name, schema in replied.items()}
    _, asked = schemas_of([row.params for row in rows], template)
    asked = _distinguished(asked, replied, template)
    params = {row.name: asked[row.params.__name__] for row in rows}
    shared = {name: schema for name, schema in asked.items() if name not in {row.params.__name__ for row in rows}}
    return Schemas(params, dict(zip((row.name for row in rows), results, strict=True)), replied | shared)


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a struct in a reply."""
    return schema | {"required": list(schema["properties"])} if "properties" in schema else schema


def _distinguished(params: dict[str, Any], results: dict[str, Any], template: str) -> dict[str, Any]:
    """The components of parameters. Those that differ from a component of replies with the same name are renamed."""
    renamed = {name: name + _INPUT for name in params if name in results and params[name] != results[name]}
    references = {template.format(name=name): template.format(name=new) for name, new in renamed.items()}
    return {renamed.get(name, name): _redirected(schema, references) for name, schema in params.items()}


def _redirected(value: Any, references: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _redirected(member, references) for name, member in value.items()}
    if isinstance(value, list):
        return [_redirected(item, references) for item in value]
    return references.get(value, value) if isinstance(value, str) else value


def schemas_of(types: Sequence[Any], template: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """The schemas of ``types`` in order, and the named components they refer to; ``template`` turns a ``{name}`` into a
    ``$ref``.

    Descriptions are docstrings. Whether msgspec keeps their indentation, and where it puts ``null`` among alternatives, depends
    on its version, so both are normalised here.
    """
    schemas, components = msgspec.json.schema_components(types, ref_template=template)
    return tuple(_settled(schema) for schema in schemas), _settled(components)


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        replied = {**value, **value.get(IN_REPLIES, {})}
        return {name: _member(name, member) for name, member in replied.items() if name != IN_REPLIES}
    return [_settled(item) for item in value] if isinstance(value, list) else value


def _member(name: str, value: Any) -> Any:
    if name == "description" and isinstance(value, str):
        return inspect.cleandoc(value)
    if name == "anyOf" and isinstance(value, list):
        return sorted(_settled(value), key=_is_null)  # stable: only null moves, to the end
    return _settled(value)


def _is_null(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null"
