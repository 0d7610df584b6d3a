"""The journal on a file system that crashes, tears, fails and fills up."""

import contextlib
import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import Unavailable
from maestrod.store.journal import Journal
from maestrod.store.segments import list_segments
from tests.kit.parts.crash_files import Crash, CrashFiles, Loss
from tests.store.journals import FOLDER, Heard, append, events_at, recover, resume

SMALL = 1024


def crash_files(**options: int) -> CrashFiles:
    files = CrashFiles(**options)
    files.mkdir(FOLDER)
    return files


def assert_history(files: CrashFiles, acknowledged: int, appended: int) -> None:
    """Everything acknowledged is there, in order and whole; nothing is there that was never appended."""
    records, damages, _, end = recover(files)
    assert damages == []
    events = [event for record in records for event in record.events]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert acknowledged <= len(events) <= appended
    assert end.next_seq == len(events) + 1
    assert all(event == events_at(event.seq, size=len(event.data["text"].partition(":")[2]))[0] for event in events)


def test_many_records_take_one_flush() -> None:
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard)
    files.trace.clear()
    seq = 1
    for _ in range(10):
        seq = append(journal, seq)
    assert heard.acknowledged == 0, "nothing is promised before the flush"
    assert journal.commit() == 10
    assert heard.acknowledged == journal.durable_seq == 10
    name = "00000000000000000001.jsonl"
    assert files.trace[:4] == ["rename .segment-1.tmp", "fsync journal", f"write {name}", f"fsync {name}"]


def test_closing_leaves_plain_text() -> None:
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    append(journal, append(journal, 1), count=3)
    journal.close()
    assert heard.acknowledged == 4
    ((path, text),) = files.tree().items()
    assert path.endswith("00000000000000000001.jsonl") and text.endswith(b"}\n") and b"\0" not in text
    assert_history(files, 4, 4)


def test_rotation_begins_a_segment_named_after_its_first_seq() -> None:
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    seq = 1
    while len(list_segments(files, FOLDER)) < 3:
        seq = append(journal, seq, count=2)
        journal.commit()
    names = list_segments(files, FOLDER)
    assert all(files.read(each.path).count(b"\0") == 0 for each in names[:-1]), "finished segments are plain text"
    journal.close()
    assert_history(files, seq - 1, seq - 1)


def test_a_record_larger_than_a_segment_gets_its_own() -> None:
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    seq = append(journal, append(journal, append(journal, 1), size=5000))
    journal.close()
    assert heard.acknowledged == 3
    assert_history(files, seq - 1, seq - 1)


@pytest.mark.parametrize("loss", ["kill", "drop", "tear"])
@pytest.mark.parametrize("before", [True, False])
def test_02_crash_at_every_step_keeps_what_was_acknowledged(loss: Loss, before: bool) -> None:
    """Fault 2 (docs/reliability.md), at the journal: stop at every write, fsync and rename of a scenario, until it completes."""
    for step in range(1, 500):
        files, heard = crash_files(), Heard()
        files.crash_at(step, before=before)
        appended = 0
        try:
            journal = Journal(FOLDER, files, heard, segment_size=SMALL)
            for turn in range(12):
                for count in range(1, 2 + turn % 3):
                    appended = append(journal, appended + 1, count, size=30 * turn) - 1
                journal.commit()
            journal.close()
        except Crash:
            files.reboot(loss, seed=step)
            assert_history(files, heard.acknowledged, appended)
        else:
            assert step > 30, "the scenario had that many failpoints"
            return
    pytest.fail("never completed")


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 1500), st.booleans()), min_size=1, max_size=12),
    st.lists(
        st.tuples(st.integers(1, 25), st.booleans(), st.sampled_from(["kill", "drop", "tear"]), st.integers(0, 9)),
        max_size=6,
    ),
)
def test_02_many_lives_each_ended_by_a_crash(
    turns: list[tuple[int, int, bool]], crashes: list[tuple[int, bool, Loss, int]]
) -> None:
    files = crash_files()
    acknowledged = 0
    for step, before, loss, seed in [*crashes, (0, False, "kill", 0)]:
        heard = Heard()
        heard.acknowledged = acknowledged
        appended = recover(files)[3].next_seq - 1
        files.crash_at(step or None, before=before)
        try:
            journal, seq = resume(files, heard, SMALL)
            heard.acknowledged = seq - 1  # what a start has shown must not go away later
            for count, size, commit in turns:
                appended = append(journal, appended + 1, count, size) - 1
                if commit:
                    journal.commit()
            journal.close()
        except Crash:
            pass
        acknowledged = heard.acknowledged
        files.reboot(loss, seed)
        assert_history(files, acknowledged, appended)


