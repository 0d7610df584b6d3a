"""The stop ladder with scripted processes: it ends only when a search of the tree finds nothing, or names what is left."""

import errno
import os
import posix
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.sessions.shim import ladder as module
from maestrod.sessions.shim.ladder import PINNED_LIMIT, Ladder, Member
from maestrod.sessions.shim.process import Process
from maestrod.sessions.shim.processes import ProcFs
from maestrod.sessions.shim.signals import kernel
from tests.sessions import kit

TERM, KILL, CONT = 15, 9, 18
RUNGS = [(TERM, 1.0), (KILL, 1.0)]


class FakeProcess:
    """A process that takes a number of signals before it ends, and may leave another one behind."""

    def __init__(self, pid: int, ignores: set[int], *, unkillable: bool = False, leaves: "FakeProcess | None" = None):
        self.pid = pid
        self.ignores = ignores
        self.unkillable = unkillable
        self.leaves = leaves
        self.got: list[int] = []


class FakeSystem:
    """Stands for the process table and for kill(2)."""

    def __init__(self, processes: list[FakeProcess]) -> None:
        self.processes = {process.pid: process for process in processes}

    def start_of(self, pid: int) -> str | None:
        return f"start-{pid}" if pid in self.processes else None

    def find(self) -> dict[int, Process]:
        return {pid: Process(pid, 1, 1, f"start-{pid}", True) for pid in self.processes}

    def kill(self, pid: int, number: int) -> None:
        if pid not in self.processes:
            raise ProcessLookupError(errno.ESRCH, "gone")
        process = self.processes[pid]
        process.got.append(number)
        if number == CONT or process.unkillable or (number in process.ignores and number != KILL):
            return
        del self.processes[pid]
        if process.leaves is not None:
            self.processes[process.leaves.pid] = process.leaves


