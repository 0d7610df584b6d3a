"""Writes to the worker's own terminal, and converts other programs' output to a few plain lines."""

import posix

#: How much of a command's output a report contains: enough to see what went wrong, short enough for a list of failures.
TAIL_LINES = 20
TAIL_BYTES = 4096
_OUTPUT = 1


def show(data: bytes) -> None:
    """Write to the terminal. If it is gone, work continues, because the reports still count."""
    try:
        while data:
            data = data[posix.write(_OUTPUT, data) :]
    except OSError:
        return


def say(text: str) -> None:
    """Write a line of our own."""
    show(text.encode("utf-8", "replace") + b"\n")


def plain(output: bytes) -> list[str]:
    """The lines of terminal output without control sequences and without text that a carriage return overwrote."""
    lines = []
    for line in _without_controls(output.decode("utf-8", "replace")).split("\n"):
        shown = line.rstrip("\r").rpartition("\r")[2].rstrip()
        if shown:
            lines.append(shown)
    return lines


def tail(output: bytes) -> str:
    """The last lines of the output, bounded in number and in bytes."""
    text = "\n".join(plain(output)[-TAIL_LINES:]).encode()
    return text[-TAIL_BYTES:].decode("utf-8", "ignore")


def _without_controls(text: str) -> str:
    """Remove escape sequences (ECMA-48: CSI, OSC and the other strings, single escapes) and control characters."""
    if "\x1b" not in text and text.isprintable():
        return text
    kept = []
    place = 0
    while place < len(text):
        char = text[place]
        if char == "\x1b":
            place = _after_sequence(text, place + 1)
            continue
        if char in "\n\r" or char.isprintable():
            kept.append(char)
        elif char == "\t":
            kept.append(" ")
        place += 1
    return "".join(kept)


def _after_sequence(text: str, place: int) -> int:
    """The index after the sequence whose escape character is before ``place``. A line end ends it, so no line is lost."""
    kind = text[place : place + 1]
    if kind == "[":
        return _behind(text, place + 1, "?", "@")
    if kind and kind in "]PX^_":
        place += 1
        while place < len(text) and text[place] not in "\x07\x18\x1a\x1b\n":
            place += 1
        return place + 2 if text[place : place + 2] == "\x1b\\" else place + (text[place : place + 1] == "\x07")
    return _behind(text, place, "/", "0")  # intermediate characters first, as in ESC ( B, which selects a character set


def _behind(text: str, place: int, last: str, first: str) -> int:
    """The index after parameters (from the space to ``last``) and a final character (from ``first`` to ~)."""
    while place < len(text) and " " <= text[place] <= last:
        place += 1
    return place + (first <= text[place : place + 1] <= "~")
