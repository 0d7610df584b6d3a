"""Writes to the terminal: results to stdout, diagnostics to stderr. Text from the daemon can never control the terminal.

Such text comes from agents, hooks and files. Control characters, and marks that reorder the displayed text, are printed as
escapes (CWE-150). Imports nothing that costs time.
"""

import sys
from collections.abc import Mapping, Sequence

TYPE_CHECKING = False  # importing typing takes longer than the call itself; type checkers treat this name as true
if TYPE_CHECKING:
    from typing import Any, TextIO

#: C0 and C1 controls, line and paragraph separators, bidirectional marks and invisible characters. The caller decides about line ends.
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
    """The reader of our output has closed it."""


def safe(text: object) -> str:
    """Text from the daemon on one line, harmless to a terminal."""
    return str(text).translate(_UNSAFE)


def safe_block(text: object) -> str:
    """Text from the daemon on several lines, harmless to a terminal."""
    return str(text).replace("\r\n", "\n").translate(_UNSAFE_IN_BLOCK)


def answer(text: str) -> None:
    """Print one result on stdout. Raises ``ClosedPipe`` if its reader has gone."""
    _write(sys.stdout, text + "\n")


def answer_json(value: "Any") -> None:
    """Print one JSON document on stdout, in ASCII: it reads the same in every locale and cannot control a terminal."""
    import json

    answer(json.dumps(value, indent=2))


def answer_json_line(value: "Any") -> None:
    """Print one line of a stream of JSON documents on stdout."""
    import json

    answer(json.dumps(value, separators=(",", ":")))


def say(text: str) -> None:
    """Print a diagnostic on stderr."""
    try:
        _write(sys.stderr, text + "\n")
    except ClosedPipe:  # no one reads stderr; the result still counts
        pass


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line asks for JSON, errors included."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options or "--jsonl" in options


def coloured(choice: str, environ: Mapping[str, str], stream: "TextIO") -> bool:
    """Whether to write colours: as chosen (``always``, ``never``), else by ``NO_COLOR`` (no-color.org), ``TERM`` and the stream."""
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
