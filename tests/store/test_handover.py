"""Changes handed to the entity files are durable and as decided."""

from pathlib import Path

from maestrod.api.event import Event
from maestrod.api.project import Project
from maestrod.core.world.world import World
from maestrod.store.handover import Handover
from maestrod.store.layout import Layout
from maestrod.store.snapshot import Capture
from maestrod.store.timeline import Timelines
from maestrod.store.write_behind import Behind
from tests.kit.parts.crash_files import CrashFiles

LAYOUT = Layout(Path("/data"))


class Parts:
    def __init__(self) -> None:
        self.files = CrashFiles()
        LAYOUT.make(self.files)
        self.world = World()
        self.behind = Behind(self.files, LAYOUT, Timelines(self.files))
        self.handover = Handover(LAYOUT, self.world, self.behind)

    def rename(self, seq: int, name: str, capture: Capture | None = None) -> None:
        self.world.put(Project(id="prj_1", name=name, working_dir="/w"))
        self.handover.note([Event(seq=seq, at=1, type="project.updated", id="prj_1")], capture)

    def written(self) -> bytes:
        self.behind.flush()
        return self.files.read(LAYOUT.entity("project", "prj_1"))


def test_each_state_is_the_one_right_after_its_decision() -> None:
    parts = Parts()
    parts.rename(1, "one")
    parts.rename(2, "two")
    parts.handover.release(1)
    assert b'"one"' in parts.written() and b'"seq": 1' in parts.written()
    parts.handover.release(2)
    assert b'"two"' in parts.written() and b'"seq": 2' in parts.written()


def test_changes_that_will_never_be_durable_are_forgotten() -> None:
    parts = Parts()
    parts.rename(1, "one")
    parts.handover.release(1)
    parts.rename(2, "lost")
    parts.handover.clear()
    parts.handover.release(2)
    assert b'"one"' in parts.written()


def test_a_removed_entity_is_handed_over_as_deleted() -> None:
    parts = Parts()
    parts.rename(1, "one")
    parts.handover.release(1)
    parts.written()
    parts.world.drop("project", "prj_1")
    parts.handover.note([Event(seq=2, at=1, type="project.deleted", id="prj_1")], None)
    parts.handover.release(2)
    parts.behind.flush()
    assert parts.files.listdir(LAYOUT.folder("project")) == []


def test_the_newest_durable_capture_is_returned() -> None:
    parts = Parts()
    one, two = Capture(1, {}), Capture(2, {})
    parts.rename(1, "one", one)
    parts.rename(2, "two", two)
    parts.handover.note_capture(Capture(3, {}))
    assert parts.handover.release(0) is None
    assert parts.handover.release(2) is two
    assert parts.handover.release(3) == Capture(3, {})
