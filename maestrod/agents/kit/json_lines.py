"""Bounded and tolerant access to JSON from agents, in lines and hook payloads, so that no shape of it can do harm.

An agent's next version may add members and change types, a hook's payload may come from anyone, and a tool's output may
have any size. So nothing here raises: a missing, mistyped or oversized value reads as empty, and every text is cut when
it is read. Invalid text (bytes that are not UTF-8, lone surrogates) is replaced, and never costs the whole line.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from maestrod.api.text.outside_text import decode_repaired, sound
from maestrod.api.text.plain_text import plain_text
from maestrod.core.values.signs import LINE, TEXT, Reading, Trouble

#: Maximum bytes of a line that is decoded; only lines with images in them are larger (our choice).
LINE_BYTES = 8 << 20
#: How many items of one list are read.
ITEMS = 200
#: How many characters of a tool's input are kept with a permission request: enough for a person to decide, and the sign
#: stays small.
INPUT = 8_000

#: The beginning of an agent's line; other programs print other text that begins with a brace.
_OBJECT = re.compile(rb'\{"')
#: How many bytes of a broken line are read, and a member there with its comma: a short text, a number or a word.
_BEGINNING_BYTES = 64 << 10
_MEMBER = re.compile(
    rb'\s*+("(?:[^"\\]|\\.){1,100}"\s*+:\s*+(?:"(?:[^"\\]|\\.){0,1000}+"|[-+.\w]{1,40}))\s*+,', re.DOTALL
)


class Members:
    """One JSON object; any other value has no members. ``path`` is a sequence of member names, outermost first."""

    __slots__ = ("_object", "is_broken")

    def __init__(self, value: Any = None, *, is_broken: bool = False) -> None:
        """``value`` may be anything. ``is_broken``: it has only the readable part of an object."""
        self.is_broken = is_broken
        self._object: dict[Any, Any] = value if isinstance(value, dict) else {}

    def __bool__(self) -> bool:
        """Whether it has any member."""
        return bool(self._object)

    def __contains__(self, name: object) -> bool:
        """Whether it has the member, whatever its value."""
        return isinstance(name, str) and name in self._object

    def value(self, *path: str) -> Any:
        """The value at the path, or None."""
        found: Any = self._object
        for name in path:
            if not isinstance(found, dict):
                return None
            found = found.get(name)
        return found

    def members(self, *path: str) -> "Members":
        """The object at the path, or one without members."""
        return Members(self.value(*path))

    def each(self, *path: str) -> Iterator["Members"]:
        """The objects among the first ``ITEMS`` items of the list at the path."""
        found = self.value(*path)
        for item in found[:ITEMS] if isinstance(found, list) else ():
            if isinstance(item, dict):
                yield Members(item)

    def count(self, *path: str) -> int:
        """The length of the list at the path."""
        found = self.value(*path)
        return len(found) if isinstance(found, list) else 0

    def text(self, *path: str, limit: int = TEXT) -> str:
        """The text at the path without control sequences, cut; empty when it is not text."""
        found = self.value(*path)
        return cut(found, limit) if isinstance(found, str) else ""

    def line(self, *path: str, limit: int = LINE) -> str:
        """The text at the path as one line, cut."""
        found = self.value(*path)
        return one_line(found, limit) if isinstance(found, str) else ""

    def name(self, *path: str) -> str | None:
        """The identifier at the path; None when it is empty or too long, because a cut id would be another id."""
        found = self.value(*path)
        return found if isinstance(found, str) and 0 < len(found) <= LINE else None

    def folder(self, *path: str) -> str | None:
        """The absolute path at the path; None when it is relative or too long (PATH_MAX is 4096 on Linux)."""
        found = self.value(*path)
        return found if isinstance(found, str) and found.startswith("/") and len(found) <= 4096 else None

    def whole(self, *path: str) -> int:
        """The number at the path as a count; 0 when it is negative or not a number."""
        found = self.value(*path)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1 << 53:
            return 0
        return int(found)

    def number(self, *path: str) -> float | None:
        """The number at the path, if finite and not negative; otherwise None."""
        found = self.value(*path)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1 << 53:
            return None
        return float(found)

    def true(self, *path: str) -> bool:
        """Whether the value at the path is exactly ``true``."""
        return self.value(*path) is True


def object_of(line: bytes) -> Members:
    """Decode a line; an object without members when it is not one. Of a broken object, the plain members at its start."""
    text = line.strip()
    if not text.startswith(b"{"):
        return Members()
    try:
        if len(text) <= LINE_BYTES:
            return Members(decode_repaired(msgspec.json.decode, text))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return Members(_beginning(text), is_broken=_OBJECT.match(text) is not None)


def read_object(line: bytes, read: Callable[[Members], Reading]) -> Reading:
    """Apply ``read`` to the object in a line. A broken line adds a ``Trouble`` to what its beginning says."""
    members = object_of(line)
    reading = read(members)
    if not members.is_broken:
        return reading
    trouble = Trouble(f"a line of {len(line):,} bytes could not be read as JSON", "unreadable_line")
    return msgspec.structs.replace(reading, signs=(trouble, *reading.signs))


def _beginning(text: bytes) -> dict[str, Any]:
    """The members before the first object, list or broken member: all agents begin with the kind of the line."""
    members: dict[str, Any] = {}
    place, limit = 1, min(len(text), _BEGINNING_BYTES)
    while (found := _MEMBER.match(text, place, limit)) is not None:
        try:
            members |= decode_repaired(msgspec.json.decode, b"{" + found[1] + b"}")
        except (msgspec.DecodeError, UnicodeDecodeError):
            break
        place = found.end()
    return members


def json_text(value: Any, limit: int = INPUT) -> str:
    """Encode a value as JSON text, cut; empty when that is impossible."""
    try:
        return cut(msgspec.json.encode(value).decode(), limit)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return ""


def is_whole(value: Any) -> bool:
    """Whether ``json_text`` keeps every byte of a value: nothing is cut, removed or replaced."""
    try:
        return msgspec.json.encode(value).decode() == json_text(value)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return False


def cut(text: str, limit: int = TEXT) -> str:
    """Remove control sequences and cut a text to ``limit`` characters."""
    text = plain_text(sound(text[: limit * 2 + 1]))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str, limit: int = LINE) -> str:
    """Fold white space and cut a text to ``limit`` characters."""
    return cut(" ".join(text[: limit * 4].split()), limit)
