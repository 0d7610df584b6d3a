"""The user's terminal: raw while attached and itself again afterwards, and safe from what agents print into their logs."""

import codecs
import os
import re
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

#: Leaves what a full-screen program may have left on: alternate screen, hidden cursor, mouse reports, bracketed paste,
#: application keys, colours (xterm's control sequences, "Private Mode Reset").
_RESET = b"\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b>\x1b[0m"

#: ECMA-48: CSI sequences, OSC/DCS/SOS/PM/APC strings with their end, other escapes.
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z\\^-~]|\x9b[0-?]*[ -/]*[@-~]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m\Z")
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r\x1b"}

#: A sequence longer than this is none; what waits for its end is thrown away.
_LONGEST = 4096


class Sanitizer:
    """Takes every control sequence but colours out of a stream, wherever its pieces are cut."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""

    def feed(self, data: bytes) -> bytes:
        """The harmless part of what has come so far; an unfinished sequence waits for the rest of it."""
        text = self._held + self._decoder.decode(data)
        complete, self._held = _split(text)
        kept = _SEQUENCE.sub(lambda match: match[0] if _COLOUR.match(match[0]) else "", complete)
        # An escape that began no sequence would begin one with what follows
        kept = re.sub(r"\x1b(?!\[[0-9;:]*m)", "", kept)
        return kept.translate(_CONTROLS).encode()


def _split(text: str) -> tuple[str, str]:
    """The text up to an unfinished sequence at its end, and that."""
    start = text.rfind("\x1b")
    if start > 0 and text[start - 1 : start + 1] != "\x1b\x1b" and text[start:] == "\x1b":
        opened = max(text.rfind(opening, 0, start) for opening in ("\x1b]", "\x1bP", "\x1bX", "\x1b^", "\x1b_"))
        if opened >= 0 and not _SEQUENCE.match(text, opened):
            start = opened
    if start < 0 or len(text) - start > _LONGEST:
        return text, ""
    match = _SEQUENCE.match(text, start)
    return (text, "") if match else (text[:start], text[start:])


@contextmanager
def raw(descriptor: int) -> Iterator[None]:
    """Keys as they are pressed, nothing echoed; the terminal is as before afterwards, whatever happens."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        os.write(descriptor, _RESET)
