"""Enums of the contract that newer versions may extend: a status, a kind, a type.

A daemon refuses an unknown value. A client must read the replies of newer daemons: within ``unknown_allowed``, an unknown value
becomes a member of its own, with the value as its name, equal to no other member. So it is shown unchanged and not acted on.
"""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

_allowed: ContextVar[bool] = ContextVar("unknown words are allowed", default=False)
_unknown: dict[tuple[type[enum.Enum], str], enum.Enum] = {}


class OpenEnum(enum.Enum):
    """Base of the enums in replies. A member may have more data: the values after the first go to ``__init__``."""

    _value_: str

    def __new__(cls, word: str, *_: object) -> Self:
        member = object.__new__(cls)
        member._value_ = word
        return member

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not _allowed.get() or not isinstance(value, str):
            return None
        known = _unknown.get((cls, value))
        if not isinstance(known, cls):
            known = object.__new__(cls)
            known._name_, known._value_ = value, value
            known.__init__(value)  # type: ignore[misc]  # sets the member's other data to its defaults
            _unknown[cls, value] = known
        return known


@contextmanager
def unknown_allowed() -> Iterator[None]:
    """Accept unknown values within the block. For replies and events of a daemon, never for requests."""
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)
