"""P10: memory of an idle daemon and per event; the longest pause of the garbage collector. Tasks: ``cold_start``, sessions: ``idle``."""

import gc
import subprocess
import sys
import time

import psutil

from bench.daemon import Daemon, daemon
from bench.durable_event import report
from bench.filled import tasks
from bench.programs import load
from bench.table import Row, at_most
from maestrod.core.world.world import World

_IMPORTS = "import maestrod.app, sys; print('ready', flush=True); sys.stdin.read()"

#: Seconds after which the writer has written everything and is idle.
_SETTLED = 1.6


def measure(*, quick: bool) -> list[Row]:
    """Each figure against its lower bound."""
    return [_idle(), _per_event(20_000 if quick else 300_000), _pause(10_000 if quick else 100_000)]


def unshared(pid: int) -> int:
    """The process's private memory in bytes."""
    size: int = psutil.Process(pid).memory_full_info().uss
    return size


def _idle() -> Row:
    with daemon() as running:
        own = unshared(running.usage.pid)
    with subprocess.Popen([sys.executable, "-c", _IMPORTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bare:
        assert bare.stdout is not None
        assert bare.stdin is not None
        bare.stdout.readline()
        imports = unshared(bare.pid)
        bare.stdin.close()
    detail = f"{own / 1e6:.1f} against {imports / 1e6:.1f} MB of imports"
    return at_most("P10", "memory of an idle daemon", own / imports, 1.2, detail)


def _per_event(count: int) -> Row:
    """Memory growth after doubling the number of events, once everything is written."""
    with daemon() as running:
        line = report(running)
        _happen(running, line, count)
        before = unshared(running.usage.pid)
        made = _happen(running, line, count)
        each = max(0, unshared(running.usage.pid) - before) / made
    return at_most("P10", "memory per event", each, 16, f"{made:,} events after as many others", "bytes")


def _happen(running: Daemon, line: str, count: int) -> int:
    """Make at least that many events, wait until they are written, and return their number."""
    start: int = running.call("system.status")["seq"]
    made = 0
    while made < count:
        load(running.socket, "keep", 64, 1, 0.5, line)
        made = running.call("system.status")["seq"] - start
    time.sleep(_SETTLED)
    return made


def _pause(count: int) -> Row:
    """The longest garbage collection while a world of many tasks is held and changed."""
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
