"""Cuts an output log into lines, whatever pieces it is read in, and knows where to continue after a restart.

Pure: pieces with their offsets in, lines with the offset after them out. Nothing is dropped silently. In a JSON line
that exceeds the limit the long strings are cut (``long_line.py``), so that the rest can be read. Any other line that is
too long becomes an empty line, because a program that prints without newlines would fill the memory; so does the rest
of a line whose beginning was rotated away. ``note`` says what was done to the line just returned.
"""

from collections.abc import Iterator

from maestrod.agents.kit.long_line import STRING_BYTES, LongLine

#: Maximum bytes of a line: the longest that an agent has reason to print is a plan, and the socket accepts 4 MiB too.
LINE_BYTES = 4 << 20


class LineCutter:
    """Feed it consecutive pieces. ``position`` is the offset it needs next, ``read_to`` the end of the last line.

    ``note`` is for a person; it is empty for a line that is returned as it was printed.
    """

    def __init__(self, offset: int, limit: int = LINE_BYTES) -> None:
        self.position = offset
        self.read_to = offset
        self.note = ""
        self._limit = limit
        self._pieces: list[bytes] = []
        self._kept = 0  # bytes in the pieces
        self._size = 0  # bytes of the line
        self._long: LongLine | None = None
        self._is_full = False  # nothing more is kept of this line
        self._lost = 0

    def feed(self, start: int, data: bytes) -> Iterator[tuple[bytes, int]]:
        """The lines that end in a piece, without their newline, each with the offset after it.

        Exhaust the iterator before the next piece. A piece that begins after ``position`` means that the bytes between
        are lost.
        """
        if start != self.position:
            self._lose(start - self.position)
        at, end = 0, data.find(b"\n")
        while end >= 0:
            line = self._take(data[at:end])
            at, end = end + 1, data.find(b"\n", end + 1)
            self.read_to = start + at
            yield line, self.read_to
        self.position = start + len(data)
        self._hold(data[at:])

    def finish(self) -> bytes:
        """The last line, if it has no newline; empty when there is none. Call this after the last piece."""
        line = self._take(b"")
        self.read_to = self.position
        return line

    def _take(self, rest: bytes) -> bytes:
        """The line that ends with ``rest``."""
        if not self._size and len(rest) <= self._limit:  # nearly every line
            self.note = self._word() if self._is_full else ""
            line = b"" if self._is_full else rest
        else:
            self._hold(rest)
            self.note = self._word()
            line = b"" if self._is_full else b"".join(self._pieces)
        self._reset()
        return line

    def _hold(self, rest: bytes) -> None:
        if not rest:
            return
        self._size += len(rest)
        if self._is_full:
            return
        if self._long is not None:
            rest = self._long.feed(rest)
        self._pieces.append(rest)
        self._kept += len(rest)
        if self._kept > self._limit:
            self._shorten()

    def _shorten(self) -> None:
        """Cut the line's long strings, or drop the line."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        self._is_full = self._long is not None or not whole.lstrip().startswith(b"{")
        if self._is_full:
            return
        self._long = LongLine(min(STRING_BYTES, self._limit // 4))
        self._pieces.append(self._long.feed(whole))
        self._kept = len(self._pieces[0])
        if self._kept > self._limit:
            self._pieces.clear()
            self._is_full = True

    def _lose(self, size: int) -> None:
        self._reset()
        self._is_full = True
        self._lost = size

    def _reset(self) -> None:
        self._pieces.clear()
        self._kept = self._size = self._lost = 0
        self._long = None
        self._is_full = False

    def _word(self) -> str:
        if self._lost:
            return f"{self._lost:,} bytes of its output were gone before they could be read"
        if self._is_full:
            return f"a line of {self._size:,} bytes was left out"
        return f"the long texts in a line of {self._size:,} bytes were cut" if self._long is not None else ""
