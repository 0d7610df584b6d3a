"""The output log: without gaps by offset despite rotation, bounded, and truthful about losses."""

import errno
import os
import re
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.sessions.shim.outputlog import OutputLog, log_end, segment_name, segment_start, segment_starts

letters = st.lists(st.text("abcxyz", min_size=1, max_size=40).map(str.encode), max_size=30)
chunks = st.lists(st.binary(min_size=1, max_size=40), max_size=30)


def kept(folder: Path) -> tuple[int, bytes]:
    """Offset and bytes of everything in the log; fails when two segments do not join."""
    parts = [(start, (folder / segment_name(start)).read_bytes()) for start in segment_starts(str(folder))]
    for (start, data), (following, _) in pairwise(parts):
        assert start + len(data) == following
    return (parts[0][0] if parts else 0), b"".join(data for _, data in parts)


@given(chunks=chunks, segment=st.integers(1, 64), keep=st.integers(1, 5))
def test_the_kept_output_is_the_gapless_end_of_everything_written(chunks: list[bytes], segment: int, keep: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "output"
        log = OutputLog(str(folder), segment, keep)
        for chunk in chunks:
            log.append(chunk)
        log.finish()
        written = b"".join(chunks)
        start, data = kept(folder)
        assert data == written[start:]
        assert log.end == start + len(data) == len(written) == log_end(str(folder))
        assert len(data) <= segment * keep
        assert len(data) == len(written) or len(data) > segment * (keep - 1)
        assert log.dropped == 0


@given(chunks=letters, faults=st.lists(st.integers(-1, 20), max_size=60), segment=st.integers(20, 200))
def test_every_byte_is_kept_or_counted_and_losses_are_marked(
    chunks: list[bytes], faults: list[int], segment: int
) -> None:
    """Each fault is what one write does: fail (-1), or write at most that many bytes (0: all of them)."""
    pending = list(faults)

    def write(fd: int, data: bytes | memoryview) -> int:
        fault = pending.pop(0) if pending else 0
        if fault < 0:
            raise OSError(errno.ENOSPC, "no space")
        return os.write(fd, data[:fault] if fault else data)

    with TemporaryDirectory() as name:
        folder = Path(name) / "output"
        log = OutputLog(str(folder), segment, 10_000, write)
        for chunk in chunks:
            log.append(chunk)
        pending.clear()
        log.finish()
        start, data = kept(folder)
        assert start == 0
        assert log.end == len(data)
        counts = [int(count) for count in MARKER.findall(data)]
        rest = MARKER.sub(b"", data)
        assert sum(counts) == log.dropped
        assert len(rest) == sum(map(len, chunks)) - log.dropped
        assert is_subsequence(rest, b"".join(chunks))


MARKER = re.compile(rb"\r\n\[maestrod: (\d+) bytes of output were lost here: ENOSPC\]\r\n")


def is_subsequence(part: bytes, whole: bytes) -> bool:
    """Whether part can be had from whole by leaving bytes out."""
    rest = iter(whole)
    return all(byte in rest for byte in part)


def test_the_count_in_the_marker_is_exact(tmp_path: Path) -> None:
    broken = True

    def write(fd: int, data: bytes | memoryview) -> int:
        if broken:
            raise OSError(errno.EIO, "broken")
        return os.write(fd, data)

    log = OutputLog(str(tmp_path / "output"), 1000, 3, write)
    log.append(b"12345")
    log.append(b"678")
    broken = False
    log.append(b"back")
    log.finish()
    assert kept(tmp_path / "output") == (0, b"\r\n[maestrod: 8 bytes of output were lost here: EIO]\r\nback")
    assert log.dropped == 8


@pytest.mark.parametrize("whole_folder", [True, False])
def test_a_deleted_log_is_created_again_at_the_same_offset(tmp_path: Path, whole_folder: bool) -> None:
    folder = tmp_path / "ses" / "output"
    log = OutputLog(str(folder), 1000, 3)
    log.append(b"before")
    (folder / segment_name(0)).unlink()
    if whole_folder:
        folder.rmdir()
        folder.parent.rmdir()
    log.append(b"after")
    log.finish()
    assert kept(folder) == (6, b"after")


def test_a_log_folder_that_cannot_be_created_drops_and_counts_output(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file in its place")
    log = OutputLog(str(tmp_path / "output"), 1000, 3)
    log.append(b"lost")
    log.finish()
    assert (log.end, log.dropped) == (0, 4)


def test_the_next_writer_continues_where_the_last_one_ended(tmp_path: Path) -> None:
    for part in (b"one", b"two"):
        log = OutputLog(str(tmp_path), 1000, 3)
        log.append(part)
        log.finish()
    assert kept(tmp_path) == (0, b"onetwo")


@pytest.mark.parametrize("name", ["1.log", f"{7:020d}.txt", f"{7:020d}", "x" * 20 + ".log", "²" * 20 + ".log", ".log"])
def test_foreign_files_are_no_segments(name: str) -> None:
    assert segment_start(name) is None


@given(st.integers(0, 10**20 - 1))
def test_a_segment_is_named_by_its_offset(start: int) -> None:
    assert segment_start(segment_name(start)) == start
