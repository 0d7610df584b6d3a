"""JSON that agents send, in lines and hook payloads: bounded and tolerant access, so that no shape of it can do harm.

An agent's next version adds members and changes types, a hook's payload may be anybody's, and a tool's output may be of any
size. So nothing here raises: what is missing, of another type or too large reads as empty, and every text is cut where it is
taken. What no text can hold is replaced, never dropped with the line it stands in: bytes that are not UTF-8, halves of surrogate
pairs.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from maestrod.api.text.outside_text import decode_mended, sound
from maestrod.api.text.plain_text import plain_text
from maestrod.core.values.signs import LINE, TEXT, Reading, Trouble

#: Bytes of one line that are looked at; a line with an image in it is larger than any we read for its own sake (our choice).
LINE_BYTES = 8 << 20
#: Items of one list that are looked at.
ITEMS = 200
#: Characters of a tool's input that are kept with a request for permission: a person decides by what is seen, and the sign
#: stays below a page.
INPUT = 8_000

#: How a line of an agent begins; other programs print other things that begin with a brace.
_OBJECT = re.compile(rb'\{"')
#: Bytes of a broken line that are looked at, and a member there with its comma: a short text, a number or a word.
_BEGINNING_BYTES = 64 << 10
_MEMBER = re.compile(
    rb'\s*+("(?:[^"\\]|\\.){1,100}"\s*+:\s*+(?:"(?:[^"\\]|\\.){0,1000}+"|[-+.\w]{1,40}))\s*+,', re.DOTALL
)


class Members:
    """One JSON object; what is no object has no members. ``path`` is member names from the outside to the inside."""

    __slots__ = ("_object", "is_broken")

    def __init__(self, value: Any = None, *, is_broken: bool = False) -> None:
        """Look at ``value``, whatever it is. ``is_broken``: it is only what could be read of an object."""
        self.is_broken = is_broken
        self._object: dict[Any, Any] = value if isinstance(value, dict) else {}

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return bool(self._object)

    def __contains__(self, name: object) -> bool:
        """Whether it has the member, whatever its value."""
        return isinstance(name, str) and name in self._object

    def value(self, *path: str) -> Any:
        """What is there, or None."""
        found: Any = self._object
        for name in path:
            if not isinstance(found, dict):
                return None
            found = found.get(name)
        return found

    def members(self, *path: str) -> "Members":
        """The object there, or one without members."""
        return Members(self.value(*path))

    def each(self, *path: str) -> Iterator["Members"]:
        """The objects of the list there; its first ``ITEMS``."""
        found = self.value(*path)
        for item in found[:ITEMS] if isinstance(found, list) else ():
            if isinstance(item, dict):
                yield Members(item)

    def count(self, *path: str) -> int:
        """How many items the list there has."""
        found = self.value(*path)
        return len(found) if isinstance(found, list) else 0

    def text(self, *path: str, limit: int = TEXT) -> str:
        """The text there without control sequences, cut; empty when it is none."""
        found = self.value(*path)
        return cut(found, limit) if isinstance(found, str) else ""

    def line(self, *path: str, limit: int = LINE) -> str:
        """The text there as one line, cut."""
        found = self.value(*path)
        return one_line(found, limit) if isinstance(found, str) else ""

    def name(self, *path: str) -> str | None:
        """An identifier: a text that is not empty and not longer than one; else None, since half of an id is another id."""
        found = self.value(*path)
        return found if isinstance(found, str) and 0 < len(found) <= LINE else None

    def folder(self, *path: str) -> str | None:
        """An absolute path, whole or not at all (PATH_MAX is 4096 on Linux)."""
        found = self.value(*path)
        return found if isinstance(found, str) and found.startswith("/") and len(found) <= 4096 else None

    def whole(self, *path: str) -> int:
        """The number there as a count: not negative, 0 when it is none."""
        found = self.value(*path)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1 << 53:
            return 0
        return int(found)

    def number(self, *path: str) -> float | None:
        """The number there, finite and not negative; else None."""
        found = self.value(*path)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1 << 53:
            return None
        return float(found)

    def true(self, *path: str) -> bool:
        """Whether exactly ``true`` is there."""
        return self.value(*path) is True


def object_of(line: bytes) -> Members:
    """The object that a line is; one without members when it is none. Of a broken one the plain members at its beginning."""
    text = line.strip()
    if not text.startswith(b"{"):
        return Members()
    try:
        if len(text) <= LINE_BYTES:
            return Members(decode_mended(msgspec.json.decode, text))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return Members(_beginning(text), is_broken=_OBJECT.match(text) is not None)


def read_object(line: bytes, read: Callable[[Members], Reading]) -> Reading:
    """What ``read`` makes of the object that a line is. A broken one is said to be that, besides what its beginning says."""
    members = object_of(line)
    reading = read(members)
    if not members.is_broken:
        return reading
    trouble = Trouble(f"a line of {len(line):,} bytes could not be read as JSON", "unreadable_line")
    return msgspec.structs.replace(reading, signs=(trouble, *reading.signs))


def _beginning(text: bytes) -> dict[str, Any]:
    """The members before the first that is an object, a list or broken: all agents say first what kind of line it is."""
    members: dict[str, Any] = {}
    place, limit = 1, min(len(text), _BEGINNING_BYTES)
    while (found := _MEMBER.match(text, place, limit)) is not None:
        try:
            members |= decode_mended(msgspec.json.decode, b"{" + found[1] + b"}")
        except (msgspec.DecodeError, UnicodeDecodeError):
            break
        place = found.end()
    return members


def json_text(value: Any, limit: int = INPUT) -> str:
    """A value as JSON text for a person or a program, cut; empty when it is none."""
    try:
        return cut(msgspec.json.encode(value).decode(), limit)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return ""


def is_whole(value: Any) -> bool:
    """Whether ``json_text`` keeps every byte of a value: nothing cut, no control sequence taken out, nothing replaced."""
    try:
        return msgspec.json.encode(value).decode() == json_text(value)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return False


def cut(text: str, limit: int = TEXT) -> str:
    """A text without control sequences, at most ``limit`` characters long."""
    text = plain_text(sound(text[: limit * 2 + 1]))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str, limit: int = LINE) -> str:
    """A text with its white space folded, at most ``limit`` characters long."""
    return cut(" ".join(text[: limit * 4].split()), limit)
