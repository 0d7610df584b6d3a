"""Text input of commands: files, stdin, arguments. Everything sent to the daemon is valid UTF-8.

``maestrod.api.text.outside_text`` has the rules. In words, invalid bytes are replaced, with a warning. Files written by a person are
refused, naming the line. Names and paths are refused, because a replacement would name another thing.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from maestroctl.output import say
from maestrod.api.errors import Malformed
from maestrod.api.local import plain_file
from maestrod.api.text.outside_text import REPLACEMENT, NotText, file_text, is_replaced, piped_text, shown, sound

#: Parameters that hold words for people and agents to read; every other parameter must be spelled exactly.
WORDS = frozenset(
    {
        "description",
        "details",
        "error",
        "message",
        "options",
        "payload",
        "prompt",
        "reason",
        "summary",
        "text",
        "title",
        "value",
    }
)

#: Maximum bytes of a file or of stdin, which is that of a request (``maestrod.api.protocol.wire.LARGE_REQUEST_LIMIT``).
LIMIT = 4 << 20

_REPLACED = f"is not UTF-8 text: invalid bytes were replaced with {REPLACEMENT}"


def read_file(name: str, description: str) -> str:
    """The text of a file that the user names; ``-`` is stdin. Raises ``Malformed``, naming the file and line."""
    shown = "standard input" if name == "-" else name
    try:
        return file_text(_standard_input() if name == "-" else plain_file.read(Path(name), LIMIT, pipes=True))
    except NotText as error:
        raise Malformed("usage", f"cannot read {description}: {shown}: {error}") from None
    except (OSError, ValueError) as error:
        raise Malformed(
            "usage", f"cannot read {description} {shown}: {getattr(error, 'strerror', None) or error}"
        ) from error


def read_words() -> str:
    """Text from stdin; warns if invalid bytes had to be replaced."""
    try:
        data = _standard_input()
    except OSError as error:
        raise Malformed("usage", f"cannot read standard input: {error.strerror}") from error
    if is_replaced(data):
        say(f"maestroctl: standard input {_REPLACED}")
    return piped_text(data)


def sound_members(members: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, with invalid bytes in words replaced and a warning. Raises ``Malformed`` for a name or path that is not text."""
    replaced: list[str] = []
    found = dict(_sound_pairs(members, "", words=False, replaced=replaced))
    for path in replaced:
        say(f"maestroctl: {path} {_REPLACED}")
    return found


def _sound(value: Any, path: str, words: bool, replaced: list[str]) -> Any:
    if isinstance(value, str):
        text = sound(value)
        if text != value:
            if not words:
                raise Malformed("usage", f"{path} is not UTF-8 text: {shown(value)}", {"path": path})
            replaced.append(path)
        return text
    if isinstance(value, Mapping):
        return dict(_sound_pairs(value, path, words, replaced))
    if isinstance(value, list | tuple):
        return [_sound(item, f"{path}[{number}]", words, replaced) for number, item in enumerate(value)]
    return value


def _sound_pairs(value: Mapping[str, Any], path: str, words: bool, replaced: list[str]) -> Iterator[tuple[str, Any]]:
    for name, member in value.items():
        if sound(name) != name:
            raise Malformed("usage", f"the name of a member is not UTF-8 text: {shown(name)}", {"path": path or "$"})
        place = f"{path}.{name}" if path else name
        yield name, _sound(member, place, words or name in WORDS, replaced)


def _standard_input() -> bytes:
    """All of stdin; empty if the caller closed it."""
    return b"" if sys.stdin is None else plain_file.read_stream(sys.stdin.buffer, LIMIT)
