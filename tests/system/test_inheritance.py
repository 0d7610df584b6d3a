"""An agent gets the environment of a program that the user starts, however the daemon was started: nothing of the daemon leaks into it."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.daemons.daemon import Daemon

PROBE = """
import json, os, re, resource, sys
status = dict(re.findall(r"^(\\w+):\\s*(.*)$", open("/proc/self/status").read(), re.MULTILINE))
limits = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}
umask = os.umask(0)
print(json.dumps({
    "umask": oct(umask), "limits": limits, "cwd": os.getcwd(), "nice": os.nice(0), "cpus": sorted(os.sched_getaffinity(0)),
    "oom": open("/proc/self/oom_score_adj").read(), "descriptors": os.listdir("/proc/self/fd"), "variables": sorted(os.environ),
    **{name: status[name] for name in ("SigBlk", "SigIgn", "NoNewPrivs", "Seccomp", "CapInh", "CapAmb")},
}), file=open(sys.argv[1], "w"))
"""

#: What whoever started the daemon had in the environment, and no agent may see.
OUTER = {
    "CLAUDECODE": "1",
    "TMUX": "/tmp/tmux-0/default,1,0",
    "PYTHONUTF8": "1",
    "PYTHONWARNINGS": "error::SyntaxWarning",
    "VIRTUAL_ENV": "/venv",
    "INVOCATION_ID": "1",
    "LISTEN_FDNAMES": "x",
    "MEMORY_PRESSURE_WATCH": "/x",
    "MAESTRO_NUDGES": "1",
}

#: The signals of POSIX as bits of a mask (behind them come two of the C library's own), and those Python itself ignores.
POSIX = 0x7FFF_FFFF
OF_PYTHON = 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1


@pytest.fixture
def odd_starter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Starts everything with another umask, fewer descriptors, ignored and blocked signals, and as if inside of an agent."""
    for name, value in OUTER.items():
        monkeypatch.setenv(name, value)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = [signal.signal(each, signal.SIG_IGN) for each in (signal.SIGHUP, signal.SIGQUIT)]
    umask = os.umask(0o027)
    resource.setrlimit(resource.RLIMIT_NOFILE, (500, limit[1]))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    yield
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    os.umask(umask)
    for number, handler in zip((signal.SIGHUP, signal.SIGQUIT), before, strict=True):
        signal.signal(number, handler)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
@pytest.mark.usefixtures("odd_starter")
def test_an_agent_has_the_users_umask_limits_and_signals_and_none_of_the_daemons(
    daemon: Daemon, short_folder: Path
) -> None:
    folder = short_folder / "w"
    folder.mkdir(mode=0o700)
    probe = folder / "probe.py"
    probe.write_text(PROBE)
    daemon.start()
    command = (
        f"{sys.executable} {probe} agent.json; command -v python > python || :; command -v maestroctl > maestroctl"
    )
    plan = {"groups": [{"key": "g", "title": "g", "subtasks": [{"key": "a", "title": "a", "commands": [command]}]}]}
    run = daemon.call("run.start", plan=plan, workingDir=str(folder), agent="shell")
    assert daemon.finish_run(run["id"])["status"] == "completed"
    agent = seen(folder / "agent.json")
    plain = folder / "plain.json"
    quiet = subprocess.DEVNULL
    subprocess.run(["sh", "-c", f"{sys.executable} {probe} {plain}"], cwd=folder, stdin=quiet, check=True)
    user = seen(plain)
    assert agent["umask"] == "0o27" and agent["limits"]["RLIMIT_NOFILE"][0] == 500
    variables, known = set(agent.pop("variables")), set(user.pop("variables"))
    assert not variables & OUTER.keys()
    ours = {name for name in variables if name.startswith("MAESTRO_")}
    assert variables - known - ours <= {"TERM", "PWD", "LC_CTYPE", "PAGER", "GIT_PAGER", "SHELL", "PATH"}
    assert int(user.pop("SigIgn"), 16) & POSIX & ~OF_PYTHON, "the starter is odd"
    del user["SigBlk"]
    assert (int(agent.pop("SigBlk"), 16), int(agent.pop("SigIgn"), 16) & POSIX) == (0, OF_PYTHON)
    assert agent == user
    assert str(Path(sys.executable).parent) not in (folder / "python").read_text()
    assert (folder / "maestroctl").read_text().strip() == str(daemon.data / "bin" / "maestroctl")
    daemon.finish_sessions()
    assert daemon.nothing_left()


def seen(path: Path) -> dict[str, Any]:
    """What a probe wrote."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found
