"""The journal as history: reads past events for subscribers, and removes old segments."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from maestrod.api.errors import ResyncRequired
from maestrod.api.event import Event
from maestrod.store.files import Files
from maestrod.store.reader import read_journal
from maestrod.store.record import Record
from maestrod.store.segments import list_segments


@dataclass(frozen=True)
class Retention:
    """How much of the journal to keep beyond what the snapshot needs: at most this many events and bytes."""

    events: int = 100_000
    size: int = 64 << 20


def events_between(files: Files, folder: Path, after: int, last: int) -> Iterator[Event]:
    """The events after ``after`` up to ``last``, in order. Raises ``ResyncRequired``, at once or while reading, if some are
    gone.
    """
    if after > last:
        raise _resync(f"event {after} does not exist; the newest is {last}")
    segments = list_segments(files, folder)
    if after < last and (not segments or segments[0].first_seq > after + 1):
        oldest = segments[0].first_seq if segments else last + 1
        raise _resync(f"events are kept from {oldest} on; {after + 1} was requested")
    return _events(files, folder, after, last)


def _events(files: Files, folder: Path, after: int, last: int) -> Iterator[Event]:
    if after == last:
        return
    expected = after + 1
    for item in read_journal(files, folder, after):
        if not isinstance(item, Record):
            continue  # damage shows as a gap
        if item.seq > expected:
            break
        for event in item.events:
            if event.seq == expected:
                yield event
                expected += 1
            if expected > last:
                return
    raise _resync(f"event {expected} can no longer be read")


def _resync(why: str) -> ResyncRequired:
    return ResyncRequired("event.resync_required", f"{why}; fetch a snapshot and subscribe from its seq")


def drop_old_segments(files: Files, folder: Path, snapshot_seq: int, retention: Retention) -> list[Path]:
    """Remove segments that the snapshot covers and that exceed the retention. Returns their paths."""
    segments = list_segments(files, folder)
    dropped = []
    size = 0
    for segment, following in reversed(list(pairwise(segments))):
        size += files.info(segment.path).size
        is_covered = following.first_seq - 1 <= snapshot_seq
        is_old = following.first_seq - 1 <= snapshot_seq - retention.events or size > retention.size
        if is_covered and is_old:
            dropped.append(segment.path)
    for path in reversed(dropped):  # oldest first, so that a crash in between leaves no gap
        files.unlink(path)
    if dropped:
        files.fsync_dir(folder)
    return dropped
