"""Ending a daemon: waiting for it, and by force if it does not answer. With the real one: tests/system/faults/test_unanswering.py."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from maestroctl.client import daemon_end
from maestrod.api.errors import NoDaemon, TimedOut
from maestrod.api.local.address import Paths, paths_of
from maestrod.api.local.daemon_lock import Phase, is_held
from maestrod.api.system import SessionsOnStop
from tests.kit.patience import PATIENCE

HOLDER = """
import signal, sys
from pathlib import Path
from maestrod.api.local.daemon_lock import Phase
from maestrod.host.instance import single_instance
if sys.argv[2] == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
data = Path(sys.argv[1])
with single_instance(data, data / "s", "1", phase=Phase(sys.argv[3])):
    print("up", flush=True)
    while True:
        signal.pause()
"""
HUNG = NoDaemon("daemon.hung", "it hangs. Do something")


def here() -> Paths:
    where = paths_of(os.environ)
    where.data.mkdir(parents=True, exist_ok=True)
    return where


def holding(manners: str, phase: Phase = Phase.SERVING) -> "subprocess.Popen[str]":
    """A process that holds the data folder."""
    command = [sys.executable, "-c", HOLDER, str(here().data), manners, phase.value]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


@pytest.fixture
def processes() -> Iterator[list["subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def test_a_daemon_that_does_not_end_is_reported() -> None:
    descriptor = os.open(here().data / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(TimedOut, match="has not ended after 0 s"):
        daemon_end.await_end(here(), 0.0)
    os.close(descriptor)
    daemon_end.await_end(here(), 0.0)


def test_a_hanging_daemon_is_terminated(
    processes: list["subprocess.Popen[str]"], capsys: pytest.CaptureFixture[str]
) -> None:
    processes.append(holding("polite"))
    assert daemon_end.end_unanswering(here(), HUNG, SessionsOnStop.STOP) == {"pid": processes[0].pid, "forced": True}
    assert processes[0].wait(PATIENCE) == -signal.SIGTERM
    said = capsys.readouterr().err
    assert said.startswith("it hangs.\n")
    assert "It cannot stop its sessions" in said
    assert f"Sending SIGTERM to process {processes[0].pid}" in said


def test_an_unresponsive_daemon_is_killed_eventually(
    processes: list["subprocess.Popen[str]"], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_end, "_TERMINATED_WITHIN", 0.1)
    processes.append(holding("deaf"))
    daemon_end.end_unanswering(here(), HUNG, SessionsOnStop.KEEP)
    assert processes[0].wait(PATIENCE) == -signal.SIGKILL
    assert "sending SIGKILL" in capsys.readouterr().err


def test_a_stopped_process_is_continued_first(
    processes: list["subprocess.Popen[str]"], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_end, "_TERMINATED_WITHIN", 0.1)
    processes.append(holding("polite"))
    processes[0].send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, processes[0].pid, os.WSTOPPED)
    daemon_end.end_unanswering(here(), HUNG, SessionsOnStop.KEEP)
    assert processes[0].wait(PATIENCE) == -signal.SIGTERM
    said = capsys.readouterr().err
    assert said.index("SIGCONT") < said.index("SIGTERM")


def test_a_process_that_is_not_a_daemon_of_this_folder_is_left_alone(processes: list["subprocess.Popen[str]"]) -> None:
    with pytest.raises(NoDaemon, match="it hangs"):
        daemon_end.end_unanswering(here(), HUNG, SessionsOnStop.KEEP)
    processes.append(holding("polite", Phase.OFFLINE))
    with pytest.raises(NoDaemon, match="it hangs"):
        daemon_end.end_unanswering(here(), HUNG, SessionsOnStop.KEEP)
    assert is_held(here().data)
