"""The writer's thread: keeps up by itself, and reports a failure once."""

import threading
from pathlib import Path

import pytest

from maestrod.api.task import Task
from maestrod.store import writer as writer_module
from maestrod.store.layout import Layout
from maestrod.store.timeline import Timelines
from maestrod.store.write_behind import Behind
from maestrod.store.writer import Writer
from tests.kit.parts.crash_files import CrashFiles
from tests.kit.patience import PATIENCE

LAYOUT = Layout(Path("/data"))


class Waiting(Behind):
    """Tells when it has settled."""

    def __init__(self, files: CrashFiles) -> None:
        super().__init__(files, LAYOUT, Timelines(files))
        self.settled = threading.Event()

    def settle(self) -> None:
        super().settle()
        self.settled.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATHER", "SETTLE", "RETRY"):
        monkeypatch.setattr(writer_module, name, 0.001)
    monkeypatch.setattr(writer_module, "FILES_PER_TURN", 2)


def start(files: CrashFiles) -> tuple[Waiting, Writer, list[str], list[str]]:
    LAYOUT.make(files)
    behind, checkpoints, alerts = Waiting(files), list[str](), list[str]()
    return behind, Writer(behind, lambda: checkpoints.append("due?"), alerts.append), checkpoints, alerts


def add(behind: Behind, count: int) -> None:
    tasks = [Task(id=f"tsk_{number}", project_id="p", title="t") for number in range(count)]
    behind.add(count, {("task", task.id): (count, task) for task in tasks})


def test_the_writer_writes_everything_in_turns_and_settles() -> None:
    files = CrashFiles()
    behind, writer, checkpoints, alerts = start(files)
    add(behind, 7)
    writer.wake()
    assert behind.settled.wait(PATIENCE)
    writer.stop()
    assert len(files.listdir(LAYOUT.folder("task"))) == 7 and behind.idle and not alerts
    assert len(checkpoints) >= 4, "asked before every turn"


def test_16_a_failing_write_is_reported_once_and_writing_resumes_when_possible() -> None:
    files = CrashFiles()
    behind, writer, _, alerts = start(files)
    files.fail("write", 28, times=5)
    add(behind, 1)
    writer.wake()
    assert behind.settled.wait(PATIENCE)
    writer.stop()
    assert len(alerts) == 1 and "nothing is lost" in alerts[0]
    assert behind.idle


def test_a_writer_can_be_stopped_while_it_has_work() -> None:
    files = CrashFiles()
    behind, writer, _, _ = start(files)
    add(behind, 500)
    writer.wake()
    writer.stop()
    assert not behind.idle
