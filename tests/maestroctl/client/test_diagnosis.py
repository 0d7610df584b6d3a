"""Each reason why a daemon does not answer has its own message."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestroctl.client.channel import Silent
from maestroctl.client.diagnosis import HUNG, STARTING, STOPPED, how_ended, why_holder_silent, why_silent
from maestrod.api.local.daemon_lock import Holder, Phase, boot_id
from maestrod.host.instance import single_instance


@pytest.fixture
def stopped() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        yield process.pid
        process.kill()


def holder(pid: int, phase: Phase = Phase.SERVING, progress: str = "") -> Holder:
    return Holder(pid=pid, boot_id=boot_id(), version="1", socket="/s", phase=phase, progress=progress)


def test_a_stopped_daemon_is_named_with_both_solutions(stopped: int) -> None:
    error = why_holder_silent(holder(stopped), 3.0)
    assert error.reason == STOPPED
    assert f"maestrod (process {stopped}) does not answer: it is stopped by a signal (state T)" in error.message
    assert f"kill -CONT {stopped}" in error.message
    assert "maestroctl daemon stop" in error.message
    assert error.exit_code == 69


def test_a_hung_test_is_named_with_the_seconds() -> None:
    error = why_holder_silent(holder(os.getpid()), 8.0)
    assert error.reason == HUNG
    assert f"(process {os.getpid()}) has not answered for 8 s" in error.message


def test_a_starting_daemon_is_not_a_problem() -> None:
    error = why_holder_silent(holder(os.getpid(), Phase.STARTING, "it is reading its store"), 8.0)
    assert error.reason == STARTING
    assert "is starting: it is reading its store" in error.message
    assert "maestrod store" in why_holder_silent(holder(os.getpid(), Phase.OFFLINE), 8.0).message
    assert "does not listen on /s" in why_holder_silent(holder(os.getpid()), None).message


def test_the_lock_identifies_the_daemon_before_the_socket_does(tmp_path: Path, stopped: int) -> None:
    error = Silent("/run/s", 8.0, stopped)
    assert f"process {stopped} on /run/s does not answer: it is stopped" in why_silent(error, tmp_path).message
    with single_instance(tmp_path, tmp_path / "s", "1") as claim:
        claim.publish(Phase.SERVING)
        assert f"maestrod (process {os.getpid()})" in why_silent(error, tmp_path).message


def test_another_program_on_the_socket_is_not_called_a_daemon() -> None:
    assert "or it is not maestrod" in why_silent(Silent("/run/s", 8.0, os.getpid()), None).message
    assert "https://far does not answer (8 s)" in why_silent(Silent("https://far", 8.0), None).message


@pytest.mark.parametrize(
    "returncode, words",
    [
        (3, "ended with exit code 3"),
        (-9, "was ended by SIGKILL"),
        (-40, "was ended by signal 40"),
    ],
)
def test_the_end_of_a_program_is_described_by_the_name_of_its_signal(returncode: int, words: str) -> None:
    assert how_ended(returncode) == words
