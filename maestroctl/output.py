"""What goes to the terminal: stdout is the answer, stderr the talk, and no byte of a server's text drives the terminal.

Texts come from agents, hooks and files; control characters, and marks that reorder what is displayed, are shown as escapes
(CWE-150). Imports nothing that costs time.
"""

import sys
from collections.abc import Mapping, Sequence

TYPE_CHECKING = False  # typing takes longer to import than the call itself; type checkers take this name for true
if TYPE_CHECKING:
    from typing import Any, TextIO

#: C0 and C1 controls, line and paragraph separators, bidirectional marks, what is not seen at all; a line end is the caller's choice.
_UNSAFE = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        *(0x061C, 0x200B, 0x200E, 0x200F, 0xFEFF),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFFF9, 0xFFFC),
    )
}
_UNSAFE |= {0x09: " ", 0x0A: "\\n", 0x0D: "\\r"}
_UNSAFE_IN_BLOCK = {**_UNSAFE, 0x0A: "\n", 0x09: "\t"}


class ClosedPipe(BrokenPipeError):
    """Nobody reads our output any more."""


def safe(text: object) -> str:
    """One line of a server's text, harmless to a terminal."""
    return str(text).translate(_UNSAFE)


def safe_block(text: object) -> str:
    """Several lines of a server's text, harmless to a terminal."""
    return str(text).replace("\r\n", "\n").translate(_UNSAFE_IN_BLOCK)


def answer(text: str) -> None:
    """Print one answer on stdout. Raises ``ClosedPipe`` when its reader has gone."""
    _write(sys.stdout, text + "\n")


def answer_json(value: "Any") -> None:
    """Print one JSON document on stdout. ASCII: it means the same in every locale and moves no terminal."""
    import json

    answer(json.dumps(value, indent=2))


def answer_json_line(value: "Any") -> None:
    """Print one line of a stream of JSON documents on stdout."""
    import json

    answer(json.dumps(value, separators=(",", ":")))


def say(text: str) -> None:
    """Talk to the user on stderr."""
    try:
        _write(sys.stderr, text + "\n")
    except ClosedPipe:  # nobody listens; the answer still counts
        pass


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, errors included."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options or "--jsonl" in options


def coloured(choice: str, environ: Mapping[str, str], stream: "TextIO") -> bool:
    """Whether to write colours: ``always`` or ``never`` if chosen, else ``NO_COLOR`` (no-color.org), ``TERM`` and the stream say."""
    if choice in {"always", "never"}:
        return choice == "always"
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    if environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return stream.isatty()


def _write(stream: "TextIO", text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError as error:
        raise ClosedPipe from error
