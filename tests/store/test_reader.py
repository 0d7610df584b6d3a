"""Reading a damaged journal: torn commits are cut, damage is named, nothing is misread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.store.journal import Journal
from maestrod.store.reader import End, read_journal
from maestrod.store.record import Record
from maestrod.store.segments import list_segments, segment_path
from tests.kit.parts.crash_files import CrashFiles
from tests.store.journals import FOLDER, Heard, append, recover, resume

FIRST = segment_path(FOLDER, 1)


def written(batches: int = 4, per_batch: int = 2, segment_size: int = 1 << 14) -> CrashFiles:
    """A journal of batches, not closed: it still has its zero tail."""
    files = CrashFiles()
    files.mkdir(FOLDER)
    journal = Journal(FOLDER, files, Heard(), segment_size=segment_size)
    seq = 1
    for _ in range(batches):
        for _ in range(per_batch):
            seq = append(journal, seq)
        journal.commit()
    files.reboot("kill")
    return files


def lines_of(files: CrashFiles) -> list[bytes]:
    return files.read(FIRST).rstrip(b"\0").split(b"\n")


def test_events_are_read_from_a_seq() -> None:
    files = written()
    records = [item for item in read_journal(files, FOLDER, after=5) if isinstance(item, Record)]
    assert [record.seq for record in records] == [6, 7, 8]


def test_an_empty_folder_is_accepted() -> None:
    files = CrashFiles()
    files.mkdir(FOLDER)
    assert list(read_journal(files, FOLDER, after=3)) == [End(None, 0, 4)]


@given(st.data())
def test_19_any_flipped_bit_is_named_and_nothing_else_is_lost(data: st.DataObject) -> None:
    """Fault 19 (docs/reliability.md), for the journal: every line but the flipped ones is read, and the flip is reported."""
    files = written()
    content = bytearray(files.read(FIRST))
    used = len(bytes(content).rstrip(b"\0"))
    bit = data.draw(st.integers(0, used * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    files.damage(FIRST, bytes(content))
    records, damages, torn, _ = recover(files)
    seqs = {record.seq for record in records}
    lost = set(range(1, 9)) - seqs
    newline = (
        files.tree()[str(FIRST)][bit // 8 : bit // 8 + 1] != b"\n" and chr(content[bit // 8] ^ 1 << bit % 8) == "\n"
    )
    assert len(lost) <= (2 if newline else 1)
    if lost:
        assert damages and not torn
        assert damages[0].path == FIRST and damages[0].first_seq == min(lost)
    else:
        assert newline, "only an empty line between batches may change without anything being lost"


def test_19_damage_names_file_and_line() -> None:
    files = written()
    lines = lines_of(files)
    lines[3] = lines[3].replace(b"3:x", b"3:y")
    files.damage(FIRST, b"\n".join(lines))
    records, (damage,), torn, end = recover(files)
    assert [record.seq for record in records] == [1, 2, 4, 5, 6, 7, 8] and not torn
    assert (damage.path, damage.line_number, damage.first_seq, damage.last_seq) == (FIRST, 4, 3, 3)
    assert damage.line == lines[3] and "checksum" in damage.reason
    assert end.next_seq == 9


@pytest.mark.parametrize("cut", [1, 30, 100])
def test_a_torn_last_commit_is_cut(cut: int) -> None:
    files = written(batches=3, per_batch=1)
    content = files.read(FIRST).rstrip(b"\0")
    files.damage(FIRST, content[:-cut] + bytes(1000))
    records, damages, torn, end = recover(files)
    expected = [1, 2, 3] if cut == 1 else [1, 2]
    assert [record.seq for record in records] == expected and not damages
    assert len(torn) == (0 if cut == 1 else 1), "a line that lacks its newline only is whole"
    journal, seq = resume(files, Heard(), 1 << 14)
    append(journal, seq)
    journal.close()
    records, damages, torn, _ = recover(files)
    assert [record.seq for record in records] == [*expected, seq] and not damages and not torn
    assert end.next_seq == seq


def test_a_hole_in_the_last_batch_is_a_torn_commit() -> None:
    """The disk wrote the sectors of the last flush out of order: an earlier one is missing, a later one is there."""
    files = written(batches=2, per_batch=12)
    content = bytearray(files.read(FIRST))
    boundary = bytes(content).find(b"\n\n")
    hole = -(-(boundary + 200) // 512) * 512
    content[hole : hole + 512] = bytes(512)
    files.damage(FIRST, bytes(content))
    records, damages, (torn,), _ = recover(files)
    assert records[-1].last_seq >= 12 and not damages
    assert torn.offset > boundary and torn.rest.strip(b"\0")


def test_19_a_hole_before_a_later_batch_is_damage() -> None:
    files = written(batches=3, per_batch=12)
    content = bytearray(files.read(FIRST))
    content[512:1024] = bytes(512)
    files.damage(FIRST, bytes(content))
    records, damages, torn, _ = recover(files)
    assert damages and not torn
    assert records[-1].last_seq == 36, "what was acknowledged later is still read"


def test_records_written_again_after_a_failed_flush_are_read_once() -> None:
    files = written(batches=3, per_batch=1)
    lines = lines_of(files)
    files.damage(segment_path(FOLDER, 3), lines[4] + b"\n")
    files.damage(FIRST, b"\n".join([*lines[:4], lines[4].replace(b"x", b"y", 1), b'{"crc":"torn']))
    records, damages, torn, end = recover(files)
    assert [record.seq for record in records] == [1, 2, 3] and not damages and not torn
    assert end == End(segment_path(FOLDER, 3), len(lines[4]) + 1, 4)


def test_a_missing_segment_shows_as_a_jump() -> None:
    files = written(batches=30, per_batch=1, segment_size=1024)
    names = list_segments(files, FOLDER)
    files.unlink(names[1].path)
    records, damages, _, _ = recover(files)
    seqs = [record.seq for record in records]
    assert not damages and seqs != list(range(1, 31)) and seqs[-1] == 30


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=30), st.integers(0, 70))
def test_reading_from_any_seq_equals_reading_all_and_skipping(shape: list[tuple[int, bool]], after: int) -> None:
    files = CrashFiles()
    files.mkdir(FOLDER)
    journal = Journal(FOLDER, files, Heard(), segment_size=2048)
    seq = 1
    for count, commit in shape:
        seq = append(journal, seq, count)
        if commit:
            journal.commit()
    journal.close()
    everything, _, _, end = recover(files)
    *some, last = read_journal(files, FOLDER, after)
    assert some == [record for record in everything if record.last_seq > after]
    assert not shape or after >= seq or last == end
