"""What a daemon says, as the structs of the contract: the one place where a client reads replies and events.

A daemon may be older than the client, and leave out members that have their default (0.1 did); or newer, and say words that this version
does not know. Both are read: what is missing is filled in, and an unknown status or kind is shown as it came.
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
    """The one module of the contract that has the rows of a noun. Raises ``ModuleNotFoundError``."""
    return importlib.import_module(f"maestrod.api.{_MODULES.get(noun, noun)}")


def row_of(name: str) -> Method[Any, Any] | None:
    """The row of a method; None when this version knows none of that name."""
    try:
        rows = module_of(name.partition(".")[0]).METHODS
    except (ModuleNotFoundError, AttributeError):
        return None
    return next((row for row in rows if row.name == name), None)


def read(data: bytes | msgspec.Raw, type_: type[T]) -> T:
    """A reply or a notification. Raises ``msgspec.DecodeError`` for one of another shape."""
    with unknown_allowed():
        return msgspec.json.decode(data, type=type_)


def taken(value: Any, type_: type[T]) -> T:
    """JSON values as a struct. Raises ``msgspec.ValidationError`` for those of another shape."""
    with unknown_allowed():
        return msgspec.convert(value, type_)


def filled(value: Any, type_: Any) -> Any:
    """JSON values of a reply with every member of its struct; members this version does not know are kept.

    A reply of another shape is given back as it came.
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
