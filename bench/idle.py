"""P11, and P10 per session: wake-ups and memory of a daemon whose sessions sleep. A bare event loop never wakes up."""

import contextlib
import re
import time
from pathlib import Path

from bench.daemon import Daemon, daemon
from bench.memory import unshared
from bench.table import Row, at_most

#: Seconds until the after-effects of the starts have ended: files written behind the journal, and idle threads (trio: 10 s).
_SETTLED = 11.0


def measure(*, quick: bool) -> list[Row]:
    """Voluntary context switches of all threads per second, and the cost of each session in the daemon."""
    sessions, settled, seconds = (20, 3.0, 5.0) if quick else (100, _SETTLED, 30.0)
    with daemon(MAESTRO_MAX_SESSIONS=str(sessions)) as running:
        _sleep(running, 1, 1)  # once, so that permanent allocations of the first session are not counted
        memory, files = unshared(running.usage.pid), running.usage.num_fds()
        _sleep(running, sessions - 1, sessions)
        time.sleep(settled)
        each = (unshared(running.usage.pid) - memory) / (sessions - 1)
        descriptors = (running.usage.num_fds() - files) / (sessions - 1)
        pid = running.usage.pid
        before, cpu = _switches(pid), sum(running.usage.cpu_times()[:2])
        time.sleep(seconds)
        after = _switches(pid)
        woken = sum(count - before.get(thread, 0) for thread, count in after.items()) / seconds
        spent = (sum(running.usage.cpu_times()[:2]) - cpu) / seconds
    detail = f"{sessions} sleeping sessions, {spent * 1e3:.2f} ms CPU per second"
    return [
        at_most("P11", "wake-ups per second, idle", woken, 0.1, detail, "/s"),
        at_most("P10", "memory per live session in the daemon", each / 1024, 8, f"{sessions} sessions", "KiB"),
        at_most("P10", "descriptors per live session in the daemon", descriptors, 2, "", ""),
    ]


def _sleep(running: Daemon, count: int, working: int) -> None:
    """Start sessions that sleep; return when that many are working."""
    groups = [
        {
            "key": f"g{each}",
            "title": "sleeps",
            "subtasks": [{"key": f"s{each}", "title": "sleep", "commands": ["sleep 1000"]}],
        }
        for each in range(count)
    ]
    running.call("run.start", plan={"groups": groups}, workingDir="/tmp", agent="shell")  # noqa: S108 - it is there
    while running.call("system.status")["sessions"].get("working") != working:
        time.sleep(0.1)


def _switches(pid: int) -> dict[str, int]:
    """Voluntary context switches so far of each thread of a process."""
    switches = {}
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):  # a thread that ended meanwhile no longer wakes up
            found = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.MULTILINE)
            switches[status.parent.name] = int(found.group(1)) if found else 0
    return switches
