"""The units under a real systemd user manager: ready, restarted without losing agents, stopped, taken away.

The daemon here is a stand-in of a few lines on ``maestrod.service``, so that this tests the units and the hand-over alone.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maestroctl.service_files import Service
from maestroctl.service_manager import Systemd
from maestrod import service
from tests.kit import user_manager

DAEMON = """
import os, signal, subprocess, sys
from pathlib import Path
from maestrod import service
home = Path(sys.argv[1])
signals = {signal.SIGTERM, signal.SIGUSR2, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
handover = service.take()
[handed] = handover.sockets
with (home / "journal").open("a") as journal:
    print("start", handed.name, handed.path == Path(os.environ["MAESTRO_SOCKET"]), handover.watchdog_interval,
          sorted(name for name in os.environ if name.startswith(("LISTEN", "NOTIFY", "WATCHDOG"))), file=journal)
if not (home / "agent").exists():
    agent = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    (home / "agent").write_text(str(agent.pid))
handover.notifier.ready("1 session")
got = signal.Signals(signal.sigwait(signals))
handover.notifier.stopping()
with (home / "journal").open("a") as journal:
    print("end", got.name, file=journal)
sys.exit(75 if got == signal.SIGHUP else 0)
"""

SCENARIO = """
import os, subprocess, sys
from pathlib import Path
from maestroctl.service_manager import service_manager
from tests.maestroctl import test_service_units as units
units.scenario(Path(sys.argv[1]))
"""

CHECKOUT = Path(service.__file__).parent.parent


def shown(prop: str) -> str:
    command = ["systemctl", "--user", "show", "maestrod.service", "--property", prop, "--value"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def alive(pid: str) -> bool:
    status = Path("/proc", pid, "stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def scenario(home: Path) -> None:
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


@pytest.mark.slow
def test_a_real_user_manager_runs_restarts_and_stops_the_service(tmp_path: Path) -> None:
    reason = user_manager.missing()
    if reason is not None:
        pytest.skip(reason)
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT)}
    words = user_manager.command(sys.executable, "-c", SCENARIO, str(tmp_path))
    answer = subprocess.run(words, capture_output=True, text=True, env=environ, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr[-4000:]
    lines = (tmp_path / "journal").read_text().splitlines()
    start = "start maestrod True 30.0 []"
    assert lines == [start, "end SIGUSR2", start, "end SIGTERM", start, "end SIGHUP"]
