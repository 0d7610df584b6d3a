"""Stores of any size, made through the store itself."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maestrod.api.event import Event
from maestrod.api.project import Project
from maestrod.api.task import Task, TaskStatus
from maestrod.core.entities import whole
from maestrod.store.store import Options, Store

PROJECT = "prj_00000000000000000000000000"


def tasks(count: int) -> Iterator[Task]:
    """Tasks of a few hundred bytes, a hundred to a parent."""
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


@contextmanager
def filled(count: int) -> Iterator[Path]:
    """The home of a daemon whose store has so many tasks."""
    with tempfile.TemporaryDirectory(prefix="mb.") as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        store = Store.open(data, call_soon=lambda function: function(), options=Options(threads=False))
        batch: list[Event] = []
        entities: list[Project | Task] = [Project(id=PROJECT, name="many", working_dir="/tmp"), *tasks(count)]  # noqa: S108 - a name only
        for seq, entity in enumerate(entities, 1):
            kind = "task" if isinstance(entity, Task) else "project"
            event = Event(seq=seq, at=entity.created_at, type=f"{kind}.created", id=entity.id, data=whole(entity))
            store.world.apply(event)
            batch.append(event)
            if len(batch) == 1000 or seq == len(entities):
                store.append(batch)
                store.commit()
                batch = []
        store.write_behind()
        store.close()
        yield Path(folder)
