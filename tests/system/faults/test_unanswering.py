"""A real daemon that does not answer, or is called from another environment: every command reports it within seconds."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maestrod.api.local.daemon_lock import is_held
from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

pytestmark = pytest.mark.slow

SOURCE = str(Path(__file__).parents[3])


def ctl(home: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAESTRO_", "XDG_"))}
    environ = {**kept, "PYTHONPATH": SOURCE, "HOME": str(home), "MAESTRO_BRIDGE_PORT": "0", **variables}
    command = [sys.executable, "-m", "maestroctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=PATIENCE)


@pytest.fixture
def stopped(daemon: Daemon) -> Daemon:
    """A daemon that was stopped by SIGSTOP."""
    daemon.start()
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED | os.WNOWAIT)
    return daemon


def test_a_stopped_daemon_is_named_by_every_command_and_ended_by_stop(stopped: Daemon) -> None:
    where = {"MAESTRO_HOME": str(stopped.home)}
    words = f"process {stopped.pid}) does not answer: it is stopped by a signal (state T)"
    for arguments, code in {("status", "--json"): 69, ("daemon", "start"): 69, ("doctor",): 1}.items():
        began = time.monotonic()
        done = ctl(stopped.home, *arguments, **where)
        assert words in done.stdout + done.stderr
        assert done.returncode == code, done
        assert time.monotonic() - began < PATIENCE
    began = time.monotonic()
    completed = ctl(stopped.home, "__complete", "logs", "", **where)
    assert (completed.stdout, completed.stderr) == ("", "")
    assert time.monotonic() - began < 30  # the limit is a second; the machine may be busy
    done = ctl(stopped.home, "daemon", "stop", **where)
    assert (done.returncode, done.stdout) == (0, "maestrod ended\n"), done
    assert "SIGCONT" in done.stderr
    assert stopped.wait() == 0, "it ended by itself"
    assert not is_held(stopped.data)


def test_a_restart_with_a_broken_configuration_leaves_the_daemon_alone(daemon: Daemon) -> None:
    daemon.start()
    (daemon.home / "config").mkdir(exist_ok=True)
    (daemon.home / "config" / "config.toml").write_text("maxSessions = [")
    done = ctl(daemon.home, "daemon", "restart", MAESTRO_HOME=str(daemon.home))
    assert done.returncode == 78, done
    assert "config.toml" in done.stderr and "was not restarted" in done.stderr
    assert daemon.call("system.status")["pid"] == daemon.pid


def test_a_daemon_stopped_for_a_while_answers_the_pending_call(daemon: Daemon) -> None:
    daemon.start()
    assert daemon.process is not None
    environ = {**os.environ, "PYTHONPATH": SOURCE, "MAESTRO_HOME": str(daemon.home), "MAESTRO_SESSION_ID": "ses_x"}
    daemon.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.pid, os.WSTOPPED | os.WNOWAIT)
    command = [sys.executable, "-m", "maestroctl", "status", "--json"]
    with subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asking:
        assert asking.stderr is not None
        assert asking.stderr.readline().rstrip().endswith("Waiting for it.")
        daemon.process.send_signal(signal.SIGCONT)
        out, _ = asking.communicate(timeout=PATIENCE)
    assert asking.returncode == 0
    assert str(daemon.pid) in out


def test_a_daemon_of_another_login_session_is_found_by_the_lock_of_its_data(short_folder: Path) -> None:
    home, runtime = short_folder / "h", short_folder / "r"
    for folder in (home, runtime):
        folder.mkdir(mode=0o700)
    there = {"XDG_RUNTIME_DIR": str(runtime)}
    try:
        assert ctl(home, "daemon", "start", **there).returncode == 0
        for environment in ({}, {"XDG_RUNTIME_DIR": str(short_folder / "nowhere")}):
            found = ctl(home, "daemon", "status", **environment)
            assert found.returncode == 0, found
            assert str(runtime) in found.stdout
            assert ctl(home, "daemon", "start", **environment).returncode == 0
        assert not (short_folder / "nowhere").exists()
        assert ctl(home, "daemon", "stop").stdout == "maestrod stopped; 0 sessions left running\n"
        assert ctl(home, "daemon", "status", **there).returncode == 69
    finally:
        ctl(home, "daemon", "stop", **there)
