"""What survives a restart: agents, holds, timeouts, waits, and the work of sessions that the daemon stopped."""

import random
import signal
from pathlib import Path

import psutil
import pytest

from tests.kit.daemons.daemon import Daemon, Json, Refused, agents_of, processes_of
from tests.kit.plans import begun, command, entries


def start(daemon: Daemon, *commands: str, **members: object) -> str:
    """A run of one group per command."""
    groups = [
        {
            "key": f"g{number}",
            "title": f"g{number}",
            "subtasks": [{"key": f"t{number}", "title": f"t{number}", "commands": [line], **members}],
        }
        for number, line in enumerate(commands)
    ]
    run: Json = daemon.call("run.start", plan={"groups": groups}, workingDir=str(daemon.home), agent="shell")
    return str(run["id"])


def working(daemon: Daemon, count: int = 1) -> list[Json]:
    """The live sessions, once so many of them work on a task."""
    with daemon.watch(topics=["session.status"]) as events:
        while (
            len(found := [each for each in daemon.every("session.list", live=True) if each["status"] == "working"])
            < count
        ):
            events.next_event()
    return found


def all_held(daemon: Daemon) -> bool:
    """Whether no agent and nothing it started can run: stopped, or waiting (state D) for a child of vfork(2) that is."""
    states = {process.status() for process in agents_of(daemon.data)}
    return psutil.STATUS_STOPPED in states and states <= {psutil.STATUS_STOPPED, psutil.STATUS_DISK_SLEEP}


def wait_all_held(daemon: Daemon) -> None:
    """A stop signal has been sent by now; the system carries it out in its own time, and gives no event."""
    while not all_held(daemon):
        daemon.call("system.status")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR2])
def test_29_stop_signals_leave_the_agents_to_the_next_daemon(daemon: Daemon, number: signal.Signals) -> None:
    ledger = daemon.home / "ledger"
    daemon.start()
    run_id = start(daemon, command(ledger, "one", 0.5))
    working(daemon)
    assert daemon.end(number) == 0
    assert not daemon.socket.exists()
    assert processes_of(daemon.data) != []
    daemon.start()
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert list(begun(ledger).values()) == [1]
    assert len(entries(ledger)) == 2


@pytest.mark.slow
def test_stopping_the_daemon_with_its_sessions_costs_no_attempt(daemon: Daemon) -> None:
    ledger = daemon.home / "ledger"
    daemon.start()
    run_id = start(daemon, command(ledger, "one", 2.0), command(ledger, "two", 2.0))
    taken = working(daemon, 2)
    while len(entries(ledger)) < 2:  # a command begins a moment after its task; a file tells nobody
        daemon.call("system.status")
    daemon.call("system.stop", sessions="stop")
    assert daemon.wait() == 0
    assert daemon.nothing_left()
    assert [entry.what for entry in entries(ledger)] == ["begin", "begin"]
    daemon.start()
    for session in taken:
        stopped = daemon.call("session.get", sessionId=session["id"])
        assert (stopped["status"], stopped["statusReason"]["code"]) == ("stopped", "daemon_stop")
        assert stopped["exit"]["code"] == 143
    assert daemon.finish_run(run_id)["status"] == "completed"
    tasks = [task for task in daemon.call("run.get", runId=run_id)["tasks"] if not task.get("subtaskIds")]
    assert [(task.get("attempt", 1), task.get("attempts", [])) for task in tasks] == [(1, [])] * 2
    assert sorted(begun(ledger).values()) == [1, 1, 1, 1]


@pytest.mark.slow
def test_a_stop_ends_an_unresponsive_agent_by_force(daemon: Daemon) -> None:
    """The second signal is somebody in a hurry: the ladder goes to KILL at once."""
    daemon.start()
    start(daemon, "trap '' TERM; echo ready; while :; do sleep 1; done")
    [session] = working(daemon)
    with daemon.connect() as connection:
        connection.call("session.output", sessionId=session["id"], offset=30, wait=True)
        connection.call("system.stop", sessions="stop")
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.wait(4.0) == 0
    assert daemon.nothing_left()
    daemon.start()
    assert daemon.call("session.get", sessionId=session["id"])["status"] == "stopped"


