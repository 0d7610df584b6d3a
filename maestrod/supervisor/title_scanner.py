r"""Finds the titles that a program gives its terminal: ``ESC ] 0 ; text BEL`` and ``ESC ] 2 ; text BEL``.

Operating system commands of xterm (ctlseqs: OSC Ps ; Pt, Ps 0 icon name and title, 2 title) end with BEL or ``ESC \``.
CAN, SUB and any other ESC cancel a sequence. Pure: pieces of a log with their offsets in, titles out, wherever the
pieces cut them.
"""

import re
from typing import NamedTuple

#: Maximum bytes of a title; longer ones are ignored.
TITLE_BYTES = 1024

_TITLE = re.compile(rb"\x1b\][02];([^\x07\x18\x1a\x1b]*)(?:\x07|\x1b\\)")
#: The end of a piece that was cut inside of a title.
_UNFINISHED = re.compile(rb"\x1b(?:\](?:[02](?:;[^\x07\x18\x1a\x1b]*\x1b?)?)?)?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Title(NamedTuple):
    """A title, and the offset after it."""

    text: str
    end: int


class TitleScanner:
    """Feed it consecutive pieces. ``position`` is the offset it needs next."""

    def __init__(self, offset: int) -> None:
        self.position = offset
        self._held = b""

    def feed(self, start: int, data: bytes) -> list[Title]:
        """The titles that end in a piece. A piece that begins after ``position`` means that the bytes between are lost."""
        held = self._held if start == self.position else b""
        self.position = start + len(data)
        begin, text = start - len(held), held + data
        titles, after = [], 0
        for match in _TITLE.finditer(text):
            after = match.end()
            if len(match[1]) <= TITLE_BYTES:
                titles.append(Title(_CONTROL.sub("", match[1].decode(errors="replace")), begin + after))
        unfinished = _UNFINISHED.search(text, max(after, len(text) - TITLE_BYTES - 6))
        self._held = unfinished[0] if unfinished else b""
        return titles
