"""Two streams in one log without one breaking into the other's lines.

An agent's standard output may be lines that are read by a program; what it complains about on standard error has to be in
the same log, for people, at the time it was said. So standard error goes in only where standard output is between two
lines, and only as whole lines. What has to wait for that is bounded: beyond the bound it is left out and counted, because
an agent that is made to wait on standard error might never finish the line on standard output.
"""

PENDING_LIMIT = 256 * 1024
"""Bytes of standard error that wait for standard output to end its line."""

LINE_LIMIT = 16 * 1024
"""Bytes of standard error without a newline that are kept back; what is longer is broken there."""


class LineMerge:
    """Takes pieces of both streams; each call gives what goes into the log now."""

    __slots__ = ("_ended", "_left_out", "_midline", "_unfinished", "_waiting")

    def __init__(self) -> None:
        self._midline = False
        self._ended = False
        self._waiting = bytearray()  # whole lines of standard error, while standard output is in the middle of one
        self._unfinished = bytearray()  # the line of standard error that has no end yet
        self._left_out = 0

    def output(self, data: bytes) -> bytes:
        """A piece of standard output, which is not empty."""
        end = data.find(b"\n") + 1 if self._waiting or self._left_out else 0
        self._midline = not data.endswith(b"\n")
        return data[:end] + self._take_waiting() + data[end:] if end else data

    def errors(self, data: bytes) -> bytes:
        """A piece of standard error."""
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
        """Standard output is over: a line it left open is ended where something of standard error follows."""
        self._ended = True
        waiting = self._take_waiting()
        return self._end_line() + waiting if waiting else b""

    def finish(self) -> bytes:
        """Both are over: the rest."""
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
