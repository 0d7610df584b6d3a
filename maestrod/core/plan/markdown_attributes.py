"""The attributes ``{name=value …}`` at the end of a heading or an item of a Markdown plan.

Values with spaces need double quotes. Lists are separated by commas. Durations are a number with ``ms``, ``s``, ``m``
or ``h``. Braces without an equals sign are part of the title.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from maestrod.core.plan.findings import hint

_BLOCK = re.compile(r"\{([^{}]*)\}\s*$")
_WORD = re.compile(r'\s*([^\s="{}]+)\s*=\s*(?:"([^"]*)"|([^\s"]*))(?=\s|$)')
#: A name in braces before a sign that could introduce a value; ``{key}`` alone is text.
_STRAY = re.compile(r"[{｛]\s*([A-Za-z-]{2,20})\s*[=:＝]")
_DURATION = re.compile(r"([0-9]{1,12})(ms|s|m|h)\Z")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_KEY_LENGTH = 60


def _text(value: str) -> str:
    return value


def _names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def _count(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", value):
        raise ValueError(f"`{value}` is not a number")
    return int(value)


def _duration(value: str) -> int:
    match = _DURATION.match(value)
    if not match:
        raise ValueError(f"`{value}` is not a duration such as 30s, 10m or 1h")
    return int(match[1]) * _UNIT_MS[match[2]]


#: Attribute, the member of the plan document it becomes, and how its value is read.
Readers = Mapping[str, tuple[str, Callable[[str], Any]]]
_SHARED: Readers = {
    "key": ("key", _text),
    "after": ("dependsOn", _names),
    "priority": ("priority", _text),
    "on-failure": ("onDependencyFailure", _text),
}
GROUP: Readers = {
    **_SHARED,
    "strategy": ("strategy", _text),
    "agent": ("agent", _text),
    "persona": ("persona", _text),
    "skills": ("skills", _names),
}
SUBTASK: Readers = {
    **_SHARED,
    "paths": ("paths", _names),
    "attempts": ("maxAttempts", _count),
    "backoff": ("backoffMs", _duration),
    "timeout": ("timeoutMs", _duration),
}


def read(title: str, readers: Readers) -> tuple[str, dict[str, Any], list[str]]:
    """The title without its attributes, their members of the plan document, and their errors."""
    block = _BLOCK.search(title)
    if not block or "=" not in block[1]:
        return title.strip(), {}, _strays(title, readers)
    plain = title[: block.start()].strip()
    members: dict[str, Any] = {}
    problems = _strays(plain, readers)
    text, place = block[1].rstrip(), 0
    while place < len(text):
        word = _WORD.match(text, place)
        if not word:
            problems.append(f"`{text[place:].strip()[:100]}` is not name=value; put quotes around values with spaces")
            break
        place = word.end()
        problems += _take(word[1], word[2] if word[2] is not None else word[3], readers, members)
    return plain, members, problems


def is_block(text: str, readers: Readers) -> bool:
    """Whether a line consists only of attributes."""
    block = _BLOCK.match(text.strip())
    return block is not None and any(word[1] in readers for word in _WORD.finditer(block[1]))


def _take(name: str, value: str, readers: Readers, members: dict[str, Any]) -> list[str]:
    """Read one attribute into ``members``. Returns its errors."""
    if name not in readers:
        return [
            f"`{name[:100]}` is not an attribute here; known attributes are {', '.join(readers)}{hint(name, readers)}"
        ]
    member, reader = readers[name]
    if member in members:
        return [f"`{name}` appears twice"]
    if not value:
        return [f"`{name}` has no value"]
    try:
        members[member] = reader(value)
    except ValueError as error:
        return [f"{name}: {error}"]
    return []


def _strays(title: str, readers: Readers) -> list[str]:
    """Find attributes that remain in a title because they are not at its end, have mismatched braces, or use a colon."""
    for stray in _STRAY.finditer(title):
        name = stray[1].lower()
        if name in readers or get_close_matches(name, readers, n=1, cutoff=0.8):
            return [f"`{stray[0][:100]}…` remains in the title; put attributes at its end as {{name=value}}"]
    return []


def slug(title: str) -> str:
    """A key made from a title, of lower-case letters, digits and dashes; empty if the title has none of them."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_KEY_LENGTH].strip("-")
