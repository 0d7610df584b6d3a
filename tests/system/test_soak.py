"""The short form of ``make soak`` (fault 30), and that its checker finds the faults it should."""

from pathlib import Path

import pytest

from bench.soak import Soak
from bench.soak_history import THREADS, History, Sample, check_ledger, check_samples
from tests.kit.plans import Entry


@pytest.mark.slow
def test_30_twenty_seconds_of_random_kills_leave_a_clean_history(short_folder: Path) -> None:
    soak = Soak(short_folder / "m", seed=30)
    soak.run(20.0)
    print(dict(soak.done), soak.daemon.words())  # noqa: T201 - pytest shows it when the test failed
    assert soak.problems == []
    assert soak.rounds >= 2 and soak.history.seq > 100
    assert sum(soak.done.values()) > 10


def event(seq: int, type_: str, id_: str, **data: object) -> dict[str, object]:
    return {"seq": seq, "type": type_, "id": id_, "data": data}


def test_gaps_doubles_and_sessions_without_an_end_are_found() -> None:
    history = History()
    history.take(event(1, "session.created", "ses_a"))
    history.take(event(2, "session.created", "ses_b"))
    assert history.check(alive=["ses_a"]) == ["ses_b never ended"]
    for seq in (3, 4):
        history.take(event(seq, "session.status", "ses_b", status="failed"))
    assert history.check(alive=["ses_a"]) == ["ses_b ended 2 times"]
    history.take(event(6, "task.created", "tsk_a"))
    history.take(event(6, "task.created", "tsk_a"))
    assert history.check(alive=["ses_a"])[:3] == [
        "event 6 came after 4",
        "event 6 came after 6",
        "tsk_a was created 2 times",
    ]


def test_double_starts_and_forgotten_work_are_found() -> None:
    entries = [Entry("begin", "a", "ses_1", 10), Entry("begin", "a", "ses_1", 11), Entry("begin", "b", "ses_1", 12)]
    tasks = [{"title": "a", "status": "failed"}, {"title": "b", "status": "completed"}]
    assert check_ledger(entries, tasks) == [
        "a began 2 times in ses_1",
        "b is completed and its command never ended",
    ]
    assert check_ledger([Entry("begin", "a", f"ses_{n}", n) for n in range(3)], [{**tasks[0], "attempt": 2}]) == [
        "a began 3 times in 2 attempts"
    ]


def test_growing_memory_of_a_daemon_is_found() -> None:
    first = Sample(pid=1, seq=100, descriptors=10, threads=3, memory=50 << 20, zombies=0)
    grown = Sample(pid=1, seq=200, descriptors=20, threads=THREADS + 1, memory=200 << 20, zombies=1)
    assert len(check_samples([first, grown])) == 4
    assert check_samples([first, Sample(pid=2, seq=200, descriptors=20, threads=4, memory=100 << 20, zombies=0)]) == []
