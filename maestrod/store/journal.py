"""The journal: decisions in, one flush for many, ``durable_seq`` out.

The engine's thread only reserves room and enqueues (``append``). ``commit`` writes and flushes everything pending; one
committer thread calls it (``committer.py``), or a test. It is the only place that syncs the journal.

**Room.** A record is enqueued only if a file on the disk already has room for it, so ENOSPC cannot hit a decision. The next
segment is allocated in advance. While that fails, ``refusal`` returns the error, and ``commit`` retries.

**A failed flush** (fsync: EIO) is never repeated on that file, because Linux marks the pages clean, and the retry would report
success for lost data. All undurable records are written to a fresh segment. If that fails too, the journal has
failed: it accepts nothing more, and ``failed`` reports the last durable seq, so that the engine can go back to it.

Every batch except a segment's first begins with an empty line. A batch is written only after the flush of the one before,
so an empty line behind a hole proves that the missing data had been acknowledged (``reader.py`` needs this).
"""

import itertools
import threading
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, Protocol

from maestrod.api.errors import Unavailable
from maestrod.store.files import Files, remove, write_all
from maestrod.store.segments import SEGMENT_SIZE, Segment, activate, allocate, retire


class JournalListener(Protocol):
    """Receives the results of commits, on the committing thread. Its methods must be quick and must not raise."""

    def durable(self, seq: int) -> None:
        """Everything up to ``seq`` survives a power loss."""

    def failed(self, seq: int, message: str) -> None:
        """Nothing after ``seq`` will ever be durable; the journal accepts no more records."""

    def alert(self, message: str) -> None:
        """Something that the user should know; the journal continues."""


class _Entry(NamedTuple):
    segment: Segment
    first_seq: int
    last_seq: int
    line: bytes


