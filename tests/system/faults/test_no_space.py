"""A disk that fills up under a running daemon (fault 16): changes are refused, reads and agents continue, and it recovers by itself."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.daemons.daemon import Daemon, Refused, processes_of
from tests.kit.plans import command, entries

#: Room for two journal segments of 8 MiB, the entity files, and a hog.
DISK = 64 << 20
#: One task's description: enough of them use up the segment that is in reserve.
TEXT = "x" * 200_000


@pytest.fixture
def small_disk(daemon: Daemon) -> Iterator[Daemon]:
    """A daemon whose data is on a small file system."""
    daemon.data.mkdir(parents=True, mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(daemon.data)]
    answer = subprocess.run(mount, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip(f"mounting a tmpfs is refused here: {answer.stderr.strip()}")
    yield daemon
    daemon.close()
    subprocess.run(["umount", str(daemon.data)], check=True)


def fill(path: Path) -> None:
    """Write until nothing fits any more."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for size in (1 << 16, 1 << 12, 1):
            with pytest.raises(OSError, match="No space"):
                while True:
                    os.write(descriptor, bytes(size))
    finally:
        os.close(descriptor)


def write_until_refused(daemon: Daemon, project: str, hog: Path) -> Refused:
    """Keep the disk full and the journal busy until the daemon says no."""
    with daemon.connect() as connection:
        for number in range(500):
            fill(hog)
            try:
                connection.call("task.create", title=f"t{number}", projectId=project, description=TEXT)
            except Refused as refusal:
                return refusal
    raise AssertionError("the disk is full and everything is accepted")


def wait_accepted(daemon: Daemon, project: str) -> None:
    """Ask until changes are accepted again: that the probe for space succeeded gives no event by itself."""
    while True:
        try:
            daemon.call("task.create", title="after", projectId=project)
            return
        except Refused as refusal:
            if refusal.reason != "store.no_space":
                raise


def descriptions(daemon: Daemon) -> dict[str, str]:
    return {task["id"]: task.get("description", "") for task in daemon.every("task.list", limit=20)}


@pytest.mark.slow
def test_16_a_full_disk_under_a_running_daemon(small_disk: Daemon) -> None:
    daemon, ledger, hog = small_disk, small_disk.home / "ledger", small_disk.data / "hog"
    daemon.start()
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))["id"]
    groups = [
        {"key": key, "title": key, "subtasks": [{"key": key, "title": key, "commands": [command(ledger, key, 1.5)]}]}
        for key in ("one", "two")
    ]
    run_id = daemon.call("run.start", plan={"groups": groups}, projectId=project, agent="shell")["id"]
    with daemon.watch(since=0, topics=["task.status"]) as events:
        for _ in groups:
            events.wait_for(lambda event: event["data"]["status"] == "in_progress")
    refusal = write_until_refused(daemon, project, hog)
    assert refusal.reason == "store.no_space" and refusal.retryable
    status = daemon.call("system.status")
    assert status["mode"] == "no_space" and "free some space" in status["problems"][0]
    kept = descriptions(daemon)
    assert TEXT in kept.values()
    assert len(processes_of(daemon.data)) >= len(groups)
    daemon.restart()  # even a start on a full disk serves reads and takes the agents back
    assert descriptions(daemon) == kept
    assert all(path.stat().st_size for path in (daemon.data / "tasks").glob("*.json")), "a file was emptied"
    hog.unlink()
    wait_accepted(daemon, project)
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert sorted(entry.what for entry in entries(ledger)) == ["begin", "begin", "end", "end"]
    daemon.finish_sessions()
    assert {session["exit"]["code"] for session in daemon.every("session.list")} == {0}
    assert daemon.end() == 0
    daemon.start()
    assert kept.items() <= descriptions(daemon).items()