def climb(system: FakeSystem, rungs: list[tuple[int, float]]) -> tuple[Ladder, float]:
    """A ladder climbed in virtual time, to its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "system", system)
        patch.setattr(module, "_pidfd_open", None)
        patch.setattr(posix, "kill", system.kill)
        now = 0.0
        ladder = Ladder(system.find, rungs, now)
        while not ladder.turn(now):
            assert ladder.wake_at > now
            now = ladder.wake_at
        return ladder, now


@st.composite
def trees(draw: st.DrawFn) -> list[FakeProcess]:
    pids = iter(range(100, 200))

    def process(depth: int) -> FakeProcess:
        leaves = process(depth - 1) if depth and draw(st.booleans()) else None
        ignores = draw(st.sets(st.sampled_from([TERM, 2])))
        return FakeProcess(next(pids), ignores, unkillable=draw(st.integers(0, 9)) == 0, leaves=leaves)

    return [process(2) for _ in range(draw(st.integers(0, 5)))]


@given(trees(), st.lists(st.tuples(st.sampled_from([2, TERM]), st.floats(0.1, 3)), max_size=3))
def test_done_means_that_nothing_is_left_and_giving_up_names_the_survivors(
    processes: list[FakeProcess], polite: list[tuple[int, float]]
) -> None:
    system = FakeSystem(processes)
    rungs = [*polite, (KILL, 2.0)]
    ladder, took = climb(system, rungs)
    assert ladder.left == sorted(system.processes)
    assert all(process.unkillable for process in system.processes.values())
    assert took <= sum(seconds for _, seconds in rungs) + 1e-6


@given(trees())
def test_every_signal_is_followed_by_cont(processes: list[FakeProcess]) -> None:
    climb(FakeSystem(list(processes)), RUNGS)
    for process in processes:
        for number, following in zip(process.got, process.got[1:], strict=False):
            assert CONT in (number, following)


def test_a_graceful_end_needs_one_rung() -> None:
    ladder, took = climb(FakeSystem([FakeProcess(100, set())]), RUNGS)
    assert (ladder.sent, ladder.left, took) == ([TERM], [], 0.0)


def test_ending_nothing_sends_nothing() -> None:
    ladder, _ = climb(FakeSystem([]), RUNGS)
    assert (ladder.sent, ladder.seen) == ([], set())


def test_the_next_rung_is_used_when_the_time_has_passed() -> None:
    ladder, took = climb(FakeSystem([FakeProcess(100, {TERM})]), RUNGS)
    assert (ladder.sent, ladder.left) == ([TERM, KILL], [])
    assert 1.0 <= took < 1.1


def test_a_ladder_that_has_reached_kill_says_so() -> None:
    system = FakeSystem([FakeProcess(100, {TERM})])
    polite, hurried = Ladder(system.find, RUNGS, 0.0), Ladder(system.find, [(KILL, 5.0)], 0.0)
    assert (polite.kills, hurried.kills) == (False, True)
    climbed, _ = climb(FakeSystem([FakeProcess(100, {TERM})]), RUNGS)
    assert climbed.kills


def test_unkillable_processes_are_left_and_named() -> None:
    ladder, took = climb(FakeSystem([FakeProcess(100, set(), unkillable=True), FakeProcess(101, set())]), RUNGS)
    assert (ladder.left, ladder.seen) == ([100], {100, 101})
    assert took == 2.0


def test_processes_that_a_dead_one_leaves_behind_are_ended_too() -> None:
    deep = FakeProcess(100, set(), leaves=FakeProcess(101, set(), leaves=FakeProcess(102, {TERM})))
    ladder, _ = climb(FakeSystem([deep]), RUNGS)
    assert (ladder.left, ladder.seen) == ([], {100, 101, 102})


def test_a_ladder_without_rungs_only_checks() -> None:
    process = FakeProcess(100, set())
    ladder, _ = climb(FakeSystem([process]), [])
    assert (ladder.left, process.got) == ([100], [])


def test_a_member_is_identified_as_its_very_process() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        start = ProcFs().start_of(child.pid)
        assert start is not None
        stranger = Member(child.pid, "another start")
        assert not stranger.alive()
        assert not stranger.send(KILL)
        assert child.poll() is None
        member = Member(child.pid, start)
        assert member.send(KILL, CONT)
        child.wait()
        assert not member.alive()
        assert not member.send(TERM)
        member.close()
        stranger.close()


def test_without_pidfds_a_member_is_signalled_by_its_checked_pid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_pidfd_open", None)
    with subprocess.Popen(["sleep", "1000"]) as child:
        start = ProcFs().start_of(child.pid)
        assert start is not None
        assert Member(child.pid, start).send(kernel.SIGTERM)
        assert child.wait() == -TERM


def test_an_unreadable_table_concludes_nothing() -> None:
    system = FakeSystem([FakeProcess(100, set())])
    broken = [OSError(errno.EMFILE, "no descriptor")]

    def find() -> dict[int, Process]:
        if broken:
            raise broken.pop()
        return system.find()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "system", system)
        patch.setattr(module, "_pidfd_open", None)
        patch.setattr(posix, "kill", system.kill)
        ladder = Ladder(find, RUNGS, 0.0)
        with pytest.raises(OSError, match="no descriptor"):
            ladder.turn(0.0)
        assert not ladder.finished
        while not ladder.turn(0.0):
            pass
        assert (ladder.left, ladder.seen, system.processes) == ([], {100}, {})


def test_a_tree_of_thousands_does_not_exhaust_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def pidfd_open(pid: int) -> int:
        opened.append(pid)
        return os.open(os.devnull, os.O_RDONLY)

    system = FakeSystem([FakeProcess(pid, {CONT}) for pid in range(100_000, 103_000)])
    monkeypatch.setattr(module, "system", system)
    monkeypatch.setattr(module, "_pidfd_open", pidfd_open)
    monkeypatch.setattr(module, "_pidfd_send", lambda fd, number: None)
    monkeypatch.setattr(posix, "kill", lambda pid, number: None)
    ladder = Ladder(system.find, [(TERM, 1.0)], 0.0)
    ladder.turn(0.0)
    assert len(opened) == len(ladder.descriptors()) == PINNED_LIMIT
    assert len(ladder.left) == 3000
    ladder.close()


def test_closing_releases_every_descriptor() -> None:
    before = kit.open_descriptors()
    with subprocess.Popen(["sleep", "1000"]) as child:
        start = ProcFs().start_of(child.pid)
        assert start is not None
        ladder = Ladder(lambda: {child.pid: Process(child.pid, os.getpid(), 1, start, True)}, [(CONT, 60.0)], 0.0)
        ladder.turn(0.0)
        assert len(ladder.descriptors()) == 1
        ladder.close()
        child.kill()
    assert kit.open_descriptors() == before
