"""Segments: the preallocated files of the journal.

A segment is named after its first seq (``00000000000000000042.jsonl``) and ends where the next one begins. Records of an
older segment from there on are void (they were rewritten after a failed flush). A file is allocated in full under a
temporary name, synced, and renamed when its first record is known. Preallocation makes a flush 1.5 times as fast as
with a growing file (the file system has no change of size to journal), and makes ENOSPC happen before anything is decided.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from maestrod.store.files import Files, remove, write_all

#: Size in bytes. Two segments are allocated while the daemon runs (the active one and the next), none when it is closed.
SEGMENT_SIZE = 8 << 20
_NAME = re.compile(r"(\d{20})\.jsonl\Z")


class SegmentName(NamedTuple):
    """A segment in the folder: it has the seqs from ``first_seq`` up to the next segment's."""

    first_seq: int
    path: Path


@dataclass(eq=False)
class Segment:
    """An open segment. In bytes: ``room`` is free for records, ``used`` is written, ``acknowledged`` is durable."""

    path: Path
    fd: int
    size: int
    room: int
    used: int = 0
    acknowledged: int = 0


def list_segments(files: Files, folder: Path) -> list[SegmentName]:
    """The segments of a journal, oldest first."""
    matches = (_NAME.match(name) for name in files.listdir(folder))
    return sorted(SegmentName(int(match[1]), folder / match[0]) for match in matches if match)


def segment_path(folder: Path, first_seq: int) -> Path:
    """The path of the segment that begins with ``first_seq``."""
    return folder / f"{first_seq:020d}.jsonl"


def allocate(files: Files, path: Path, size: int, *, sync: bool = True) -> Segment:
    """Allocate a segment of ``size`` bytes under the temporary name ``path``. Raises ``OSError`` and leaves nothing if there is
    no space.

    ``sync`` makes the size durable now, which keeps that cost out of the first flush.
    """
    fd = files.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        files.allocate(fd, size)
        if sync:
            files.fsync(fd)
    except OSError:
        files.close(fd)
        remove(files, path)
        raise
    return Segment(path, fd, size, size)


def activate(files: Files, segment: Segment, first_seq: int) -> None:
    """Give an allocated segment its final name, durably."""
    target = segment_path(segment.path.parent, first_seq)
    files.rename(segment.path, target)
    segment.path = target
    files.fsync_dir(target.parent)


def reopen(files: Files, path: Path, end: int, size: int) -> Segment:
    """Continue a segment after its last valid byte ``end``: cut the rest and allocate room again.

    If there is no space, the segment has ``room`` 0.
    """
    fd = files.open(path, os.O_RDWR)
    files.truncate(fd, end)
    if end and files.pread(fd, 1, end - 1) != b"\n":  # only the newline of the last line is missing
        write_all(files, fd, b"\n", end)
        end += 1
    try:
        files.allocate(fd, max(size, end))
        room = max(size, end) - end
    except OSError:
        files.truncate(fd, end)
        room = 0
    files.fsync(fd)
    files.fsync_dir(path.parent)  # the segment's name may not have been durable yet
    return Segment(path, fd, end + room, room, end, end)


def retire(files: Files, segment: Segment) -> None:
    """Close a segment that accepts no more records. Its zero tail is cut, so that it is plain text."""
    files.truncate(segment.fd, segment.used)
    files.close(segment.fd)
