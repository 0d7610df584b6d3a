"""Explains to users why a value does not fit its type: the valid choices, the member that may be meant, the form of a text.

msgspec's own messages name the value and the place. The type adds what would be valid.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from maestrod.api.model.patterns import describe_mismatch

_AT: Final = re.compile(r" - at `(?P<path>[^`]*)`\Z")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[[^\]]*\]")
_CHOICE: Final = re.compile(r"Invalid enum value (?P<value>.*)\Z", re.DOTALL)
_MEMBER: Final = re.compile(r"Object contains (?P<words>unknown field `(?P<name>[^`]*)`)\Z")
#: Characters of a name that are compared with the known names.
_COMPARED: Final = 80


def misfit(error: msgspec.ValidationError, kind: Any) -> tuple[str, str]:
    """Message and path of a value that does not fit the type ``kind``. The path is like ``$.settings.permissions``."""
    text = str(error)
    at = _AT.search(text)
    path, message = (at["path"], text[: at.start()]) if at else ("$", text)
    if choice := _CHOICE.match(message):
        words = [str(word) for each in _types_at(kind, path) for word in _choices(each)]
        return (f"unknown value {choice['value']}: choose {_either(words)}" if words else message), path
    if member := _MEMBER.match(message):
        names = [name for each in _types_at(kind, path) for name in _members(each)]
        return member["words"] + did_you_mean(member["name"], names), path
    return describe_mismatch(message), path


def did_you_mean(name: str, names: list[str]) -> str:
    """``; did you mean `x`?`` if one of ``names`` is similar, else empty."""
    near = get_close_matches(name[:_COMPARED], names, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


_type_info = lru_cache(maxsize=256)(inspect.type_info)


def _types_at(kind: Any, path: str) -> Iterator[inspect.Type]:
    """The types that are valid at a path below a value of the type ``kind``."""
    found = list(_plain(_type_info(kind)))
    for step in _STEP.finditer(path):
        found = [each for above in found for below in _below(above, step[1]) for each in _plain(below)]
    return iter(found)


def _plain(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _plain(each)
    elif isinstance(kind, inspect.Metadata):
        yield from _plain(kind.type)
    else:
        yield kind


def _below(kind: inspect.Type, name: str | None) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        yield from (field.type for field in kind.fields if field.encode_name == name)
    elif isinstance(kind, inspect.DictType):
        yield kind.value_type
    elif isinstance(kind, inspect.CollectionType):
        yield kind.item_type


def _choices(kind: inspect.Type) -> Iterator[Any]:
    if isinstance(kind, inspect.EnumType):
        yield from (member.value for member in kind.cls)
    elif isinstance(kind, inspect.LiteralType):
        yield from kind.values


def _members(kind: inspect.Type) -> Iterator[str]:
    if isinstance(kind, inspect.StructType):
        yield from (field.encode_name for field in kind.fields)
