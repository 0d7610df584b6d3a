"""The units under a real systemd user manager: ready, restarted without losing agents, stopped, removed.

Once with a stand-in for the daemon of a few lines on ``maestrod.service``, to see the units and the hand-over alone, and once
with the daemon itself and an agent at work.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from maestroctl.install.service_files import Service
from maestroctl.install.service_manager import Systemd
from maestrod.api.errors import Unavailable
from maestrod.host import service
from tests.kit.daemons import user_manager
from tests.kit.patience import PATIENCE

DAEMON = """
import os, signal, subprocess, sys
from pathlib import Path
from maestrod.host import service
home = Path(sys.argv[1])
signals = {signal.SIGTERM, signal.SIGUSR2, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
service_context = service.take()
[handed] = service_context.sockets
with (home / "journal").open("a") as journal:
    print("start", handed.name, handed.path == Path(os.environ["MAESTRO_SOCKET"]), service_context.watchdog_interval,
          sorted(name for name in os.environ if name.startswith(("LISTEN", "NOTIFY", "WATCHDOG"))), file=journal)
if not (home / "agent").exists():
    agent = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    (home / "agent").write_text(str(agent.pid))
service_context.notifier.ready("1 session")
got = signal.Signals(signal.sigwait(signals))
service_context.notifier.stopping()
with (home / "journal").open("a") as journal:
    print("end", got.name, file=journal)
sys.exit(75 if got == signal.SIGHUP else 0)
"""

SCENARIO = """
import os, subprocess, sys
from pathlib import Path
from maestroctl.install.service_manager import service_manager
from tests.maestroctl.install import test_service_units as units
getattr(units, sys.argv[2])(Path(sys.argv[1]))
"""

PLAN = {
    "groups": [
        {
            "key": "work",
            "title": "Work",
            "agent": "shell",
            "strategy": "simple",
            "subtasks": [
                {
                    "key": "long",
                    "title": "Long",
                    "commands": ['echo $$ > "$HOME/agent.new"; mv "$HOME/agent.new" "$HOME/agent"; exec sleep 1000'],
                }
            ],
        }
    ]
}

CHECKOUT = Path(service.__file__).parents[2]


def shown(prop: str, unit: str = "maestrod.service") -> str:
    command = ["systemctl", "--user", "show", unit, "--property", prop, "--value"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def alive(pid: str) -> bool:
    status = Path("/proc", pid, "stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def stand_in(home: Path) -> None:
    """What a user does with the service, from install to uninstall, inside of the namespaces."""
    (home / "daemon.py").write_text(DAEMON)
    socket_path = Path(os.environ["XDG_RUNTIME_DIR"], "maestrod", "maestrod.sock")
    environment = {"PYTHONPATH": str(CHECKOUT), "MAESTRO_SOCKET": str(socket_path), "PATH": os.environ["PATH"]}
    command = (sys.executable, str(home / "daemon.py"), str(home))
    systemd = Systemd(home / ".config" / "systemd" / "user")
    systemd.install(Service(command, socket_path, home / "log", environment))
    assert systemd.status().reachable
    systemd.start()
    assert systemd.status().active == "active"
    assert shown("StatusText") == "1 session"
    assert socket_path.stat().st_mode & 0o777 == 0o600
    assert socket_path.parent.stat().st_mode & 0o777 == 0o700
    first, agent = shown("MainPID"), (home / "agent").read_text()
    systemd.restart()
    assert shown("MainPID") not in (first, "0")
    assert alive(agent) and not alive(first)
    systemd.stop()
    assert systemd.status().active == "inactive"
    assert alive(agent), "agents are the daemon's to stop, not systemd's"
    systemd.start()
    subprocess.run(["systemctl", "--user", "kill", "--signal=SIGHUP", "maestrod.service"], check=True)
    while shown("ActiveState") in ("active", "deactivating"):  # each question is a process: no need to wait in between
        pass
    assert (shown("ActiveState"), shown("ExecMainStatus")) == ("failed", "75"), "75 is not a reason to start it again"
    systemd.uninstall()
    assert not (home / ".config").exists()
    assert systemd.status().active == "inactive"


def daemon_itself(home: Path) -> None:
    """Install, run a plan, kill the daemon, restart it: the agent does not notice. Then stop all and uninstall."""
    (home / "plan.json").write_text(json.dumps(PLAN))
    assert "systemd" in maestroctl("daemon", "install")
    maestroctl("run", "--plan", str(home / "plan.json"), "--detach")  # the socket starts the daemon
    wait_until((home / "agent").exists)
    agent, first = (home / "agent").read_text().strip(), shown("MainPID")
    os.kill(int(first), signal.SIGKILL)
    wait_until(lambda: shown("ActiveState") == "active" and shown("MainPID") not in (first, "0"))
    second = shown("MainPID")
    assert working() == 1 and alive(agent)
    maestroctl("daemon", "restart")
    assert shown("MainPID") not in (second, "0")
    assert working() == 1 and alive(agent)
    maestroctl("daemon", "stop", "--sessions", "stop")
    assert not alive(agent)
    assert shown("ActiveState") == "inactive"
    maestroctl("daemon", "uninstall")
    assert not (home / ".config" / "systemd").exists()


def outlived(home: Path) -> None:
    """The units stay and the program goes: at a login both are skipped, and a client at a socket that is left starts no storm."""
    program = home / "daemon.py"
    program.write_text(DAEMON)
    socket_path = Path(os.environ["XDG_RUNTIME_DIR"], "maestrod", "maestrod.sock")
    environment = {"PYTHONPATH": str(CHECKOUT), "MAESTRO_SOCKET": str(socket_path), "PATH": os.environ["PATH"]}
    systemd = Systemd(home / ".config" / "systemd" / "user")
    command = (sys.executable, str(program), str(home))
    systemd.install(Service(command, socket_path, home / "log", environment, (Path(sys.executable), program)))
    subprocess.run(["systemctl", "--user", "start", "maestrod.socket"], check=True)
    program.unlink()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(socket_path))
        wait_until(lambda: shown("ActiveState", "maestrod.socket") == "failed")
    assert shown("NRestarts") == "0" and shown("ExecMainStartTimestamp") == ""
    subprocess.run(["systemctl", "--user", "reset-failed"], check=True)
    subprocess.run(["systemctl", "--user", "start", *systemd.units], check=True)  # as at the next login
    assert (shown("ActiveState"), shown("ActiveState", "maestrod.socket")) == ("inactive", "inactive")
    for begin in (systemd.start, systemd.restart):  # as another installation does
        with pytest.raises(Unavailable, match="maestroctl daemon install"):
            begin()
    systemd.uninstall()
    assert not (home / ".config").exists()


def maestroctl(*words: str) -> str:
    answer = subprocess.run(
        [sys.executable, "-m", "maestroctl", *words], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert answer.returncode == 0, f"{words}: {answer.stdout}{answer.stderr}"
    return answer.stdout + answer.stderr


def working() -> int:
    """How many sessions the daemon has at work."""
    sessions = json.loads(maestroctl("session", "list", "--json"))["items"]
    return sum(session["status"] == "working" for session in sessions)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a fact of the system that gives no event; each look costs a process or a system call."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        threading.Event().wait(0.02)


def under_manager(home: Path, scenario: str) -> None:
    """Run one of the scenarios above as a user with nothing but a home."""
    reason = user_manager.missing()
    if reason is not None:
        pytest.skip(reason)
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}
    words = user_manager.command(sys.executable, "-c", SCENARIO, str(home), scenario)
    answer = subprocess.run(words, capture_output=True, text=True, env=environ, timeout=4 * PATIENCE, check=False)
    assert answer.returncode == 0, answer.stderr[-4000:]


@pytest.mark.slow
def test_a_real_user_manager_runs_restarts_and_stops_the_service(short_folder: Path) -> None:
    under_manager(short_folder, "stand_in")
    lines = (short_folder / "journal").read_text().splitlines()
    start = "start maestrod True 30.0 []"
    assert lines == [start, "end SIGUSR2", start, "end SIGTERM", start, "end SIGHUP"]


@pytest.mark.slow
def test_the_service_restarts_the_daemon_and_its_agents_do_not_notice(short_folder: Path) -> None:
    under_manager(short_folder, "daemon_itself")


@pytest.mark.slow
def test_units_that_outlive_the_program_are_skipped(short_folder: Path) -> None:
    under_manager(short_folder, "outlived")
