"""The words of the contract that may become more: a status, a kind, a type.

A daemon refuses a word that it does not know. A client reads the replies of newer daemons: in ``unknown_allowed`` an unknown word becomes a
member of its own, with the word as name and value, equal to no other, so that it is shown as it came and nothing is done about it.
"""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

_allowed: ContextVar[bool] = ContextVar("unknown words are allowed", default=False)
_unknown: dict[tuple[type[enum.Enum], str], enum.Enum] = {}


class OpenEnum(enum.Enum):
    """Base of the words that replies carry. A member may have more to it than its word: what follows the word goes to ``__init__``."""

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
            known.__init__(value)  # type: ignore[misc]  # what a member has beside its word, for want of anything better
            _unknown[cls, value] = known
        return known


@contextmanager
def unknown_allowed() -> Iterator[None]:
    """Read words that this version does not know, as long as it lasts: for replies and events of a daemon, never for requests."""
    token = _allowed.set(True)
    try:
        yield
    finally:
        _allowed.reset(token)
