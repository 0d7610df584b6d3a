"""Stores of any size, written by the store itself, each once per run."""

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from maestrod.api.event import Event
from maestrod.api.project import Project
from maestrod.api.task import Task, TaskStatus
from maestrod.core.world.entities import whole
from maestrod.store.files import RealFiles
from maestrod.store.store import Options, Store

PROJECT = "prj_00000000000000000000000000"
#: Events per decision in bulk.
BATCH = 1000


class Unflushed(RealFiles):
    """Files without flushes, which would not survive a power loss: they are only measured and then removed."""

    def fsync(self, fd: int) -> None:
        """Nothing."""

    def fdatasync(self, fd: int) -> None:
        """Nothing."""

    def fsync_dir(self, path: Path) -> None:
        """Nothing."""


def tasks(count: int) -> Iterator[Task]:
    """Tasks of a few hundred bytes, a hundred per parent."""
    parent = None
    for number in range(count):
        task_id = f"tsk_{number:026d}"
        if number % 100 == 0:
            parent = None
        yield Task(
            id=task_id,
            project_id=PROJECT,
            title=f"Task number {number} of many",
            parent_id=parent,
            description="What is to be done, in two or three sentences that somebody wrote. " * 3,
            commands=("make check", "make install"),
            status=TaskStatus.COMPLETED,
            progress=1.0,
            created_at=1_700_000_000_000 + number,
            updated_at=1_700_000_000_000 + number,
            completed_at=1_700_000_000_000 + number,
        )
        parent = parent or task_id


@functools.cache
def filled(count: int) -> Path:
    """The home of a daemon whose store has that many tasks; removed at the end of the run."""
    folder = _folder()
    store = opened(folder)
    record(store, _created(count))
    store.write_behind()
    store.close()
    return folder


def opened(home: Path) -> Store:
    """The store of a home, created if necessary."""
    data = home / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    return Store.open(data, files=Unflushed(), call_soon=lambda function: function(), options=Options(threads=False))


def record(store: Store, events: Iterator[Event], batch: int = BATCH) -> None:
    """Append events, ``batch`` per decision."""
    decision: list[Event] = []
    for event in events:
        store.world.apply(event)
        decision.append(event)
        if len(decision) == batch:
            store.append(decision)
            store.commit()
            decision = []
    if decision:
        store.append(decision)
        store.commit()


def _created(count: int) -> Iterator[Event]:
    entities: list[Project | Task] = [Project(id=PROJECT, name="many", working_dir="/tmp"), *tasks(count)]  # noqa: S108 - a name only
    for seq, entity in enumerate(entities, 1):
        kind = "task" if isinstance(entity, Task) else "project"
        yield Event(seq=seq, at=entity.created_at, type=f"{kind}.created", id=entity.id, data=whole(entity))


def _folder() -> Path:
    _kept.append(tempfile.TemporaryDirectory(prefix="mb."))
    return Path(_kept[-1].name)


_kept: list[tempfile.TemporaryDirectory[str]] = []
