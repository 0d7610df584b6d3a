"""Segments: the files of the journal, each with room on the disk for all it may take.

A segment is named after the first seq in it (``00000000000000000042.jsonl``) and ends where the next one begins: what an
older segment holds from there on is void (it was rewritten after a failed flush). A file is allocated in full under a
temporary name, synced, and gets its name when its first record is known. Preallocation makes a flush 1.5 times as fast as
one of a growing file (no change of size to journal), and moves ENOSPC to a moment when nothing has been decided yet.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from maestrod.store.files import Files, remove, write_all

#: Bytes. Two are allocated while the daemon runs (the active one and the next), none when it is closed.
SEGMENT_SIZE = 8 << 20
_NAME = re.compile(r"(\d{20})\.jsonl\Z")


class SegmentName(NamedTuple):
    """A segment in the folder: it holds seqs from ``first_seq`` up to the next segment's."""

    first_seq: int
    path: Path


@dataclass(eq=False)
class Segment:
    """An open segment, in bytes: ``room`` may still be promised to records, ``used`` is written, ``acknowledged`` durable."""

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
    """Where the segment that begins with ``first_seq`` lives."""
    return folder / f"{first_seq:020d}.jsonl"


def allocate(files: Files, path: Path, size: int, *, sync: bool = True) -> Segment:
    """A segment of ``size`` bytes under the temporary name ``path``; nothing is left when there is no space (OSError).

    ``sync`` has the size on the disk now, off the path of the first flush; without it that flush does it.
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
    """Give an allocated segment its name, durably."""
    target = segment_path(segment.path.parent, first_seq)
    files.rename(segment.path, target)
    segment.path = target
    files.fsync_dir(target.parent)


def reopen(files: Files, path: Path, end: int, size: int) -> Segment:
    """Go on writing to a segment behind its last good byte ``end``: what follows is cut, room is allocated anew.

    Without space for more, the segment comes back with ``room`` 0.
    """
    fd = files.open(path, os.O_RDWR)
    files.truncate(fd, end)
    if end and files.pread(fd, 1, end - 1) != b"\n":  # only the newline of the last line was torn off
        write_all(files, fd, b"\n", end)
        end += 1
    try:
        files.allocate(fd, max(size, end))
        room = max(size, end) - end
    except OSError:
        files.truncate(fd, end)
        room = 0
    files.fsync(fd)
    files.fsync_dir(path.parent)  # a start may have been handed a name that only the cache knew
    return Segment(path, fd, end + room, room, end, end)


def retire(files: Files, segment: Segment) -> None:
    """Cut the zero tail of a segment that takes no more, so that it is plain text, and close it."""
    files.truncate(segment.fd, segment.used)
    files.close(segment.fd)
