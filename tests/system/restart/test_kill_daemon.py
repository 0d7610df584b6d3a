"""SIGKILL of the daemon at random moments (faults 1, 4 and 5): no agent dies or is started twice, nothing is missing afterwards."""

import random
import signal
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.kit.daemons.daemon import Daemon, Json, Refused, processes_of
from tests.kit.patience import PATIENCE
from tests.kit.plans import LINES, begun, command, entries, plan

KILLS = 50
SESSIONS = 20
SEED = 20

#: Seconds of processor time in which a daemon has every session back, whatever else the machine does meanwhile.
BACK_WITHIN = 2.0


def start_run(daemon: Daemon, ledger: Path) -> str:
    run: Json = daemon.call(
        "run.start", plan=plan(ledger, SESSIONS, seconds=0.6), workingDir=str(daemon.home), agent="shell"
    )
    return str(run["id"])


def live(daemon: Daemon) -> list[Json]:
    return daemon.every("session.list", live=True)


def take_back(daemon: Daemon) -> int:
    """Every live session does what only a held one can; returns how many there were."""
    sessions = [session for session in live(daemon) if session["process"] is not None]
    for session in sessions:
        if daemon.call("session.get", sessionId=session["id"])["status"] in {"spawning", "idle", "working"}:
            resize(daemon, session["id"])
    return len(sessions)


def resize(daemon: Daemon, session_id: str) -> None:
    """Refused only if the agent ended in this very moment; its end is recorded a moment later."""
    with daemon.watch(topics=["session.status"]) as events:
        try:
            daemon.call("session.resize", sessionId=session_id, columns=100, rows=30)
        except Refused:
            while daemon.call("session.get", sessionId=session_id)["status"] not in {"completed", "failed"}:
                events.next_event()  # fails when none comes: then nobody holds it, and nobody tells of its end


def look_on(daemon: Daemon, seconds: float) -> None:
    """See events until some moment."""
    deadline = time.monotonic() + seconds
    with daemon.watch() as events:
        while (left := deadline - time.monotonic()) > 0:
            try:
                events.next_event(left)
            except TimeoutError:
                return


def check_everything(daemon: Daemon, ledger: Path, run_id: str) -> None:
    """The ledger, the tasks, the sessions, the output and the events tell one story, with nothing missing or twice."""
    daemon.finish_sessions()
    tree = daemon.call("run.get", runId=run_id)
    leaves = {task["title"]: task for task in tree["tasks"] if not task.get("subtaskIds")}
    started = begun(ledger)
    assert set(started.values()) == {1}, "a command was started twice in one session"
    tries = Counter(key for key, _ in started.elements())
    for key, task in leaves.items():
        assert task["status"] == "completed", task
        assert tries[key] == task.get("attempt", 1), (
            f"{key} began {tries[key]} times in {task.get('attempt', 1)} attempts"
        )
    assert len(entries(ledger)) == 2 * sum(started.values()), "an agent died on its way"
    for session in tree["sessions"]:
        check_session(daemon, session, started)
    check_events(daemon.history())


def check_session(daemon: Daemon, session: Json, started: Counter[tuple[str, str]]) -> None:
    failed = [key for key, id_ in started if id_ == session["id"] and fails_here(started, key, session["id"])]
    assert session["exit"] == {**session["exit"], "code": 1 if failed else 0, "reason": "exited"}
    text = daemon.output(session["id"])
    for key in [key for key, id_ in started if id_ == session["id"]]:
        assert [line for line in text.splitlines() if line.startswith(f"{key} line")] == [
            f"{key} line {number}" for number in range(LINES)
        ]


def fails_here(started: Counter[tuple[str, str]], key: str, session_id: str) -> bool:
    """Whether this was the attempt that was made to fail: the first of two."""
    sessions = sorted(id_ for other, id_ in started if other == key)
    return len(sessions) > 1 and sessions[0] == session_id


def check_events(events: list[Json]) -> None:
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    ends: Counter[str] = Counter(
        event["id"] for event in events if event["type"] == "session.status" and ended(event["data"])
    )
    assert set(ends.values()) <= {1}, "a session ended twice"


def ended(data: dict[str, Any]) -> bool:
    return data.get("status") in {"completed", "failed", "stopped"}


@pytest.mark.slow
def test_1_fifty_kills_at_random_moments_lose_nothing_and_start_nothing_twice(daemon: Daemon) -> None:
    moments = random.Random(SEED)
    ledger = daemon.home / "ledger"
    daemon.start()
    run_id = start_run(daemon, ledger)
    back: list[float] = []
    held: list[int] = []
    for _ in range(KILLS):
        look_on(daemon, moments.uniform(0.0, 0.3))
        if daemon.call("run.get", runId=run_id)["run"]["status"] != "running":
            check_everything(daemon, ledger, run_id)
            ledger = daemon.home / f"ledger-{len(back)}"
            run_id = start_run(daemon, ledger)
        daemon.kill()
        daemon.start()
        held.append(take_back(daemon))
        times = psutil.Process(daemon.pid).cpu_times()
        back.append(times.user + times.system)
    assert statistics.median(back) < BACK_WITHIN, back
    assert sum(count > 0 for count in held) > KILLS * 0.8, "too few of the kills met sessions at work"
    assert daemon.finish_run(run_id)["status"] == "completed"
    check_everything(daemon, ledger, run_id)
    assert daemon.nothing_left()


@pytest.mark.slow
def test_5_agents_that_end_without_a_daemon_are_recorded_with_exit_code_and_output(daemon: Daemon) -> None:
    """One is killed, one told to end; both are tried again, and what waits for them runs."""
    ledger = daemon.home / "ledger"
    daemon.start()
    with daemon.watch(topics=["timeline"]) as events:
        run_id = daemon.call("run.start", plan=two_and_one(ledger), workingDir=str(daemon.home), agent="shell")["id"]
        for _ in range(2):
            events.wait_for(lambda event: event["data"]["type"] == "task_started")
    first = live(daemon)
    daemon.kill()
    shims = processes_of(daemon.data)
    for session, number in zip(first, (signal.SIGKILL, signal.SIGTERM), strict=True):
        psutil.Process(session["process"]["pid"]).send_signal(number)
    gone, alive = psutil.wait_procs(shims, timeout=PATIENCE)
    assert gone and not alive
    daemon.start()
    killed, signalled = (daemon.call("session.get", sessionId=session["id"]) for session in first)
    assert (killed["exit"].get("signal"), killed["exit"].get("code")) == ("KILL", None)
    assert (signalled["exit"].get("signal"), signalled["exit"].get("code")) == (None, 143)
    started_at = daemon.call("system.status")["startedAt"]
    for session in (killed, signalled):
        assert session["status"] == "failed" and session["exit"]["at"] < started_at
        assert "line 0" in daemon.output(session["id"])
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert Counter(key for key, _ in begun(ledger)) == {"one": 2, "two": 2, "last": 1}


def two_and_one(ledger: Path) -> Json:
    def group(key: str, *depends_on: str) -> Json:
        subtask = {"key": key, "title": key, "commands": [command(ledger, key, 0.4)], "maxAttempts": 2, "backoffMs": 10}
        return {"key": f"g-{key}", "title": key, "subtasks": [subtask], "dependsOn": [f"g-{on}" for on in depends_on]}

    return {"groups": [group("one"), group("two"), group("last", "one", "two")]}
