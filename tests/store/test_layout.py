"""Names in the data folder."""

from pathlib import Path

from maestrod.core.world.entities import KINDS
from maestrod.store.layout import FOLDERS, Layout
from tests.kit.parts.crash_files import CrashFiles

LAYOUT = Layout(Path("/data"))


def test_every_kind_but_requests_has_a_folder() -> None:
    assert set(FOLDERS) == set(KINDS) - {"request"}
    assert len(set(FOLDERS.values())) == len(FOLDERS)


def test_names() -> None:
    assert LAYOUT.entity("task", "tsk_1") == Path("/data/tasks/tsk_1.json")
    assert LAYOUT.timeline("ses_1", "tsk_1") == Path("/data/sessions/ses_1/timeline.jsonl")
    assert LAYOUT.timeline(None, "tsk_1") == Path("/data/tasks/tsk_1.timeline.jsonl")


def test_only_entity_files_are_listed() -> None:
    files = CrashFiles()
    LAYOUT.make(files)
    for name in ("tsk_1.json", "tsk_1.timeline.jsonl", ".tsk_2.json.tmp", ".hidden.json", "notes.txt"):
        files.damage(LAYOUT.folder("task") / name, b"")
    files.mkdir(LAYOUT.folder("task") / "tsk_3")
    assert LAYOUT.entity_names(files, "task") == {"tsk_1": Path("/data/tasks/tsk_1.json")}
