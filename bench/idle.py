"""P11: wake-ups of a daemon that has nothing to do, with sleeping sessions, against a bare loop."""

import re
import time
from pathlib import Path

from bench.daemon import daemon
from bench.table import Row, at_most


def measure(*, quick: bool) -> list[Row]:
    """Voluntary context switches of every thread, per second."""
    sessions, seconds = (10, 10.0) if quick else (100, 30.0)
    with daemon(MAESTRO_MAX_SESSIONS=str(sessions)) as running:
        groups = [
            {
                "key": f"g{each}",
                "title": "sleeps",
                "subtasks": [{"key": f"s{each}", "title": "sleep", "commands": ["sleep 1000"]}],
            }
            for each in range(sessions)
        ]
        running.call("run.start", plan={"groups": groups}, workingDir="/tmp", agent="shell")  # noqa: S108 - it is there
        while running.call("system.status")["sessions"].get("working") != sessions:
            time.sleep(0.2)
        time.sleep(3)
        pid = running.usage.pid
        before, cpu = _switches(pid), sum(running.usage.cpu_times()[:2])
        time.sleep(seconds)
        woken = (_switches(pid) - before) / seconds
        spent = (sum(running.usage.cpu_times()[:2]) - cpu) / seconds
    detail = f"{sessions} sleeping sessions, {spent * 1e3:.2f} ms CPU per second"
    return [at_most("P11", "wake-ups per second, idle", woken, 0.1, detail, "/s")]


def _switches(pid: int) -> int:
    """Voluntary context switches of all threads of a process so far."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.MULTILINE)
        total += int(found.group(1)) if found else 0
    return total
