"""A real systemd user manager in its own namespaces, for tests of the units: ``unshare ... python user_manager.py COMMAND``.

Run as the first process of fresh mount and pid namespaces (see :func:`command`), it mounts an empty ``/run`` and its own view
of the control groups, starts ``systemd --user``, waits for its readiness message, runs the command with ``systemctl --user``
working, and leaves nothing behind. Needs root and Linux; :func:`missing` says what is missing.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.kit.patience import PATIENCE

SYSTEMD = Path("/usr/lib/systemd/systemd")
CGROUPS = Path("/sys/fs/cgroup")

#: The command that creates the namespaces.
UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")


def missing() -> str | None:
    """Why a user manager cannot run here; None if it can."""
    if not SYSTEMD.exists() or shutil.which("unshare") is None:
        return "systemd or unshare is not installed"
    probe = f"mount -t tmpfs none /run && mount -t cgroup2 none {CGROUPS} && rmdir $(mktemp -d {CGROUPS}/probe.XXXXXX)"
    answer = subprocess.run([*UNSHARE, "sh", "-c", probe], capture_output=True, text=True, check=False)
    return f"no private namespaces here: {answer.stderr.strip()}" if answer.returncode else None


def command(*words: str) -> list[str]:
    """The command line that runs ``words`` under a user manager."""
    return [*UNSHARE, sys.executable, __file__, *words]


def main() -> int:
    """Run as the first process of the namespaces; returns the command's exit code."""
    runtime = Path("/run/user", str(os.getuid()))
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    Path("/run/systemd/system").mkdir(parents=True)  # "booted with systemd", see sd_booted(3)
    runtime.mkdir(mode=0o700, parents=True)
    subprocess.run(["mount", "-t", "cgroup2", "none", str(CGROUPS)], check=True)
    group = CGROUPS / f"maestrod-test-{os.urandom(4).hex()}"
    group.mkdir()
    (group / "cgroup.procs").write_text("0")
    try:
        return run_under_manager(sys.argv[1:], runtime)
    finally:
        (CGROUPS / "cgroup.procs").write_text("0")
        reap()
        for folder in sorted(group.rglob("*/"), reverse=True):
            if folder.is_dir():
                folder.rmdir()
        group.rmdir()


def run_under_manager(words: list[str], runtime: Path) -> int:
    """Start the manager, wait until it is ready, run the command, stop the manager."""
    environ = os.environ | {"XDG_RUNTIME_DIR": str(runtime)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind("/run/notify")
        notify.settimeout(PATIENCE)
        manager = subprocess.Popen(
            [str(SYSTEMD), "--user", "--unit=basic.target", "--log-target=console"],
            env=environ | {"NOTIFY_SOCKET": "/run/notify"},
            stdin=subprocess.DEVNULL,
        )
        try:
            while b"READY=1" not in notify.recv(4096).split(b"\n"):
                pass
            notify.close()  # the manager reports every job: a queue that nothing reads would fill up and block it
            return subprocess.run(words, env=environ, check=False, timeout=PATIENCE).returncode
        finally:
            manager.kill()
            manager.wait()


def reap() -> None:
    """Kill and reap all remaining processes in this pid namespace."""
    try:
        os.kill(-1, signal.SIGKILL)
        while True:
            os.wait()
    except (ProcessLookupError, ChildProcessError):
        pass


if __name__ == "__main__":
    sys.exit(main())
