"""Reads the journal: records in order, and a classification of all other bytes.

Three kinds of trouble look alike but mean different things:

- **a torn commit**: the daemon or the power failed during a flush. These records were not acknowledged, so they are cut. Room
  that was never written reads as zeros: to the end of the data, or, if the disk wrote sectors out of order, in a run that ends
  with a sector. Data after such a hole belongs to the same batch, so no empty line (``journal.py``) comes after it.
- **damage**: bytes of an acknowledged line changed. The line is reported with file and line number, and reading continues
  after it, so that ``recovery.py`` can decide whether another copy covers its content.
- **void records**: an older segment has records that were written again to the next one after a failed flush.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maestrod.store.files import Files
from maestrod.store.record import OPENING, DamagedLine, Record, decode, parse, peek_seq
from maestrod.store.segments import SegmentName, list_segments

#: Sector size in bytes: disks write at least this much at once.
SECTOR = 512
#: Bytes of a line that contain its seq.
_PEEK = 48
#: Greater than any seq.
_NEVER = 1 << 62
_BLANK = bytes(4096)
_ZEROS = re.compile(rb"\0+")


@dataclass(frozen=True)
class Damage:
    """An acknowledged line that cannot be read: seqs from ``first_seq`` to ``last_seq`` (None if unknown)."""

    path: Path
    line_number: int
    first_seq: int
    last_seq: int | None
    reason: str
    line: bytes

    @property
    def is_one_decision(self) -> bool:
        """Whether it is a single line: not two lines whose newline was damaged, nor a whole segment."""
        return self.line_number > 0 and self.line.count(OPENING) <= 1


@dataclass(frozen=True)
class Torn:
    """The rest of an unfinished commit, to be cut from ``offset`` on."""

    path: Path
    offset: int
    rest: bytes


@dataclass(frozen=True)
class End:
    """The end of the journal's valid data, and the seq of the next record."""

    path: Path | None
    offset: int
    next_seq: int


Item = Record | Damage | Torn | End


def read_journal(files: Files, folder: Path, after: int = 0) -> Iterator[Item]:
    """Every record that ends after seq ``after``, with damage where it was found, then ``Torn`` if there is one, and ``End``.

    A record missing at the front or between two segments shows as a gap in ``Record.seq``, which the caller checks.
    """
    segments = list_segments(files, folder)
    first = max((index for index, segment in enumerate(segments) if segment.first_seq <= after + 1), default=0)
    expected = segments[first].first_seq if segments else after + 1
    end = End(None, 0, after + 1)
    for index in range(first, len(segments)):
        following = segments[index + 1].first_seq if index + 1 < len(segments) else None
        path = segments[index].path
        try:
            data = files.read(path)
        except OSError as error:
            yield Damage(
                path, 0, expected, following - 1 if following else None, f"cannot be read: {error.strerror}", b""
            )
            expected, end = following or expected, End(None, 0, following or expected)
            continue
        reading = _Reading(segments[index], data, expected, following)
        if index == first:
            reading.skip(after)
        yield from reading.items(after)
        expected, end = reading.expected, End(reading.path, reading.end, reading.expected)
    yield end


class _Reading:
    """Reads one segment."""

    def __init__(self, segment: SegmentName, data: bytes, expected: int, following: int | None) -> None:
        self.path = segment.path
        self.data = without_zero_tail(data)
        self.expected = max(expected, segment.first_seq)
        self.end = 0
        self._following = following
        self._line_number = 0

    def skip(self, after: int) -> None:
        """Begin at the last line whose seq is at most ``after`` + 1, found by binary search, if that line is intact."""
        low, high, found = 0, len(self.data), 0
        while low < high:
            middle = (low + high) // 2
            start = self.data.rfind(b"\n", 0, middle) + 1
            seq = peek_seq(self.data[start : start + _PEEK])
            if seq is None or seq > after + 1:  # None: an empty line, or damage; search before it
                high = start - (seq is None)
            else:
                found = start
                low = (self.data.find(b"\n", middle) + 1) or high
        try:
            record = decode(self.data[found : self.data.find(b"\n", found)])
        except DamagedLine:
            return  # then read from the beginning, line by line
        if record.seq <= after + 1:
            self.end, self.expected = found, record.seq
            self._line_number = self.data.count(b"\n", 0, found)

    def items(self, after: int) -> Iterator[Item]:
        data, start = self.data, self.end
        end = len(data)
        following = self._following or _NEVER
        while start < end and self.expected < following:
            stop = data.find(b"\n", start)
            self._line_number += 1
            if stop != start:
                line = data[start : stop if stop >= 0 else None]
                try:
                    item: Item = decode(line if stop >= 0 else line[: line.rfind(b"}") + 1])
                except DamagedLine as error:
                    item = self._judge(line, start, str(error), ended=stop >= 0)
                if isinstance(item, Record):
                    if item.seq >= following:
                        return
                    self.expected = item.last_seq + 1
                    if self.expected > after + 1:
                        yield item
                else:
                    yield item
                    if isinstance(item, Torn):
                        return
            if stop < 0:
                self.end = data.rfind(b"}") + 1  # the newline is missing; ``segments.reopen`` adds it
                return
            start = self.end = stop + 1

    def _judge(self, line: bytes, start: int, reason: str, *, ended: bool) -> Damage | Torn:
        if self._is_torn(line, start, ended=ended):
            return Torn(self.path, start, self.data[start:])
        first, last = self.expected, self._claimed_end(line)
        self.expected = first if last is None else last + 1
        return Damage(self.path, self._line_number, first, last, reason, line)

    def _is_torn(self, line: bytes, start: int, *, ended: bool) -> bool:
        """Whether a line is part of a torn commit. Only the last batch of the last segment can be, because all others were
        synced.
        """
        if self._following is not None or self.data.find(b"\n\n", start) >= 0:
            return False
        return not ended or any((start + hole.end()) % SECTOR == 0 for hole in _ZEROS.finditer(line))

    def _claimed_end(self, line: bytes) -> int | None:
        """The last seq that a damaged line claims, if its JSON is complete and begins with the expected seq."""
        try:
            record = parse(line)
        except DamagedLine:
            return None
        return record.last_seq if record.seq == self.expected else None


def without_zero_tail(data: bytes) -> bytes:
    """The written part of a preallocated file. It works in blocks, because stripping megabytes byte by byte takes 13 ms."""
    end = len(data)
    while end >= len(_BLANK) and data[end - len(_BLANK) : end] == _BLANK:
        end -= len(_BLANK)
    return data[:end].rstrip(b"\0")
