"""The committer's thread: flushes by itself, gathers writers, checks for free space, and sleeps when idle."""

import queue
import threading
import time
from pathlib import Path

import pytest

from maestrod.store.committer import GATHER_LIMIT, Committer
from maestrod.store.files import RealFiles
from maestrod.store.journal import Journal
from tests.kit.parts.crash_files import CrashFiles
from tests.kit.patience import PATIENCE
from tests.store.journals import FOLDER, Heard, append, recover

SMALL = 1024


def crash_files(**options: int) -> CrashFiles:
    files = CrashFiles(**options)
    files.mkdir(FOLDER)
    return files


def test_one_flush_serves_many_waiting_threads(tmp_path: Path) -> None:
    files = RealFiles()
    done = threading.Event()

    class Waiting(Heard):
        def durable(self, seq: int) -> None:
            super().durable(seq)
            if seq == 200:
                done.set()

    heard = Waiting()
    journal = Journal(tmp_path, files, heard, segment_size=1 << 16)
    committer = Committer(journal)
    seq = 1
    while seq <= 200:
        seq = append(journal, seq)
    assert done.wait(PATIENCE)
    committer.stop()
    journal.close()
    records, damages, torn, end = recover(files, tmp_path)
    assert len(records) == 200 and not damages and not torn and end.next_seq == 201
    files.release_reserve()


def test_16_the_committer_checks_for_free_space_by_itself() -> None:
    files = crash_files(capacity=10)
    back = threading.Event()

    class Waiting(Heard):
        def alert(self, message: str) -> None:
            super().alert(message)
            if "again" in message:
                back.set()

    journal = Journal(FOLDER, files, Waiting(), segment_size=SMALL)
    committer = Committer(journal, probe_interval=0.001)
    assert journal.refusal() is not None
    files.capacity = None
    assert back.wait(PATIENCE)
    committer.stop()
    assert journal.refusal() is None


def test_the_committer_gathers_only_while_fewer_are_pending_than_in_the_last_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    committer = Committer(Journal(FOLDER, crash_files(), Heard(), segment_size=SMALL))
    committer.stop()
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", lambda seconds: pytest.fail("a lone writer waits"))
        committer._gather(batch=0, duration=1.0)
    started = time.perf_counter()
    committer._gather(batch=8, duration=1.0)
    assert time.perf_counter() - started >= GATHER_LIMIT, "a tenth of a second is more than the limit"


@pytest.mark.parametrize("capacity, timeout", [(1 << 20, None), (10, 2.5)])
def test_an_idle_committer_sleeps_without_a_timer_unless_space_is_missing(capacity: int, timeout: float | None) -> None:
    committer = Committer(
        Journal(FOLDER, crash_files(capacity=capacity), Heard(), segment_size=SMALL), probe_interval=2.5
    )
    committer.stop()
    asked: list[float | None] = []

    class Calls(queue.SimpleQueue[None]):
        def get(self, block: bool = True, timeout: float | None = None) -> None:
            asked.append(timeout)

    committer._calls = Calls()
    committer._wait()
    assert asked == [timeout]
