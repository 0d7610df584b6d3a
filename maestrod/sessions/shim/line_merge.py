"""Merge two streams into one log without breaking the lines of either.

A program may read the lines of an agent's standard output, while people need its standard error in the same log, at the
right place in time. So standard error is inserted only between two lines of standard output, and only as whole lines.
The amount that may wait for such a place is bounded; the rest is left out and counted, because an agent that blocks on
standard error might never finish its line on standard output.
"""

PENDING_LIMIT = 256 * 1024
"""How many bytes of standard error may wait for standard output to end its line."""

LINE_LIMIT = 16 * 1024
"""How many bytes of standard error may wait for their newline; a longer line is split."""


class LineMerge:
    """Accepts pieces of both streams; each call returns what goes into the log now."""

    __slots__ = ("_ended", "_left_out", "_midline", "_unfinished", "_waiting")

    def __init__(self) -> None:
        self._midline = False
        self._ended = False
        self._waiting = bytearray()  # whole lines of standard error, while standard output is in the middle of a line
        self._unfinished = bytearray()  # the line of standard error that has no newline yet
        self._left_out = 0

    def output(self, data: bytes) -> bytes:
        """Accept a piece of standard output, which must not be empty."""
        end = data.find(b"\n") + 1 if self._waiting or self._left_out else 0
        self._midline = not data.endswith(b"\n")
        return data[:end] + self._take_waiting() + data[end:] if end else data

    def errors(self, data: bytes) -> bytes:
        """Accept a piece of standard error."""
        lines = self._whole_lines(data)
        if lines and self._ended:
            return self._end_line() + lines
        if not self._midline:
            return lines
        room = max(0, PENDING_LIMIT - len(self._waiting))
        cut = len(lines) if len(lines) <= room else lines.rfind(b"\n", 0, room) + 1
        self._waiting += lines[:cut]
        self._left_out += len(lines) - cut
        return b""

    def output_ended(self) -> bytes:
        """Standard output has ended: a line that it left open gets a newline before any standard error that follows."""
        self._ended = True
        waiting = self._take_waiting()
        return self._end_line() + waiting if waiting else b""

    def finish(self) -> bytes:
        """Both streams have ended: return the rest."""
        rest = self._take_waiting() + self._unfinished
        self._unfinished = bytearray()
        if not rest:
            return b""
        return self._end_line() + rest + (b"" if rest.endswith(b"\n") else b"\n")

    def _whole_lines(self, data: bytes) -> bytes:
        self._unfinished += data
        end = self._unfinished.rfind(b"\n") + 1
        lines = bytes(self._unfinished[:end])
        del self._unfinished[:end]
        if len(self._unfinished) > LINE_LIMIT:
            lines += self._unfinished + b"\n"
            self._unfinished.clear()
        return lines

    def _end_line(self) -> bytes:
        end = b"\n" if self._midline else b""
        self._midline = False
        return end

    def _take_waiting(self) -> bytes:
        waiting = bytes(self._waiting)
        self._waiting.clear()
        if self._left_out:
            waiting += f"[maestrod: {self._left_out} bytes of standard error were left out here]\n".encode()
            self._left_out = 0
        return waiting