class Journal:
    """An open journal. ``active`` is the segment to continue (``segments.reopen``), or None to begin a new one."""

    def __init__(
        self,
        folder: Path,
        files: Files,
        listener: JournalListener,
        *,
        durable_seq: int = 0,
        active: Segment | None = None,
        segment_size: int = SEGMENT_SIZE,
    ) -> None:
        self.durable_seq = durable_seq
        self._folder = folder
        self._files = files
        self._listener = listener
        self._segment_size = segment_size
        self._lock = threading.Lock()
        self._pending: list[_Entry] = []
        self._active = active
        self._tail = active
        self._spare: Segment | None = None
        self._names = itertools.count(1)
        self._full: Unavailable | None = None
        self._failure: Unavailable | None = None
        self.wake: Callable[[], None] = lambda: None
        self._prepare()

    # The engine's side

    def append(self, first_seq: int, last_seq: int, line: bytes) -> None:
        """Enqueue a record. Raises ``Unavailable`` if there is no room for it; then nothing has happened."""
        need = len(line) + 1
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._tail is None or self._tail.room < need:
                self._tail = self._next_segment(need)
            self._tail.room -= need
            self._pending.append(_Entry(self._tail, first_seq, last_seq, line))
        self.wake()

    def refusal(self) -> Unavailable | None:
        """Why changes should be refused now: failed, or no space for the next segment. None if changes are accepted.

        While there is no space, facts that cannot be refused (an exit, a report already given) may still be appended: the
        rest of the active segment is reserved for them.
        """
        return self._failure or self._full

    @property
    def pending(self) -> int:
        """The number of records that wait for the next commit."""
        return len(self._pending)

    def _next_segment(self, need: int) -> Segment:
        if self._spare is not None and self._spare.size >= need:
            segment, self._spare = self._spare, None
            return segment
        try:
            return self._allocate(max(need, self._segment_size), sync=False)  # the engine waits: no flush here
        except OSError as error:
            raise no_space(error) from error

    def _allocate(self, size: int, *, sync: bool = True) -> Segment:
        return allocate(self._files, self._folder / f".segment-{next(self._names)}.tmp", size, sync=sync)

    # The committer's side

    def commit(self) -> int:
        """Write and flush everything pending, then prepare the next segment. Returns the number of records written."""
        with self._lock:
            batch, self._pending = self._pending, []
        try:
            for entries in _by_segment(batch):
                self._flush(entries[0].segment, entries)
        except OSError as error:
            self._rescue(batch, error)
        if self._failure is None:
            self._prepare()
        return len(batch)

    def _flush(self, segment: Segment, entries: list[_Entry]) -> None:
        if segment is not self._active:
            self._rotate(segment, entries[0].first_seq)
        self._write(segment, entries)
        self._files.fdatasync(segment.fd)
        segment.acknowledged = segment.used
        self._acknowledge(entries[-1].last_seq)

    def _rotate(self, segment: Segment, first_seq: int) -> None:
        activate(self._files, segment, first_seq)
        if self._active is not None:
            retire(self._files, self._active)
        self._active = segment

    def _write(self, segment: Segment, entries: list[_Entry]) -> None:
        data = b"".join([entry.line for entry in entries])
        if segment.used:
            data = b"\n" + data
        write_all(self._files, segment.fd, data, segment.used)
        segment.used += len(data)

    def _acknowledge(self, seq: int) -> None:
        self.durable_seq = seq
        self._listener.durable(seq)

    def _rescue(self, batch: list[_Entry], error: OSError) -> None:
        """Write every undurable record to a fresh segment. The failed file is not touched again."""
        with self._lock:
            entries = [entry for entry in batch + self._pending if entry.last_seq > self.durable_seq]
            self._pending = []
            try:
                fresh = self._take_spare(sum(len(entry.line) + 1 for entry in entries))
            except OSError as second:
                self._fail(error, second, {entry.segment for entry in entries})
                return
            broken, self._tail = self._active, fresh
        try:
            self._write(fresh, entries)
            self._files.fsync(fresh.fd)
            activate(self._files, fresh, entries[0].first_seq)
        except OSError as second:
            with self._lock:
                self._fail(error, second, {fresh, *(entry.segment for entry in entries)})
            return
        self._abandon({entry.segment for entry in entries} | ({broken} if broken else set()))
        self._active, fresh.acknowledged = fresh, fresh.used
        self._listener.alert(
            f"a write to the journal in {self._folder} failed: {error.strerror}. Its data was written to {fresh.path.name} instead, so nothing is lost. "
            "Check this disk"
        )
        self._acknowledge(entries[-1].last_seq)

    def _take_spare(self, need: int) -> Segment:
        spare, self._spare = self._spare, None
        if spare is None or spare.size < need:
            if spare is not None:
                self._abandon({spare})
            spare = self._allocate(max(need, self._segment_size))
        spare.room -= need
        return spare

    def _abandon(self, segments: set[Segment]) -> None:
        for segment in segments:
            try:
                self._files.close(segment.fd)
            except OSError:
                pass  # the descriptor is closed either way, and nothing in this file is needed
            if segment.path.suffix == ".tmp":
                remove(self._files, segment.path)

    def _fail(self, first: OSError, second: OSError, segments: set[Segment]) -> None:
        message = (
            f"the journal in {self._folder} cannot be written: {first.strerror}, then {second.strerror} on a fresh file"
        )
        self._failure = Unavailable(
            "store.read_only",
            f"the store is read-only: {message}. Repair or replace the disk, then restart the daemon",
            {"durableSeq": self.durable_seq},
        )
        self._pending = []
        for segment in segments:
            self._forget_undurable(segment)
        self._abandon(segments - ({self._active} if self._active else set()))
        self._listener.failed(self.durable_seq, message)

    def _forget_undurable(self, segment: Segment) -> None:
        """Remove undurable records, as far as the disk allows: their callers get an error, so a restart should not restore
        them.
        """
        try:
            if segment.acknowledged:
                self._files.truncate(segment.fd, segment.acknowledged)
            else:
                self._files.unlink(segment.path)
        except OSError:
            pass  # then a restart may restore it, as after any lost reply

    def _prepare(self) -> None:
        """Allocate the next segment; refuse changes while there is no space for it."""
        if self._spare is not None:
            return
        try:
            self._spare = self._allocate(self._segment_size)
        except OSError as error:
            if self._full is None:
                self._listener.alert(
                    f"no space for the journal in {self._folder}: {error.strerror}; changes are refused until there is space"
                )
            self._full = no_space(error)
        else:
            if self._full is not None:
                self._listener.alert(f"there is space for the journal in {self._folder} again; changes are accepted")
            self._full = None

    def close(self) -> None:
        """Commit everything pending, and leave only plain text: no spare segment, no zero tail. The committer must have ended."""
        if self._failure is None:
            self.commit()
        if self._spare is not None:
            self._abandon({self._spare})
        if self._active is None:
            return
        if self._failure is None:
            retire(self._files, self._active)
        else:
            self._abandon({self._active})


def _by_segment(batch: list[_Entry]) -> list[list[_Entry]]:
    """The batch, split by segment; nearly always there is only one."""
    if not batch or batch[0].segment is batch[-1].segment:
        return [batch] if batch else []
    return [list(entries) for _, entries in itertools.groupby(batch, attrgetter("segment"))]


def no_space(error: OSError) -> Unavailable:
    """The refusal for a disk that has no room for the journal's next segment."""
    return Unavailable(
        "store.no_space",
        f"no space for the journal: {error.strerror}. Running sessions continue; free some space to let the daemon accept changes again",
        {"errno": error.errno or 0},
    )
