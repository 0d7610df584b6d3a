"""Cuts an output log into lines, whatever pieces it is read in, and knows where to go on after a restart.

Pure: pieces with their offsets in, whole lines with the offset after them out. A line that is longer than a bound is left
out (no agent's stream has such lines; a program that prints without newlines would fill the memory), and so is what is
left of a line whose beginning was rotated away.
"""

from collections.abc import Iterator

#: Bytes a line may have: the longest any agent has reason to print is a plan, for which the socket takes 4 MiB as well.
LINE_BYTES = 4 << 20


class LineCutter:
    """Feed it consecutive pieces. ``position`` is the offset it wants next, ``read_to`` the end of the last line it gave."""

    def __init__(self, offset: int, limit: int = LINE_BYTES) -> None:
        self.position = offset
        self.read_to = offset
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._skipping = False

    def feed(self, start: int, data: bytes) -> Iterator[tuple[bytes, int]]:
        """The lines that end in a piece, without their newline, each with the offset after it.

        Take all of them before the next piece. A piece that begins after ``position`` says that what is between is gone.
        """
        if start != self.position:
            self._drop()
        at, end = 0, data.find(b"\n")
        while end >= 0:
            line = self._take(data[at:end])
            at, end = end + 1, data.find(b"\n", end + 1)
            self.read_to = start + at
            if line is not None:
                yield line, self.read_to
        self.position = start + len(data)
        self._hold(data[at:])

    def finish(self) -> bytes:
        """The line that has no end, after the last piece; empty when there is none."""
        line = self._take(b"") or b""
        self.read_to = self.position
        return line

    def _take(self, rest: bytes) -> bytes | None:
        """The line that ends with ``rest``; None when it is to be left out."""
        line = None
        if not self._skipping and self._size + len(rest) <= self._limit:
            line = b"".join((*self._pieces, rest)) if self._pieces else rest
        self._pieces.clear()
        self._size = 0
        self._skipping = False
        return line

    def _hold(self, rest: bytes) -> None:
        if self._skipping or not rest:
            return
        self._pieces.append(rest)
        self._size += len(rest)
        if self._size > self._limit:
            self._drop()

    def _drop(self) -> None:
        self._pieces.clear()
        self._size = 0
        self._skipping = True