@pytest.mark.slow
@pytest.mark.parametrize(
    "hold, release",
    [("session.pause", "session.resume"), ("run.pause", "run.resume"), ("system.freeze", "system.thaw")],
)
def test_held_sessions_stay_held_across_a_restart(daemon: Daemon, hold: str, release: str) -> None:
    daemon.start()
    run_id = start(daemon, "sleep 0.7; echo done", timeoutMs=60_000)
    [session] = working(daemon)
    names = {"session": {"sessionId": session["id"]}, "run": {"runId": run_id}, "system": {}}[hold.partition(".")[0]]
    daemon.call(hold, **names)
    wait_all_held(daemon)
    daemon.restart()
    assert all_held(daemon)
    assert daemon.call("run.get", runId=run_id)["run"]["status"] == "running"
    daemon.call(release, **names)
    assert daemon.finish_run(run_id)["status"] == "completed"


@pytest.mark.slow
def test_a_hold_that_a_dead_daemon_owed_is_carried_out(daemon: Daemon) -> None:
    """SIGKILL between the decision to hold and the signal: the agents are found running and are held."""
    daemon.start()
    run_id = start(daemon, "sleep 0.7; echo done")
    working(daemon)
    daemon.call("system.freeze")
    wait_all_held(daemon)
    daemon.kill()
    for process in processes_of(daemon.data):
        process.resume()
    daemon.start()
    wait_all_held(daemon)
    daemon.call("system.thaw")
    assert daemon.finish_run(run_id)["status"] == "completed"


@pytest.mark.slow
def test_nothing_starts_while_frozen_and_waiting_work_starts_with_the_thaw(daemon: Daemon) -> None:
    daemon.start()
    daemon.call("system.freeze")
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))
    task = daemon.call("task.create", title="t", projectId=project["id"], commands=["echo now"])
    with pytest.raises(Refused) as refusal:
        daemon.call("session.spawn", taskIds=[task["id"]], agent="shell")
    assert refusal.value.reason == "system.frozen"
    run_id = daemon.call("run.start", taskId=task["id"], agent="shell")["id"]
    daemon.kill()
    daemon.start()
    assert daemon.call("session.list", live=True).get("items", []) == []
    daemon.call("system.thaw")
    assert daemon.finish_run(run_id)["status"] == "completed"


@pytest.mark.slow
def test_26_timeouts_and_backoffs_continue_across_a_restart(daemon: Daemon) -> None:
    daemon.start()
    run_id = start(daemon, "echo ready; sleep 600", timeoutMs=1200, maxAttempts=2, backoffMs=400)
    working(daemon)
    daemon.restart()
    with daemon.watch(topics=["task"]) as events:
        events.wait_for(lambda event: event["data"].get("attempt") == 2)
    daemon.restart()  # while the second attempt waits for its moment
    run = daemon.finish_run(run_id)
    assert run["status"] == "failed"
    [leaf] = [task for task in daemon.call("run.get", runId=run_id)["tasks"] if not task.get("subtaskIds")]
    assert [("timed out after 1200 ms" in attempt["error"]) for attempt in leaf["attempts"]] == [True, True]
    daemon.finish_sessions()
    assert daemon.nothing_left()


@pytest.mark.slow
def test_4_a_kill_between_decision_and_start_never_starts_twice(daemon: Daemon) -> None:
    moments = random.Random(4)
    ledger = daemon.home / "ledger"
    daemon.start()
    runs = []
    for number in range(20):
        with daemon.connect() as connection, daemon.watch() as events:
            connection.send("run.start", plan_of(daemon, ledger, f"k{number:02d}"))
            seconds = moments.uniform(0.0, 0.12)
            try:
                while True:
                    events.next_event(seconds)
            except TimeoutError:
                pass
        daemon.restart()
    runs = [run["id"] for run in daemon.every("run.list")]
    assert [daemon.finish_run(run_id)["status"] for run_id in runs] == ["completed"] * len(runs)
    daemon.finish_sessions()
    assert set(begun(ledger).values()) == {1}
    assert len(begun(ledger)) == len(runs) >= 5
    assert len(entries(ledger)) == 2 * len(runs)


def plan_of(daemon: Daemon, ledger: Path, key: str) -> Json:
    subtask = {"key": key, "title": key, "commands": [command(ledger, key, 0.04)], "maxAttempts": 3}
    groups = [{"key": "g", "title": "g", "subtasks": [subtask]}]
    return {"plan": {"groups": groups}, "workingDir": str(daemon.home), "agent": "shell"}
