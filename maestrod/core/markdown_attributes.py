"""The ``{name=value …}`` at the end of a heading or an item of a Markdown plan.

Values hold no space unless in double quotes; lists are separated by commas; durations are a number with ``ms``, ``s``, ``m``
or ``h``. Braces without an equals sign in them are part of the title.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

_BLOCK = re.compile(r"\{([^{}]*)\}\s*$")
_WORD = re.compile(r'\s*([^\s="{}]+)\s*=\s*(?:"([^"]*)"|([^\s"]*))(?=\s|$)')
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
    """The title without its attributes, the members they stand for, and what is wrong with them."""
    block = _BLOCK.search(title)
    if not block or "=" not in block[1]:
        return title.strip(), {}, []
    members: dict[str, Any] = {}
    problems: list[str] = []
    text, place = block[1].rstrip(), 0
    while place < len(text):
        word = _WORD.match(text, place)
        if not word:
            problems.append(f"`{text[place:].strip()[:100]}` is not name=value; put quotes around values with spaces")
            break
        place = word.end()
        name, value = word[1], word[2] if word[2] is not None else word[3]
        try:
            member, reader = readers[name]
            members[member] = reader(value)
        except KeyError:
            problems.append(f"`{name[:100]}` is not known here; known are {', '.join(readers)}")
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return title[: block.start()].strip(), members, problems


def slug(title: str) -> str:
    """A key made of a title: lower-case letters, digits and dashes; empty when the title has none of them."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_KEY_LENGTH].strip("-")
