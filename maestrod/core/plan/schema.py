"""The JSON schema of a plan, for agents that accept an output schema. The linter checks their plans all the same."""

from typing import Any

import msgspec

from maestrod.api.plan import PlanDocument

#: Keywords that the vendors' strict modes refuse or ignore; the linter checks these instead.
_UNSUPPORTED = frozenset(
    {
        "title",
        "description",
        "default",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    }
)


def plan_schema(*, strict: bool = False) -> dict[str, Any]:
    """One self-contained schema. With ``strict``, every member is required and may be null, as OpenAI's structured outputs
    demand (developers.openai.com, structured outputs: all fields required, ``additionalProperties`` false).
    """
    (schema,), components = msgspec.json.schema_components([PlanDocument], ref_template="#/$defs/{name}")
    definitions = {name: _plain(body, strict=strict) for name, body in components.items()}
    inlined: dict[str, Any] = _inline(schema, definitions)
    return inlined


def _plain(value: Any, *, strict: bool) -> Any:
    """A schema without unsupported keywords."""
    if isinstance(value, list):
        return [_plain(item, strict=strict) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {
        name: {key: _plain(member, strict=strict) for key, member in body.items()}
        if name == "properties"
        else _plain(body, strict=strict)
        for name, body in value.items()
        if name not in _UNSUPPORTED
    }
    if "enum" in plain:
        plain.setdefault("type", "string")
    if plain.get("type") == "object" and "properties" in plain:
        plain["additionalProperties"] = False
        if strict:
            needed = set(plain.get("required", ()))
            properties = plain["properties"]
            plain["properties"] = {
                name: body if name in needed else _or_null(body) for name, body in properties.items()
            }
            plain["required"] = list(properties)
    return plain


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    choices = schema.get("anyOf", [schema])
    return {"anyOf": [*choices, *([] if {"type": "null"} in choices else [{"type": "null"}])]}


def _inline(value: Any, definitions: dict[str, Any]) -> Any:
    """The schema with its references replaced by their definitions. Plans nest three levels deep and are never recursive."""
    if isinstance(value, list):
        return [_inline(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get("$ref", "").removeprefix("#/$defs/")
    if name:
        return _inline(definitions[name], definitions)
    return {key: _inline(member, definitions) for key, member in value.items()}
