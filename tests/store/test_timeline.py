"""Timelines: every entry once and in order, from any place, while pending, torn or long."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import Malformed
from maestrod.api.event import Event
from maestrod.store.timeline import Timelines
from maestrod.store.timeline_reading import BEHIND_ALL, TimelineSlice, line_seq
from tests.kit.parts.crash_files import CrashFiles

FOLDER = Path("/data/sessions/ses_1")
PATH = FOLDER / "timeline.jsonl"


def entry(seq: int, size: int = 10, task_id: str | None = None) -> Event:
    data = {"id": f"evt_{seq}", "type": "progress", "timestamp": seq, "message": "m" * size, "sessionId": "ses_1"}
    return Event(
        seq=seq, at=seq, type="timeline.added", id=f"evt_{seq}", data={**data, "taskId": task_id} if task_id else data
    )


def filled(sizes: list[int], *, flushed: int, step: int = 3) -> tuple[CrashFiles, Timelines, list[int]]:
    """A timeline with one entry per size, the first ``flushed`` of them in the file."""
    files = CrashFiles()
    timelines = Timelines(files)
    seqs = [1 + step * index for index in range(len(sizes))]
    for index, (seq, size) in enumerate(zip(seqs, sizes, strict=True)):
        if index == flushed:
            timelines.flush()
        timelines.add(PATH, entry(seq, size))
    if flushed >= len(sizes):
        timelines.flush()
    return files, timelines, seqs


def seqs_of(
    timelines: Timelines, cursor: str | None = None, *, backward: bool = False, limit: int = 10_000
) -> list[int]:
    return [item.seq for item in timelines.page([PATH], None, cursor, backward=backward, limit=limit).items]


@given(st.lists(st.integers(0, 9000), max_size=40), st.integers(0, 40), st.integers(0, 130), st.integers(1, 9))
def test_a_page_starts_anywhere_in_either_direction(sizes: list[int], flushed: int, seq: int, limit: int) -> None:
    _, timelines, seqs = filled(sizes, flushed=flushed)
    assert seqs_of(timelines) == seqs
    assert seqs_of(timelines, str(seq), limit=limit) == [each for each in seqs if each > seq][:limit]
    assert seqs_of(timelines, str(seq), backward=True, limit=limit) == [each for each in seqs if each < seq][-limit:]


@given(st.lists(st.integers(0, 3000), max_size=30), st.integers(1, 7), st.booleans())
def test_all_pages_together_are_complete(sizes: list[int], limit: int, backward: bool) -> None:
    _, timelines, seqs = filled(sizes, flushed=len(sizes) // 2)
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = timelines.page([PATH], None, cursor, backward=backward, limit=limit)
        items = [item.seq for item in page.items]
        found = items + found if backward else found + items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == seqs


def test_several_timelines_are_merged_and_filtered() -> None:
    timelines = Timelines(CrashFiles())
    other = Path("/data/tasks/tsk_1.timeline.jsonl")
    for seq in range(1, 40):
        timelines.add(PATH if seq % 2 else other, entry(seq, task_id="tsk_1" if seq % 3 else "tsk_2"))
    page = timelines.page([other, PATH, PATH], "tsk_1", "10", backward=False, limit=5)
    assert [item.seq for item in page.items] == [11, 13, 14, 16, 17] and page.next_cursor == "17"


def test_a_missing_timeline_is_empty() -> None:
    page = Timelines(CrashFiles()).page([PATH], None, None, backward=True, limit=5)
    assert page.items == () and page.next_cursor is None


def test_an_invalid_cursor_is_refused() -> None:
    with pytest.raises(Malformed, match="cursor"):
        Timelines(CrashFiles()).page([PATH], None, "x", backward=False, limit=5)


def test_the_cost_of_a_page_does_not_depend_on_the_length() -> None:
    files, timelines, seqs = filled([200] * 20_000, flushed=20_000)
    reads = 0
    read = files.pread

    def counting(fd: int, size: int, offset: int) -> bytes:
        nonlocal reads
        reads += size
        return read(fd, size, offset)

    files.pread = counting  # type: ignore[method-assign]  # the only way to see what it costs
    assert seqs_of(timelines, str(seqs[12_345]), limit=10) == seqs[12_346:12_356]
    assert seqs_of(timelines, backward=True, limit=10) == seqs[-10:]
    assert reads < 40 * 16_384, "a few blocks of six megabytes"


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=12), st.data())
def test_after_a_crash_each_entry_is_there_once(sizes: list[int], data: st.DataObject) -> None:
    """Whatever the disk kept of what was not synced: the journal's tail makes it whole."""
    synced = data.draw(st.integers(0, len(sizes)))
    files, timelines, seqs = filled(sizes, flushed=synced)
    trusted = seqs[synced - 1] if synced else 0
    whole = files.read(PATH) if synced else b""
    timelines.flush()
    timelines.sync()
    everything = files.read(PATH)
    rest = bytearray(everything[len(whole) :])
    cut = data.draw(st.integers(0, len(rest)))
    hole = data.draw(st.integers(0, cut))
    rest[hole:cut] = bytes(cut - hole)
    files.damage(PATH, whole + bytes(rest[: data.draw(st.integers(cut, len(rest)))]))
    again = Timelines(files)
    again.resume(PATH, trusted, [entry(seq, size) for seq, size in zip(seqs, sizes, strict=True)])
    assert seqs_of(again) == seqs
    again.flush()
    again.sync()
    assert not again.waiting
    assert files.read(PATH) == everything


def test_a_full_disk_keeps_entries_pending_and_writes_them_later() -> None:
    files, timelines, seqs = filled([100] * 10, flushed=5)
    files.capacity = files.used + 150
    with pytest.raises(OSError, match="No space"):
        timelines.flush()
    assert seqs_of(timelines) == seqs
    files.capacity = None
    timelines.flush()
    assert seqs_of(timelines) == seqs
    assert [line_seq(line) for line in files.read(PATH).splitlines()] == seqs


def test_a_damaged_line_is_skipped() -> None:
    files, timelines, seqs = filled([30] * 9, flushed=8)
    timelines.flush()
    lines = files.read(PATH).split(b"\n")
    files.damage(PATH, b"\n".join([*lines[:4], b"\0\0" + lines[4][2:], *lines[5:]]))
    expected = [seq for seq in seqs if seq != seqs[4]]
    assert seqs_of(timelines) == expected
    assert seqs_of(timelines, str(BEHIND_ALL >> 4), backward=True) == expected
    assert TimelineSlice(files, PATH, files.info(PATH).size).trusted_end(seqs[4])[1] == seqs[3]


def test_18_a_timeline_whose_fsync_failed_is_written_to_a_new_file() -> None:
    files, timelines, seqs = filled([100] * 6, flushed=3)
    timelines.sync()
    timelines.flush()
    files.fail("fsync", 5, path=PATH.name)
    files.trace.clear()
    timelines.sync()
    assert files.trace.count(f"fsync {PATH.name}") == 1 and f"rename .{PATH.name}.tmp" in files.trace
    files.reboot("drop")
    assert [line_seq(line) for line in files.read(PATH).splitlines()] == seqs


def test_18_data_that_cannot_be_read_back_is_never_called_durable() -> None:
    files, timelines, _ = filled([100] * 6, flushed=6)
    files.fail("fsync", 5, path=PATH.name)
    files.damage(PATH, bytes(files.info(PATH).size))  # the cache forgot it, too
    for _ in range(3):
        with pytest.raises(OSError, match="restart the daemon"):
            timelines.sync()
    assert timelines.waiting
