r"""Finds the titles a program gives its terminal: ``ESC ] 0 ; text BEL`` and ``ESC ] 2 ; text BEL``.

Operating system commands of xterm (ctlseqs: OSC Ps ; Pt, Ps 0 icon name and title, 2 title); the end is BEL or ``ESC \``.
CAN and SUB cancel a sequence, and so does any other ESC. Pure: pieces of a log with their offsets in, titles out, however
the pieces cut them.
"""

import re
from typing import NamedTuple

#: Bytes of a title; what is longer is none.
TITLE_BYTES = 1024

_TITLE = re.compile(rb"\x1b\][02];([^\x07\x18\x1a\x1b]*)(?:\x07|\x1b\\)")
#: What a piece ends with when it was cut inside of a title.
_UNFINISHED = re.compile(rb"\x1b(?:\](?:[02](?:;[^\x07\x18\x1a\x1b]*\x1b?)?)?)?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Title(NamedTuple):
    """A title, and the offset after it."""

    text: str
    end: int


class TitleScanner:
    """Feed it consecutive pieces. ``position`` is the offset it wants next."""

    def __init__(self, offset: int) -> None:
        self.position = offset
        self._held = b""

    def feed(self, start: int, data: bytes) -> list[Title]:
        """The titles that end in a piece. A piece that begins after ``position`` says that what is between is gone."""
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
