"""Timelines: append-only files of a session's (or task's) entries, one JSON line each, in the order of their seqs.

Entries are written behind the journal, which already has them. Until then they are pending here, and readers see both as one.
After a crash, a file may lack entries or end in garbage. For each file with entries in the journal's tail, a start
(``resume``) trusts the file up to the last seq that is known to have been synced, and writes the rest again, so that each
entry is there exactly once.
"""

import errno
import heapq
import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path

import msgspec

from maestrod.api.errors import Malformed
from maestrod.api.event import Event, TimelineEvent, TimelinePage
from maestrod.store.files import Files, atomic_write, exists, write_all
from maestrod.store.timeline_reading import BEHIND_ALL, TimelineSlice

_encoder = msgspec.json.Encoder()
_by_seq = attrgetter("seq")


class _Tail:
    """The lines of one timeline that are not in its file yet. ``size``: the valid bytes of the file, None for all."""

    __slots__ = ("lines", "size")

    def __init__(self, size: int | None = None) -> None:
        self.size = size
        self.lines: list[bytes] = []


class _Unsynced:
    """The data appended to a file since its last sync: its start, and its checksum, to verify that it can be read back."""

    __slots__ = ("crc", "is_broken", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.crc = 0
        self.is_broken = False


class Timelines:
    """All timelines of a store. Call ``add`` and ``page`` on one thread, ``flush`` and ``sync`` on another."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._tails: dict[Path, _Tail] = {}
        self._unsynced: dict[Path, _Unsynced] = {}

    @property
    def waiting(self) -> bool:
        """Whether any entry is not yet flushed and synced."""
        return bool(self._tails or self._unsynced)

    def add(self, path: Path, event: Event) -> None:
        """Add the entry of a ``timeline.added`` event."""
        data = event.data if event.data.get("seq") == event.seq else {**event.data, "seq": event.seq}
        line = _encoder.encode(data) + b"\n"
        with self._lock:
            tail = self._tails.get(path)
            if tail is None:
                tail = self._tails[path] = _Tail()
            tail.lines.append(line)

    def resume(self, path: Path, trusted_seq: int, events: Iterable[Event]) -> None:
        """After a start: trust the file up to ``trusted_seq``; ``events`` are the journal's entries after that."""
        size, last_seq = 0, 0
        if exists(self._files, path):
            size, last_seq = TimelineSlice(self._files, path, self._files.info(path).size).trusted_end(trusted_seq)
        self._tails[path] = _Tail(size)
        for event in events:
            if event.seq > last_seq:
                self.add(path, event)

    def flush(self) -> None:
        """Append pending entries to the files, not yet durably."""
        for path in sorted(self._tails):
            with self._lock:
                tail = self._tails[path]
                if tail.size is None:
                    tail.size = self._size(path)
                lines = list(tail.lines)
            data = b"".join(lines)
            self._append(path, tail.size, data)
            with self._lock:
                del tail.lines[: len(lines)]
                tail.size += len(data)
                if not tail.lines:
                    del self._tails[path]

    def sync(self) -> None:
        """Make everything flushed durable.

        After a failed fsync, the file is not synced again (the retry would report success for lost data), but replaced by a
        fresh one. If the appended data cannot be read back either, this raises from then on. The journal still has the data,
        and the next start writes it again.
        """
        for path in sorted(self._unsynced):
            unsynced = self._unsynced[path]
            if not unsynced.is_broken:
                self._fsync(path, unsynced)
            if unsynced.is_broken:
                self._replace(path, unsynced)
            self._files.fsync_dir(path.parent)
            del self._unsynced[path]

    def _fsync(self, path: Path, unsynced: _Unsynced) -> None:
        fd = self._files.open(path, os.O_RDWR)
        try:
            self._files.fsync(fd)
        except OSError:
            unsynced.is_broken = True
        finally:
            self._files.close(fd)

    def _replace(self, path: Path, unsynced: _Unsynced) -> None:
        data = self._files.read(path)
        if zlib.crc32(memoryview(data)[unsynced.start :]) != unsynced.crc:
            raise OSError(
                errno.EIO,
                "the file cannot be read back; restart the daemon to rebuild it from the journal",
                str(path),
            )
        atomic_write(self._files, path, data)

    def page(
        self, paths: Iterable[Path], task_id: str | None, cursor: str | None, *, backward: bool, limit: int
    ) -> TimelinePage:
        """A page of one or several timelines, merged by seq, each entry once, oldest first. With ``task_id``, only that task's
        entries.

        The cursor is the seq to continue from. Raises ``Malformed`` if it is not a number.
        """
        seq = parse_cursor(cursor, BEHIND_ALL if backward else 0)
        readings = [self._reading(path) for path in dict.fromkeys(paths)]
        streams: list[Iterator[TimelineEvent]] = [
            each.before(seq) if backward else each.after(seq) for each in readings
        ]
        merged = heapq.merge(*streams, key=_by_seq, reverse=backward)
        single = (next(copies) for _, copies in groupby(merged, _by_seq))
        wanted = (entry for entry in single if task_id is None or entry.task_id == task_id)
        items = list(islice(wanted, limit + 1))
        more, items = len(items) > limit, items[:limit]
        next_cursor = str(items[-1].seq) if more else None
        return TimelinePage(items=tuple(reversed(items) if backward else items), next_cursor=next_cursor)

    def entries(self, path: Path) -> Iterator[TimelineEvent]:
        """All entries of one timeline, oldest first."""
        return self._reading(path).after(0)

    def _reading(self, path: Path) -> TimelineSlice:
        with self._lock:
            tail = self._tails.get(path)
            size = self._size(path) if tail is None or tail.size is None else tail.size
            return TimelineSlice(self._files, path, size, b"".join(tail.lines) if tail else b"")

    def _size(self, path: Path) -> int:
        return self._files.info(path).size if exists(self._files, path) else 0

    def _append(self, path: Path, offset: int, data: bytes) -> None:
        self._files.mkdir(path.parent)
        fd = self._files.open(path, os.O_RDWR | os.O_CREAT)
        try:
            if self._files.size(fd) > offset:
                self._files.truncate(fd, offset)  # the rest of a write that a crash or a full disk interrupted
            write_all(self._files, fd, data, offset)
        finally:
            self._files.close(fd)
        unsynced = self._unsynced.setdefault(path, _Unsynced(offset))
        unsynced.crc = zlib.crc32(data, unsynced.crc)


def parse_cursor(cursor: str | None, default: int) -> int:
    """The seq of a cursor. Raises ``Malformed`` if it is invalid."""
    if cursor is None:
        return default
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Malformed(
            "timeline.bad_cursor",
            f"{cursor!r} is not a cursor; pass nextCursor of the previous page",
            {"path": "$.cursor"},
        )
    return int(cursor)
