"""Snapshots: whole or refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.model.base import Entity
from maestrod.api.project import Project
from maestrod.api.task import Task
from maestrod.store.snapshot import BadSnapshot, Capture, read_snapshot, write_snapshot
from tests.kit.parts.crash_files import CrashFiles

PATH = Path("/data/snapshot.jsonl")


def written(tasks: int) -> tuple[bytes, list[Entity]]:
    projects: list[Entity] = [Project(id="prj_1", name="p", working_dir="/w")]
    every: list[Entity] = [
        Task(id=f"tsk_{number}", project_id="prj_1", title=f"t{number}\n") for number in range(tasks)
    ]
    files = CrashFiles()
    files.mkdir(PATH.parent)
    size = write_snapshot(files, PATH, Capture(42, {"project": projects, "task": every, "run": []}))
    assert files.listdir(PATH.parent) == [PATH.name] and files.info(PATH).size == size
    return files.read(PATH), projects + every


@pytest.mark.parametrize("tasks", [0, 1, 1203])
def test_a_round_trip_changes_nothing(tasks: int) -> None:
    data, entities = written(tasks)
    snapshot = read_snapshot(data)
    assert snapshot.seq == 42 and snapshot.entities == entities


@given(st.data())
def test_19_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    content = bytearray(written(3)[0])
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadSnapshot):
        read_snapshot(bytes(content))


@given(st.data())
def test_19_a_truncated_snapshot_is_refused(data: st.DataObject) -> None:
    content = written(3)[0]
    with pytest.raises(BadSnapshot):
        read_snapshot(content[: data.draw(st.integers(0, len(content) - 1))])


def test_a_failed_write_leaves_the_old_one() -> None:
    files = CrashFiles()
    files.mkdir(PATH.parent)
    write_snapshot(files, PATH, Capture(1, {}))
    old = files.read(PATH)
    files.fail("fsync", 5)
    with pytest.raises(OSError):
        write_snapshot(files, PATH, Capture(2, {}))
    assert files.tree() == {str(PATH): old}
