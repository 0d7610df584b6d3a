"""Events since a seq, and when a segment may be deleted."""

from itertools import pairwise

import pytest

from maestrod.api.errors import ResyncRequired
from maestrod.store.history import Retention, drop_old_segments, events_between
from maestrod.store.journal import Journal
from maestrod.store.segments import list_segments
from tests.kit.parts.crash_files import CrashFiles
from tests.store.journals import FOLDER, Heard, append


@pytest.fixture
def files() -> CrashFiles:
    """Forty events in about eight segments."""
    files = CrashFiles()
    files.mkdir(FOLDER)
    journal = Journal(FOLDER, files, Heard(), segment_size=600)
    seq = 1
    while seq <= 40:
        seq = append(journal, seq, count=2)
        journal.commit()
    journal.close()
    return files


@pytest.mark.parametrize("after", [0, 1, 2, 7, 20, 39, 40])
def test_there_is_neither_a_gap_nor_an_overlap(files: CrashFiles, after: int) -> None:
    assert [event.seq for event in events_between(files, FOLDER, after, 40)] == list(range(after + 1, 41))


def test_events_that_are_not_durable_yet_are_left_out(files: CrashFiles) -> None:
    assert [event.seq for event in events_between(files, FOLDER, 30, 35)] == [31, 32, 33, 34, 35]


def test_a_gap_at_the_beginning_is_reported_at_once(files: CrashFiles) -> None:
    names = list_segments(files, FOLDER)
    files.unlink(names[0].path)
    with pytest.raises(ResyncRequired, match=f"kept from {names[1].first_seq} on"):
        events_between(files, FOLDER, 0, 40)
    assert list(events_between(files, FOLDER, names[1].first_seq - 1, 40))


def test_the_future_is_refused(files: CrashFiles) -> None:
    with pytest.raises(ResyncRequired, match="newest is 40"):
        events_between(files, FOLDER, 41, 40)


def test_a_gap_in_the_middle_ends_in_resync(files: CrashFiles) -> None:
    names = list_segments(files, FOLDER)
    files.unlink(names[2].path)
    seqs: list[int] = []
    with pytest.raises(ResyncRequired, match=f"event {names[2].first_seq} can no longer"):
        seqs.extend(event.seq for event in events_between(files, FOLDER, 0, 40))
    assert seqs == list(range(1, names[2].first_seq))


def test_only_old_covered_segments_are_deleted(files: CrashFiles) -> None:
    names = list_segments(files, FOLDER)
    everything = Retention(events=0, size=1 << 30)
    assert drop_old_segments(files, FOLDER, 0, everything) == []
    assert drop_old_segments(files, FOLDER, 40, Retention(events=100, size=1 << 30)) == []
    covered = names[3].first_seq - 1
    assert drop_old_segments(files, FOLDER, covered, everything) == [each.path for each in reversed(names[:3])]
    assert list_segments(files, FOLDER) == names[3:]
    kept = [each for each, following in pairwise(names) if following.first_seq > 31] + names[-1:]
    drop_old_segments(files, FOLDER, 40, Retention(events=10, size=1 << 30))
    assert list_segments(files, FOLDER) == kept
    drop_old_segments(files, FOLDER, 40, Retention(events=100, size=600))
    assert list_segments(files, FOLDER) == names[-2:], "the active one and one that fits in 600 bytes"
