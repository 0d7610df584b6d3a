"""P4: one hook as an agent experiences it, against a bare isolated interpreter."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.daemon import Daemon, daemon
from bench.table import Row, at_most, median_ratio, skipped
from maestroctl.install.hook_commands import best_form
from maestroctl.install.hook_entries import MARK
from maestrod.api.local.package_data import package_data

INTERPRETER = str(Path(sys.executable).resolve())
_BARE = [INTERPRETER, "-I", "-S", "-c", "pass"]


def measure(*, quick: bool) -> list[Row]:
    """The script with two payload sizes, and the form without Python."""
    rounds, runs = (3, 10) if quick else (7, 20)
    rows = []
    with daemon() as running:
        session = running.call("session.register", workingDir="/tmp", agent="shell")["id"]  # noqa: S108 - it is there
        script = str(package_data("hooks") / "event.py")
        words = [INTERPRETER, "-I", "-S", script, "--agent", "shell", "--event", "PostToolUse", "--session", session]
        for size in (1_000, 100_000):
            payload = json.dumps({"message": "x" * size}).encode()
            ours = timed(words, runs, payload, running)
            ratio, own, bare = median_ratio(rounds, ours, timed(_BARE, runs, payload, running))
            detail = f"{own * 1e3:.1f} against {bare * 1e3:.1f} ms"
            rows.append(at_most("P4", f"hook, payload of {size // 1000} kB", ratio, 1.15, detail))
        rows.append(_without_python(running, rounds, runs))
    return rows


def _without_python(running: Daemon, rounds: int, runs: int) -> Row:
    what = "hook without Python, payload of 1 kB"
    form = best_form(package_data("hooks"), running.socket)
    if form.name == "python":
        return skipped("P4", what, "no netcat with -U and -N here")
    running.call("session.register", workingDir="/tmp", agent="claude", agentSessionId="bench")  # noqa: S108 - it is there
    words = [*form.report, MARK, "--agent", "claude", "--event", "PostToolUse"]
    payload = json.dumps({"session_id": "bench", "tool_name": "Bash", "message": "x" * 1_000}).encode()
    ours = timed(words, runs, payload, running)
    ratio, own, bare = median_ratio(rounds, ours, timed(_BARE, runs, payload, running))
    return at_most("P4", what, ratio, 0.5, f"{own * 1e3:.1f} against {bare * 1e3:.1f} ms")


def timed(words: list[str], runs: int, payload: bytes, running: Daemon) -> Callable[[], float]:
    """A function that returns the median seconds of a command."""
    env = {"PATH": os.environ["PATH"], "MAESTRO_HOME": str(running.home), "HOME": str(running.home)}

    def once() -> float:
        began = time.perf_counter()
        subprocess.run(words, input=payload, env=env, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - began

    return lambda: statistics.median(once() for _ in range(runs))