def test_18_a_failed_fsync_is_never_retried_on_that_file() -> None:
    """Fault 18 (docs/reliability.md): the data goes to a new file, with an alert; the kit loses data whose fsync is retried."""
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    seq = append(journal, 1)
    journal.commit()
    files.fail("fsync", errno.EIO, path="00001.jsonl")
    seq = append(journal, append(journal, seq))
    files.trace.clear()
    journal.commit()
    assert heard.acknowledged == 3 and len(heard.alerts) == 1 and "00000000000000000002.jsonl" in heard.alerts[0]
    assert files.trace.count("fsync 00000000000000000001.jsonl") == 1
    seq = append(journal, seq)
    journal.commit()
    assert heard.acknowledged == 4
    files.reboot("drop")
    assert_history(files, 4, 4)


@pytest.mark.parametrize("operation", ["write", "fsync"])
@pytest.mark.parametrize("nth", range(1, 9))
def test_18_one_failure_anywhere_loses_nothing(operation: str, nth: int) -> None:
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    files.fail(operation, errno.EIO, nth=nth)
    seq = 1
    for turn in range(8):
        seq = append(journal, seq, count=1 + turn % 2, size=200)
        journal.commit()
    assert heard.acknowledged == seq - 1 and not heard.failures
    files.reboot("drop")
    assert_history(files, seq - 1, seq - 1)


@pytest.mark.parametrize("loss", ["kill", "drop"])
def test_18_when_the_new_file_fails_too_the_journal_is_read_only(loss: Loss) -> None:
    """And a restart does not bring back what was told to have failed."""
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    seq = append(journal, 1)
    journal.commit()
    files.fail("fsync", errno.EIO, times=100)
    append(journal, append(journal, seq))
    journal.commit()
    assert [failure[0] for failure in heard.failures] == [1], "the engine is told where to go back to"
    refusal = journal.refusal()
    assert refusal is not None and refusal.reason == "store.read_only" and "restart" in refusal.message
    with pytest.raises(Unavailable):
        append(journal, 2)
    journal.commit()
    journal.close()
    files.reboot(loss)
    assert_history(files, 1, 1)


def test_16_a_full_disk_refuses_commands_before_any_decision() -> None:
    """Fault 16 (docs/reliability.md): what is enqueued has room; refusals begin before the room ends, and end by themselves."""
    files, heard = crash_files(capacity=2 * SMALL), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    seq = 1
    while journal.refusal() is None:
        seq = append(journal, seq, size=100)
        journal.commit()
    refusal = journal.refusal()
    assert refusal is not None and refusal.reason == "store.no_space" and refusal.retryable
    assert len(heard.alerts) == 1
    before = files.tree()
    seq = append(journal, seq, size=10)  # a fact that cannot be refused: there is room kept for it
    with pytest.raises(Unavailable, match="no space"):
        append(journal, seq, size=2000)
    journal.commit()
    assert heard.acknowledged == seq - 1
    assert files.tree().keys() == before.keys()
    files.capacity = 100 * SMALL
    journal.commit()  # what the committer does every two seconds while changes are refused
    assert journal.refusal() is None and "again" in heard.alerts[1]
    seq = append(journal, seq, size=2000)
    journal.close()
    assert_history(files, seq - 1, seq - 1)


def test_16_a_full_disk_at_start_refuses_and_recovers() -> None:
    files, heard = crash_files(capacity=10), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    with pytest.raises(Unavailable):
        append(journal, 1)
    files.capacity = None
    journal.commit()
    assert journal.refusal() is None
    append(journal, 1)
    journal.close()
    assert_history(files, 1, 1)


def test_short_writes_are_continued() -> None:
    files, heard = crash_files(), Heard()
    journal = Journal(FOLDER, files, heard, segment_size=SMALL)
    files.short_write = 7
    seq = append(journal, 1, count=3)
    journal.close()
    assert_history(files, seq - 1, seq - 1)


@pytest.mark.parametrize("operation", ["write", "fsync", "rename"])
@pytest.mark.parametrize("size", [200, 3000])
def test_18_a_permanent_disk_failure_keeps_what_was_acknowledged(operation: str, size: int) -> None:
    for nth in range(1, 12):
        files, heard = crash_files(), Heard()
        journal = Journal(FOLDER, files, heard, segment_size=SMALL)
        files.fail(operation, errno.EIO, nth=nth, times=1000)
        seq = 1
        with contextlib.suppress(Unavailable):
            for turn in range(8):
                seq = append(journal, seq, count=1 + turn % 2, size=size)
                journal.commit()
        assert bool(heard.failures) == (heard.acknowledged < seq - 1)
        journal.close()
        files.reboot("kill")
        assert_history(files, heard.acknowledged, heard.acknowledged)
