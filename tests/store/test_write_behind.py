"""Files behind the journal: coalesced, bounded, and complete when they say so."""

from pathlib import Path

import pytest

from maestrod.api.task import Task
from maestrod.store.layout import Layout
from maestrod.store.snapshot import Capture, read_snapshot
from maestrod.store.timeline import Timelines
from maestrod.store.write_behind import Behind, decode_watermark, encode_watermark
from tests.kit.parts.crash_files import CrashFiles

LAYOUT = Layout(Path("/data"))


@pytest.fixture
def files() -> CrashFiles:
    files = CrashFiles()
    LAYOUT.make(files)
    return files


@pytest.fixture
def behind(files: CrashFiles) -> Behind:
    return Behind(files, LAYOUT, Timelines(files))


def task(number: int, title: str = "t") -> Task:
    return Task(id=f"tsk_{number}", project_id="prj_1", title=title)


def test_many_changes_of_one_entity_are_one_file(files: CrashFiles, behind: Behind) -> None:
    for seq in range(1, 50):
        behind.add(seq, {("task", "tsk_1"): (seq, task(1, f"t{seq}"))})
    files.trace.clear()
    assert behind.flush()
    assert [step for step in files.trace if step.startswith("rename")] == ["rename .tsk_1.json.tmp"]
    assert files.trace.count("fsync tasks") == 1
    assert b'"t49"' in files.read(LAYOUT.entity("task", "tsk_1"))


def test_one_flush_writes_a_bounded_number_of_files(files: CrashFiles, behind: Behind) -> None:
    behind.add(9, {("task", f"tsk_{number}"): (9, task(number)) for number in range(10)})
    assert not behind.flush(4)
    assert len(files.listdir(LAYOUT.folder("task"))) == 4
    assert not behind.flush(4)
    assert behind.flush(4)
    assert len(files.listdir(LAYOUT.folder("task"))) == 10


def test_requests_have_no_files(files: CrashFiles, behind: Behind) -> None:
    behind.add(1, {("request", "r"): (1, None)})
    behind.settle()
    assert behind.idle and list(files.tree()) == [str(LAYOUT.watermark)]


def test_the_watermark_is_written_last_and_everything_before_it_is_synced(files: CrashFiles, behind: Behind) -> None:
    behind.add(5, {("task", "tsk_1"): (5, task(1))})
    behind.settle()
    assert behind.idle
    files.reboot("drop")
    assert decode_watermark(files.read(LAYOUT.watermark)) == 5
    assert b"tsk_1" in files.read(LAYOUT.entity("task", "tsk_1"))


def test_a_failed_turn_is_repeated_without_losing_what_arrived_meanwhile(files: CrashFiles, behind: Behind) -> None:
    behind.add(1, {("task", "tsk_1"): (1, task(1, "old")), ("task", "tsk_2"): (1, task(2))})
    files.fail("write", 28)
    with pytest.raises(OSError):
        behind.flush()
    behind.add(2, {("task", "tsk_1"): (2, task(1, "fresh"))})
    behind.settle()
    assert b"fresh" in files.read(LAYOUT.entity("task", "tsk_1"))
    assert b"tsk_2" in files.read(LAYOUT.entity("task", "tsk_2"))


def test_16_no_file_is_truncated_or_replaced_by_an_empty_one(files: CrashFiles, behind: Behind) -> None:
    behind.add(1, {("task", "tsk_1"): (1, task(1, "first"))})
    behind.flush()
    before = files.tree()
    files.capacity = files.used + 20
    behind.add(2, {("task", "tsk_1"): (2, task(1, "second" * 50))})
    with pytest.raises(OSError, match="No space"):
        behind.flush()
    assert files.tree() == before
    files.capacity = None
    behind.settle()
    assert b"second" in files.read(LAYOUT.entity("task", "tsk_1"))


def test_a_checkpoint_has_everything(files: CrashFiles, behind: Behind) -> None:
    behind.add(3, {("task", "tsk_1"): (3, task(1))})
    behind.checkpoint(Capture(3, {"task": [task(1)]}))
    assert behind.snapshot_seq == 3 and behind.snapshot_size == files.info(LAYOUT.snapshot).size and behind.idle
    assert read_snapshot(files.read(LAYOUT.snapshot)).entities == [task(1)]


def test_a_changed_watermark_is_ignored() -> None:
    data = encode_watermark(1234)
    assert decode_watermark(data) == 1234
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert decode_watermark(bytes(changed)) == 0
