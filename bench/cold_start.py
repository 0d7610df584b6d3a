"""P9: from the start of the daemon to its first answer, against C opening and reading as many entity files."""

import statistics

from bench.daemon import Daemon
from bench.filled import filled
from bench.programs import floor
from bench.table import Row, at_most


def measure(*, quick: bool) -> list[Row]:
    """Warm starts by number of tasks, and the speed of a replay."""
    rows = []
    empty = None
    for count in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
        with filled(count) as home:
            took = statistics.median(_start(Daemon(home)) for _ in range(3))
            bare = statistics.median(floor("read", str(home / "data" / "tasks")) for _ in range(3))
        empty = took if empty is None else empty
        detail = f"{took * 1e3:.0f} ms, {(took - empty) * 1e3:.0f} over a start with 1,000; files read in {bare * 1e3:.0f} ms"
        what = f"cold start with {count:,} tasks"
        row = at_most("P9", what, took / bare, 1.1, detail)
        rows.append(row if count == 100_000 else Row("P9", what, took / bare, "", None, detail))
    return rows


def _start(running: Daemon) -> float:
    took = running.start()
    running.stop("keep")
    return took
