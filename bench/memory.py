"""P10: memory of an idle daemon, per task, per event, per session; the longest pause of the garbage collector."""

import gc
import subprocess
import sys
import time

import psutil

from bench.daemon import Daemon, daemon
from bench.durable_event import _report
from bench.filled import filled, tasks
from bench.programs import load
from bench.table import Row, at_most
from maestrod.core.world import World

_IMPORTS = "import maestrod.app, sys; print('ready', flush=True); sys.stdin.read()"


def measure(*, quick: bool) -> list[Row]:
    """Each against what it cannot be below."""
    count = 10_000 if quick else 100_000
    rows = [_idle(), *_per_task(count), _per_event(20_000 if quick else 200_000)]
    rows.append(_pause(count))
    return rows


def _unshared(pid: int) -> int:
    size: int = psutil.Process(pid).memory_full_info().uss
    return size


def _idle() -> Row:
    with daemon() as running:
        own = _unshared(running.usage.pid)
    with subprocess.Popen([sys.executable, "-c", _IMPORTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bare:
        assert bare.stdout is not None
        assert bare.stdin is not None
        bare.stdout.readline()
        imports = _unshared(bare.pid)
        bare.stdin.close()
    detail = f"{own / 1e6:.1f} against {imports / 1e6:.1f} MB of imports"
    return at_most("P10", "memory of an idle daemon", own / imports, 1.2, detail)


def _per_task(count: int) -> list[Row]:
    """Against the compact JSON of a task."""
    import msgspec

    compact = len(msgspec.json.encode(next(tasks(1))))
    with daemon() as empty:
        base = _unshared(empty.usage.pid)
    with filled(count) as home:
        running = Daemon(home)
        running.start()
        try:
            each = (_unshared(running.usage.pid) - base) / count
        finally:
            running.stop()
    detail = f"{each:.0f} bytes; compact JSON {compact}; {count:,} tasks"
    return [at_most("P10", "memory per task", each / compact, 3, detail)]


def _per_event(count: int) -> Row:
    with daemon() as running:
        line = _report(running)
        load(running.socket, "keep", 64, 1, 1.0, line)
        before, start = _unshared(running.usage.pid), running.call("system.status")["seq"]
        while running.call("system.status")["seq"] - start < count:
            load(running.socket, "keep", 64, 1, 1.0, line)
        made = running.call("system.status")["seq"] - start
        each = max(0, _unshared(running.usage.pid) - before) / made
    return at_most("P10", "memory per event", each, 16, f"{made:,} events", "bytes")


def _pause(count: int) -> Row:
    """The longest collection while a world of many tasks is held and changed."""
    world = World()
    world.load(tasks(count))
    gc.collect()
    gc.freeze()
    longest = 0.0
    for _ in range(5):
        began = time.perf_counter()
        gc.collect()
        longest = max(longest, time.perf_counter() - began)
    gc.unfreeze()
    detail = f"a full collection with {count:,} tasks, frozen as after a start"
    return at_most("P10", "pause of the garbage collector", longest * 1e3, 5, detail, "ms")
