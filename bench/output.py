"""P14: many sessions that print without end, and subscribers, against the same socket without output."""

import subprocess
import time

from bench.daemon import Daemon, daemon
from bench.programs import load, request
from bench.table import Row, at_most

_PRINT = "while :; do i=0; while [ $i -lt 100 ]; do echo line $i of a hundred a second; i=$((i+1)); done; sleep 1; done"


def measure(*, quick: bool) -> list[Row]:
    """p99 of a read while they print."""
    sessions, watchers, seconds = (10, 5, 1.0) if quick else (200, 20, 5.0)
    with daemon(MAESTRO_MAX_SESSIONS=str(sessions)) as running:
        line = request("system.status")
        quiet = load(running.socket, "keep", 1, 1, seconds, line)["p99"]
        _print(running, sessions)
        followers = [_follow(running) for _ in range(watchers)]
        loud = load(running.socket, "keep", 1, 1, seconds, line)["p99"]
        for follower in followers:
            follower.terminate()
            follower.wait()
    detail = f"{loud:.0f} against {quiet:.0f} µs; {sessions} sessions, 100 lines/s each, {watchers} subscribers"
    return [at_most("P14", "p99 of a read under output", loud / quiet, 5, detail)]


def _print(running: Daemon, sessions: int) -> None:
    groups = [
        {
            "key": f"g{each}",
            "title": "prints",
            "subtasks": [{"key": f"p{each}", "title": "print", "commands": [_PRINT]}],
        }
        for each in range(sessions)
    ]
    running.call("run.start", plan={"groups": groups}, workingDir="/tmp", agent="shell")  # noqa: S108 - it is there
    while running.call("system.status")["sessions"].get("working") != sessions:
        time.sleep(0.2)


def _follow(running: Daemon) -> subprocess.Popen[bytes]:
    """A subscriber to every event."""
    line = '{"jsonrpc":"2.0","id":1,"method":"event.subscribe","params":{}}\\n'
    words = [
        "python3",
        "-c",
        f"import socket; s=socket.socket(socket.AF_UNIX); s.connect({str(running.socket)!r}); s.sendall(b'{line}')\nwhile s.recv(65536): pass",
    ]
    return subprocess.Popen(words)
