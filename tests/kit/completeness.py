"""Checks that a reply has every member of its struct, at every level."""

from typing import Any

from msgspec import inspect


def lacking(value: Any, type_: Any) -> list[str]:
    """The paths of the members of ``type_`` that ``value`` (JSON values) lacks."""
    return _lacking(value, inspect.type_info(type_), "$")


def _lacking(value: Any, kind: inspect.Type, path: str) -> list[str]:
    match kind:
        case inspect.Metadata():
            return _lacking(value, kind.type, path)
        case inspect.UnionType():
            return _of_union(value, kind, path)
        case inspect.StructType():
            return _of_struct(value, kind, path)
        case inspect.DictType():
            return [each for name, item in value.items() for each in _lacking(item, kind.value_type, f"{path}.{name}")]
        case inspect.ListType() | inspect.VarTupleType():
            return [each for i, item in enumerate(value) for each in _lacking(item, kind.item_type, f"{path}[{i}]")]
        case _:
            return []


def _of_union(value: Any, kind: inspect.UnionType, path: str) -> list[str]:
    structs = [each for each in kind.types if isinstance(each, inspect.StructType)]
    if isinstance(value, dict) and structs:
        return _lacking(value, _variant(value, structs), path)
    lists = [each for each in kind.types if isinstance(each, (inspect.ListType, inspect.VarTupleType))]
    return _lacking(value, lists[0], path) if isinstance(value, list) and lists else []


def _variant(value: dict[str, Any], structs: list[inspect.StructType]) -> inspect.StructType:
    """The struct that the value's tag names."""
    tagged = (each for each in structs if each.tag_field is not None and value.get(each.tag_field) == each.tag)
    return next(tagged, structs[0])


def _of_struct(value: Any, kind: inspect.StructType, path: str) -> list[str]:
    missing = [f"{path}.{field.encode_name}" for field in kind.fields if field.encode_name not in value]
    there = (field for field in kind.fields if field.encode_name in value)
    return missing + [
        each
        for field in there
        for each in _lacking(value[field.encode_name], field.type, f"{path}.{field.encode_name}")
    ]
