"""Shortens a line of JSON that is too long to keep: long strings are cut, everything around them stays.

A result with an image or a whole log may have any size, yet its line reports the end of a tool or turn. So the line is
not dropped; its long strings are cut as it passes, wherever its pieces end. Pure: pieces in, what is kept of them out.
"""

import re

#: Bytes that a string keeps; no more of a text is ever used (``core/values/signs.py`` keeps 4,000 characters, and an escape
#: has six bytes).
STRING_BYTES = 64 << 10

#: The inside of a string, with complete escapes. Possessive, so that matching never backtracks, whatever the size.
_RUN = re.compile(rb'(?:[^"\\]++|\\[^u]|\\u[0-9a-fA-F]{4})*+', re.DOTALL)
#: An incomplete escape: its rest is in the next piece.
_PART = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
#: Half an escape at the end of what is kept. The backslashes before it come in pairs.
_CUT_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?\Z")
_ELLIPSIS = "…".encode()
_QUOTE = ord('"')


class LongLine:
    """Feed it the pieces of a line, from its beginning; a piece may end anywhere."""

    def __init__(self, limit: int = STRING_BYTES) -> None:
        self._limit = limit
        self._room: int | None = None  # bytes that the current string may still keep; None outside of strings
        self._part = b""

    def feed(self, piece: bytes) -> bytes:
        """Return what is kept of a piece."""
        data, at = self._part + piece, 0
        self._part = b""
        kept: list[bytes] = []
        while at < len(data):
            at = self._outside(data, at, kept) if self._room is None else self._inside(data, at, kept)
        return b"".join(kept)

    def _outside(self, data: bytes, at: int, kept: list[bytes]) -> int:
        """Copy up to the quote that begins a string."""
        end = data.find(b'"', at) + 1
        if not end:
            end = len(data)
        else:
            self._room = self._limit
        kept.append(data[at:end])
        return end

    def _inside(self, data: bytes, at: int, kept: list[bytes]) -> int:
        """Copy and cut up to the quote that ends the string, or to the end of the piece."""
        found = _RUN.match(data, at)
        end = at if found is None else found.end()
        if end < len(data) and data[end] != _QUOTE:  # a backslash
            if _PART.match(data, end):
                self._part = data[end:]
                self._keep(data[at:end], kept)
                return len(data)
            end += 2  # not an escape of JSON: the decoder will refuse it
        self._keep(data[at:end], kept)
        if data[end : end + 1] == b'"':
            kept.append(b'"')
            self._room = None
            end += 1
        return end

    def _keep(self, run: bytes, kept: list[bytes]) -> None:
        room = self._room or 0
        if len(run) <= room:
            kept.append(run)
            self._room = room - len(run)
        elif room:
            kept += (_CUT_ESCAPE.sub(rb"\1", run[:room]), _ELLIPSIS)
            self._room = 0
