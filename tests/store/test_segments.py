"""Segments: names, free space, and the way from a temporary name to plain text."""

import errno
from pathlib import Path

import pytest

from maestrod.store.files import write_all
from maestrod.store.segments import SegmentName, activate, allocate, list_segments, reopen, retire, segment_path
from tests.kit.parts.crash_files import CrashFiles

FOLDER = Path("/data/journal")
SPARE = FOLDER / ".segment-1.tmp"


@pytest.fixture
def files() -> CrashFiles:
    files = CrashFiles()
    files.mkdir(FOLDER)
    return files


def test_names_sort_by_seq(files: CrashFiles) -> None:
    for seq in (100, 9, 20):
        files.damage(segment_path(FOLDER, seq), b"")
    files.damage(FOLDER / "notes.jsonl", b"")
    assert list_segments(files, FOLDER) == [SegmentName(seq, segment_path(FOLDER, seq)) for seq in (9, 20, 100)]


def test_a_segment_is_preallocated_and_ends_as_plain_text(files: CrashFiles) -> None:
    segment = allocate(files, SPARE, 1000)
    assert files.size(segment.fd) == segment.room == segment.size == 1000 and segment.used == 0
    activate(files, segment, 7)
    assert segment.path == segment_path(FOLDER, 7) and list_segments(files, FOLDER) == [SegmentName(7, segment.path)]
    write_all(files, segment.fd, b"text\n", 0)
    segment.used = 5
    retire(files, segment)
    assert files.read(segment.path) == b"text\n"


def test_a_failed_allocation_leaves_nothing(files: CrashFiles) -> None:
    files.capacity = 500
    with pytest.raises(OSError) as error:
        allocate(files, SPARE, 1000)
    assert error.value.errno == errno.ENOSPC and files.tree() == {}


@pytest.mark.parametrize("content, end, kept", [(b"a\nb\ntorn", 4, b"a\nb\n"), (b"a\nb", 3, b"a\nb\n"), (b"", 0, b"")])
def test_a_reopened_segment_is_truncated_and_keeps_its_room(
    files: CrashFiles, content: bytes, end: int, kept: bytes
) -> None:
    path = segment_path(FOLDER, 1)
    files.damage(path, content)
    segment = reopen(files, path, end, 100)
    assert files.read(path) == kept + bytes(100 - len(kept))
    assert segment.used == len(kept) and segment.used + segment.room <= segment.size == 100


def test_reopening_on_a_full_disk_frees_no_space(files: CrashFiles) -> None:
    path = segment_path(FOLDER, 1)
    files.damage(path, b"a\n")
    files.capacity = 10
    segment = reopen(files, path, 2, 100)
    assert segment.room == 0 and files.read(path) == b"a\n"
