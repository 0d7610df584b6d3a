"""Reads a timeline by seq, from its file and the lines that are not written yet.

Entries are in the order of their seqs, so a binary search over the bytes finds a seq, with about twenty small reads in
a gigabyte. Unreadable lines (``fsck`` names them) are skipped.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from maestrod.api.event import TimelineEvent
from maestrod.store.files import Files

_BLOCK = 16_384
#: Greater than any seq.
BEHIND_ALL = 1 << 62


class _Seq(msgspec.Struct, gc=False):
    seq: int = 0


_seq_decoder = msgspec.json.Decoder(_Seq)
_entry_decoder = msgspec.json.Decoder(TimelineEvent)


class TimelineSlice:
    """``size`` bytes of the file at ``path``, then ``pending``."""

    def __init__(self, files: Files, path: Path, size: int, pending: bytes = b"") -> None:
        self._files = files
        self._path = path
        self._size = size
        self._pending = pending
        self._end = size + len(pending)

    def after(self, seq: int) -> Iterator[TimelineEvent]:
        """The entries after ``seq``, oldest first."""
        for _, line in self._lines(self._place(seq)):
            entry = _entry(line)
            if entry is not None and entry.seq > seq:
                yield entry

    def before(self, seq: int) -> Iterator[TimelineEvent]:
        """The entries before ``seq``, newest first."""
        for _, line in self._lines_backward(self._start_of(seq)):
            entry = _entry(line)
            if entry is not None and entry.seq < seq:
                yield entry

    def trusted_end(self, seq: int) -> tuple[int, int]:
        """The end of the last complete line with a seq up to ``seq``, and its seq; zeros if there is none."""
        for offset, line in self._lines_backward(self._end):
            found = line_seq(line)
            if 0 < found <= seq:
                return offset + len(line) + 1, found
        return 0, 0

    def _place(self, seq: int) -> int:
        """A line start at or before the first entry after ``seq``, at most a block away from it."""
        low, high = 0, self._end
        while high - low > _BLOCK:
            middle = (low + high) // 2
            start, found = self._first_line_at(middle, high)
            if found > seq or start >= high:
                high = middle
            else:
                low = start
        return low

    def _start_of(self, seq: int) -> int:
        """The start of the first entry with ``seq`` or a later one."""
        if seq >= BEHIND_ALL:
            return self._end
        return next((start for start, line in self._lines(self._place(seq - 1)) if line_seq(line) >= seq), self._end)

    def _first_line_at(self, offset: int, limit: int) -> tuple[int, int]:
        """Start and seq of the first readable line between ``offset`` and ``limit``; ``limit`` and 0 if there is none."""
        for start, line in self._lines(offset, partial=True):
            if start >= limit:
                break
            if found := line_seq(line):
                return start, found
        return limit, 0

    def _lines(self, offset: int, *, partial: bool = False) -> Iterator[tuple[int, bytes]]:
        """Complete lines from ``offset`` on, with their starts. ``partial``: ``offset`` may be inside a line, which is skipped."""
        rest, start = b"", offset
        while block := self._read(offset, _BLOCK):
            offset += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                if not partial:
                    yield start, line
                partial = False
                start += len(line) + 1

    def _lines_backward(self, end: int) -> Iterator[tuple[int, bytes]]:
        """Complete lines that end at or before ``end``, last first, with their starts."""
        tail, begin, ended = b"", end, False
        while begin > 0:
            size = min(_BLOCK, begin)
            begin -= size
            first, *lines = (self._read(begin, size) + tail).split(b"\n")
            if lines:
                lines.pop()  # after the last newline: nothing, or a torn line
                ended = True
            if ended and not begin:
                lines.insert(0, first)
            offset = sum(len(line) + 1 for line in lines) + (begin + len(first) + 1 if begin else 0)
            for line in reversed(lines):
                offset -= len(line) + 1
                yield offset, line
            tail = first + b"\n" if ended else first

    def _read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset`` of the file and the pending lines."""
        data = b""
        if offset < self._size:
            fd = self._files.open(self._path, os.O_RDONLY)
            try:
                data = self._files.pread(fd, min(size, self._size - offset), offset)
            finally:
                self._files.close(fd)
        if len(data) < size and offset + len(data) >= self._size:
            inside = offset + len(data) - self._size
            data += self._pending[inside : inside + size - len(data)]
        return data


def line_seq(line: bytes) -> int:
    """The seq of a line; 0 if it cannot be read."""
    try:
        return _seq_decoder.decode(line).seq
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _entry(line: bytes) -> TimelineEvent | None:
    try:
        return _entry_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
