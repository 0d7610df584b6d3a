"""Reads a daemon's replies and events as structs of the contract: the only place where a client does so.

An older daemon may leave out members that have their default (0.1 did); a newer one may use values that this version does not know.
Both are accepted: missing members get their defaults, and an unknown status or kind is shown as received.
"""

import importlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from maestrod.api.model.method import Method
from maestrod.api.model.open_enum import unknown_allowed

T = TypeVar("T")

#: Modules of the contract that are not named after the noun.
_MODULES = {"persona": "skill", "agent": "skill"}


def module_of(noun: str) -> Any:
    """The module of the contract with the rows of a noun. Raises ``ModuleNotFoundError``."""
    return importlib.import_module(f"maestrod.api.{_MODULES.get(noun, noun)}")


def row_of(name: str) -> Method[Any, Any] | None:
    """The row of a method; None if this version has no method of that name."""
    try:
        rows = module_of(name.partition(".")[0]).METHODS
    except (ModuleNotFoundError, AttributeError):
        return None
    return next((row for row in rows if row.name == name), None)


def read(data: bytes | msgspec.Raw, type_: type[T]) -> T:
    """Decode a reply or a notification. Raises ``msgspec.DecodeError`` if it does not fit the type."""
    with unknown_allowed():
        return msgspec.json.decode(data, type=type_)


def taken(value: Any, type_: type[T]) -> T:
    """Convert JSON values to a struct. Raises ``msgspec.ValidationError`` if they do not fit the type."""
    with unknown_allowed():
        return msgspec.convert(value, type_)


def filled(value: Any, type_: Any) -> Any:
    """A reply as JSON values with every member of its struct; members that this version does not know are kept.

    A reply that does not fit the type is returned unchanged.
    """
    try:
        return _merged(value, msgspec.json.decode(msgspec.json.encode(taken(value, type_))))
    except msgspec.ValidationError:
        return value


def _merged(received: Any, expected: Any) -> Any:
    """The received value, with missing members from the expected one."""
    if isinstance(received, Mapping) and isinstance(expected, Mapping):
        return {**expected, **{name: _merged(value, expected.get(name)) for name, value in received.items()}}
    if isinstance(received, list) and isinstance(expected, list) and len(received) == len(expected):
        return [_merged(*pair) for pair in zip(received, expected, strict=True)]
    return received
