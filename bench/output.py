"""P14: reads while many sessions print continuously and clients subscribe, against the same socket without output."""

import re
import shlex
import subprocess
import time
from pathlib import Path

from bench.daemon import Daemon, daemon
from bench.programs import load, program, request
from bench.round_trip import echo
from bench.table import Row, at_most

_LINE = re.compile(rb"^line (\d+) of many\r?$", re.MULTILINE)


def measure(*, quick: bool) -> list[Row]:
    """The p99 of a read while the sessions print."""
    sessions, watchers, seconds = (10, 5, 1.0) if quick else (200, 20, 5.0)
    with daemon(MAESTRO_MAX_SESSIONS=str(sessions)) as running:
        line = request("system.status")
        quiet = load(running.socket, "keep", 1, 1, seconds, line)["p99"]
        run = _print(running, sessions)
        time.sleep(3)  # until the starts are written to disk
        followers = [_follow(running) for _ in range(watchers)]
        loud = load(running.socket, "keep", 1, 1, seconds, line)["p99"]
        with echo() as bare:
            machine = load(bare, "keep", 1, 1, seconds, line)["p99"]
        for follower in followers:
            follower.terminate()
            follower.wait()
        running.call("run.cancel", runId=run)
        while running.call("system.status")["sessions"].get("working"):
            time.sleep(0.2)
        kept, lost = _lines(running.home / "data" / "sessions")
    detail = f"{loud:.0f} against {quiet:.0f} µs; {sessions} sessions, 100 lines/s each, {watchers} subscribers"
    beside = f"{machine:.0f} µs: a bare echo of trio while the sessions' processes run"
    return [
        at_most("P14", "p99 of a read under output", loud / quiet, 5, detail),
        Row("P14", "p99 of a read, to that of an echo meanwhile", loud / machine, "", None, beside),
        at_most("P14", "lines lost", lost, 0, f"{kept:,} lines in the output logs", ""),
    ]


def _print(running: Daemon, sessions: int) -> str:
    command = f"exec {shlex.quote(str(program('floors')))} print 100"
    groups = [
        {
            "key": f"g{each}",
            "title": "prints",
            "subtasks": [{"key": f"p{each}", "title": "print", "commands": [command]}],
        }
        for each in range(sessions)
    ]
    run: str = running.call("run.start", plan={"groups": groups}, workingDir="/tmp", agent="shell")["id"]  # noqa: S108 - it is there
    while running.call("system.status")["sessions"].get("working") != sessions:
        time.sleep(0.2)
    return run


def _lines(sessions: Path) -> tuple[int, int]:
    """The number of lines in the output logs, and of those missing between the first and the last line of each log."""
    kept = lost = 0
    for folder in sessions.glob("*/output"):
        numbers = [int(each) for log in sorted(folder.iterdir()) for each in _LINE.findall(log.read_bytes())]
        kept += len(numbers)
        lost += max(numbers, default=0) - len(set(numbers))
    return kept, lost


def _follow(running: Daemon) -> subprocess.Popen[bytes]:
    """A subscriber to every event."""
    line = '{"jsonrpc":"2.0","id":1,"method":"event.subscribe","params":{}}\\n'
    words = [
        "python3",
        "-c",
        f"import socket; s=socket.socket(socket.AF_UNIX); s.connect({str(running.socket)!r}); s.sendall(b'{line}')\nwhile s.recv(65536): pass",
    ]
    return subprocess.Popen(words)
