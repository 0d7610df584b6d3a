"""P9 and P10 by size: time from the start of the daemon to its first reply, speed of a replay, memory per task."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.daemon import Daemon
from bench.filled import PROJECT, filled, opened, record, tasks
from bench.memory import unshared
from bench.programs import floor
from bench.table import Row, at_least, at_most
from maestrod.api.event import Event
from maestrod.core.world.entities import whole

#: Events per decision in the replayed journal: about as many as for a report or the end of a task.
_DECISION = 4


def measure(*, quick: bool) -> list[Row]:
    """Warm starts by number of tasks, against C that opens and reads that many entity files; then a replay."""
    rows: list[Row] = []
    few = 1_000
    empty, memory = _started(filled(few))
    count, held = few, memory
    for count in (10_000,) if quick else (10_000, 100_000):
        home = filled(count)
        took, held = _started(home)
        bare = statistics.median(floor("read", str(home / "data" / "tasks")) for _ in range(5))
        detail = f"{took * 1e3:.0f} ms, {empty * 1e3:.0f} with {few:,} tasks; the files read in {bare * 1e3:.0f} ms"
        what = f"cold start with {count:,} tasks"
        row = at_most("P9", what, took / bare, 1.1, detail)
        rows.append(row if count == 100_000 else Row("P9", what, took / bare, "", None, detail))
    rows += [_replay(20_000 if quick else 1_000_000), _per_task(held - memory, count - few)]
    return rows


def _started(home: Path) -> tuple[float, int]:
    """Median seconds of a start, and the memory of the daemon after it in bytes."""
    running = Daemon(home)
    took, held = [], 0
    for _ in range(5):
        took.append(running.start())
        held = unshared(running.usage.pid)
        running.stop("keep")
    return statistics.median(took), held


def _per_task(held: int, count: int) -> Row:
    """Memory per task, against a task's compact JSON."""
    compact = len(msgspec.json.encode(next(tasks(1))))
    detail = f"{held / count:.0f} bytes; compact JSON {compact}; {count:,} tasks"
    return at_most("P10", "memory per task", held / count / compact, 3, detail)


def _replay(count: int) -> Row:
    """A start without a snapshot, which reads, checks and applies every event of the journal."""
    with tempfile.TemporaryDirectory(prefix="mb.") as folder:
        home = Path(folder)
        store = opened(home)
        record(store, _lives(count), _DECISION)
        began = time.perf_counter()
        again = opened(home)  # the first store is left as after a crash
        took = time.perf_counter() - began
        if again.world.seq != count:
            raise RuntimeError(f"{again.world.seq} of {count} events were replayed: {again.report}")
    detail = f"{count:,} events, {_DECISION} to a decision, in {took:.2f} s; half of them timeline entries"
    return at_least("P9", "replay", count / took / 1e6, 1, detail, "M events/s")


def _lives(count: int) -> Iterator[Event]:
    """Tasks that are created and change status, with as many timeline entries."""
    made = list(tasks(1000))
    for seq, task in enumerate(made, 1):
        yield Event(seq=seq, at=1, type="task.created", id=task.id, project_id=PROJECT, data=whole(task))
    for seq in range(len(made) + 1, count + 1):
        task_id = made[seq // 2 % len(made)].id
        if seq % 2:
            data = {"status": "in_progress", "progress": 0.5, "updatedAt": seq}
            yield Event(seq=seq, at=seq, type="task.status", id=task_id, project_id=PROJECT, task_id=task_id, data=data)
        else:
            id_ = f"evt_{seq:026d}"
            data = {"id": id_, "type": "progress", "timestamp": seq, "message": "half of it", "seq": seq}
            yield Event(seq=seq, at=seq, type="timeline.added", id=id_, session_id="ses_" + "0" * 26, data=data)
