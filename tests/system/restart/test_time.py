"""Timeouts are judged after the backlog: a daemon that was killed or stopped over a deadline first reads the reports that were in time."""

import signal
import threading
import time
from pathlib import Path

import pytest

from tests.kit.daemons.daemon import Daemon, Json
from tests.kit.patience import PATIENCE
from tests.kit.plans import begun, command, entries

#: Milliseconds a task may take, and the seconds ours take.
TIMEOUT_MS, SECONDS = 2500, 0.8


def start(daemon: Daemon, ledger: Path, *commands: str, attempts: int = 2) -> tuple[str, Json]:
    """A run of one task that is tried twice, and the task once its first command has begun."""
    subtask = {"key": "t", "title": "t", "commands": list(commands), "timeoutMs": TIMEOUT_MS, "maxAttempts": attempts}
    groups = [{"key": "g", "title": "g", "subtasks": [subtask]}]
    run_id = daemon.call("run.start", plan={"groups": groups}, workingDir=str(daemon.home), agent="shell")["id"]
    until(lambda: entries(ledger) != [])
    return str(run_id), leaf(daemon, run_id)


def leaf(daemon: Daemon, run_id: str) -> Json:
    tasks: list[Json] = daemon.call("run.get", runId=run_id)["tasks"]
    return next(task for task in tasks if not task.get("subtaskIds"))


def until(holds: "object") -> None:
    """Files and clocks tell nobody."""
    assert callable(holds)
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up
        threading.Event().wait(0.02)


def over(task: Json) -> None:
    """Return when the task's deadline is over by more than a daemon that runs would take to judge it."""
    until(lambda: time.time() * 1000 > task["clock"]["deadline"] + 1500)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 3])
def test_a_task_that_ended_in_time_without_a_daemon_is_completed_once(daemon: Daemon, steps: int) -> None:
    ledger = daemon.home / "ledger"
    daemon.start()
    run_id, task = start(daemon, ledger, command(ledger, "one", SECONDS), *["true"] * (steps - 1))
    daemon.kill()
    over(task)
    daemon.start()
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert leaf(daemon, run_id).get("attempts", []) == []
    assert list(begun(ledger).values()) == [1]


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2])
def test_a_task_that_ended_in_time_while_the_daemon_was_stopped_is_completed_once(daemon: Daemon, steps: int) -> None:
    ledger = daemon.home / "ledger"
    daemon.start()
    run_id, task = start(daemon, ledger, command(ledger, "one", SECONDS / steps), *["true"] * (steps - 1))
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    over(task)
    daemon.process.send_signal(signal.SIGCONT)
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert leaf(daemon, run_id).get("attempts", []) == []
    assert list(begun(ledger).values()) == [1]


@pytest.mark.slow
def test_a_task_that_took_too_long_without_a_daemon_has_timed_out_with_a_reason(daemon: Daemon) -> None:
    ledger = daemon.home / "ledger"
    daemon.start()
    seconds = TIMEOUT_MS / 1000 + 0.5
    run_id, task = start(daemon, ledger, command(ledger, "one", seconds), attempts=1)
    daemon.kill()
    over(task)
    daemon.start()
    assert daemon.finish_run(run_id)["status"] == "failed"
    assert f"timed out after {TIMEOUT_MS} ms" in leaf(daemon, run_id)["result"]["error"]
    daemon.finish_sessions()
    [session] = daemon.every("session.list")
    words = daemon.call("session.why", sessionId=session["id"])["explanation"]
    assert "one of its tasks timed out" in words[0]
    assert "somebody" not in " ".join(words)


@pytest.mark.slow
@pytest.mark.parametrize("before, after", [(0, 86_400_000), (86_400_000, 0)])
def test_26_setting_the_clock_while_no_daemon_runs_changes_no_wait(daemon: Daemon, before: int, after: int) -> None:
    ledger, backoff = daemon.home / "ledger", 3.0
    daemon.module = "tests.kit.daemons.skewed_daemon"
    daemon.home.mkdir(exist_ok=True)
    skew = daemon.home / "skew"
    skew.write_text(str(before))
    daemon.start()
    subtask = {"key": "t", "title": "t", "maxAttempts": 2, "backoffMs": round(backoff * 1000)}
    subtask["commands"] = [command(ledger, "one", 0.04, fails_once=True)]
    groups = [{"key": "g", "title": "g", "subtasks": [subtask]}]
    with daemon.watch(topics=["task"]) as events:
        run_id = daemon.call("run.start", plan={"groups": groups}, workingDir=str(daemon.home), agent="shell")["id"]
        events.wait_for(lambda event: event["data"].get("attempt") == 2)
    failed = time.monotonic()
    daemon.kill()
    skew.write_text(str(after))
    daemon.start()
    until(lambda: len(begun(ledger)) == 2)
    assert time.monotonic() - failed > backoff - 0.5
    assert daemon.finish_run(run_id)["status"] == "completed"
