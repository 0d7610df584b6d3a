"""Entity files edited while the daemon was down: applied when valid, never guessed at, never lost."""

from pathlib import Path

import msgspec
import pytest

from maestrod.api.task import Task
from maestrod.store.edits import Edit, Scan
from maestrod.store.fsck import check
from tests.kit.parts.crash_files import CrashFiles
from tests.store.lives import DATA, Life, add_task, change_task


@pytest.fixture
def files() -> CrashFiles:
    files = CrashFiles()
    life = Life(files, {})
    add_task(life, 0)
    life.close()
    return files


def task_path(files: CrashFiles) -> Path:
    (name,) = files.listdir(DATA / "tasks")
    return DATA / "tasks" / name


def edit(files: CrashFiles, old: bytes, new: bytes) -> Path:
    path = task_path(files)
    content = files.read(path)
    assert old in content
    files.damage(path, content.replace(old, new))
    return path


def quarantined(files: CrashFiles) -> list[str]:
    folder = DATA / "quarantine"
    return [name for path, name in ((Path(path), Path(path).name) for path in files.tree()) if path.parent == folder]


def test_an_unedited_store_has_no_edits(files: CrashFiles) -> None:
    life = Life(files, {})
    assert life.store.scan_edits() == Scan() and life.store.report == []


def test_a_valid_edit_is_handed_to_the_engine(files: CrashFiles) -> None:
    path = edit(files, b'"task 0"', b'"task of mine"')
    life = Life(files, {})
    (found,) = life.store.scan_edits().edits
    assert isinstance(found.entity, Task) and isinstance(found.current, Task)
    assert (found.kind, found.path, found.entity.title, found.current.title) == ("task", path, "task of mine", "task 0")
    accept(life, found)
    life.close()
    assert b"task of mine" in files.read(path) and not quarantined(files)
    again = Life(files, {})
    assert again.store.scan_edits().edits == []
    assert [task.title for task in again.world.tasks.values()] == ["task of mine"]


def accept(life: Life, found: Edit) -> None:
    assert isinstance(found.entity, Task)
    task = found.entity
    life.decide(lambda draft: draft.put(task))
    life.settle()


def test_an_edit_that_only_moves_white_space_changes_nothing(files: CrashFiles) -> None:
    path = task_path(files)
    files.damage(path, msgspec.json.encode(msgspec.json.decode(files.read(path))))
    life = Life(files, {})
    assert life.store.scan_edits().edits == []


@pytest.mark.parametrize("old, new", [(b'"task 0"', b"7"), (b'"task 0",', b'"task 0"'), (b'"tsk_', b'"tsk_0')])
def test_19_an_invalid_edit_is_quarantined_and_the_file_restored(files: CrashFiles, old: bytes, new: bytes) -> None:
    before = files.read(task_path(files))
    path = edit(files, old, new)
    broken = files.read(path)
    life = Life(files, {})
    found = life.store.scan_edits()
    assert found.edits == []
    assert any(str(path) in line and "not a valid task" in line for line in found.warnings)
    life.settle()
    assert files.read(DATA / "quarantine" / f"{path.name}.1") == broken
    assert b"not a valid task" in files.read(DATA / "quarantine" / f"{path.name}.1.reason.txt")
    assert files.read(path) == before


def test_an_edit_of_an_older_state_is_not_guessed_at(files: CrashFiles) -> None:
    """The daemon changed the task and died before it wrote the file; then somebody edited the old file."""
    life = Life(files, {})
    change_task(life, 3)
    life.commit()
    files.reboot("kill")
    path = edit(files, b'"task 0"', b'"task of mine"')
    life = Life(files, {})
    found = life.store.scan_edits()
    assert found.edits == []
    assert any("repeat the edit by hand" in line for line in found.warnings)
    life.settle()
    assert b"task of mine" in files.read(DATA / "quarantine" / f"{path.name}.1") and b"task 0" in files.read(path)


def test_an_edit_is_never_overwritten_without_a_copy(files: CrashFiles) -> None:
    """The engine changes the task before anybody looked for edits."""
    path = edit(files, b'"task 0"', b'"task of mine"')
    life = Life(files, {})
    change_task(life, 3)
    life.settle()
    assert b"task of mine" in files.read(DATA / "quarantine" / f"{path.name}.1")


def test_a_removed_file_is_written_again(files: CrashFiles) -> None:
    path = task_path(files)
    before = files.read(path)
    files.unlink(path)
    life = Life(files, {})
    assert life.store.scan_edits().edits == []
    life.settle()
    assert files.read(path) == before


def test_a_file_of_a_deleted_entity_is_removed(files: CrashFiles) -> None:
    path = task_path(files)
    content = files.read(path)
    life = Life(files, {})
    life.decide(lambda draft: draft.drop(draft.task(path.stem)))
    life.close()
    files.damage(path, content)
    life = Life(files, {})
    assert life.store.scan_edits().edits == []
    assert files.listdir(path.parent) == []


def test_a_file_of_an_unknown_task_is_an_edit(files: CrashFiles) -> None:
    path = DATA / "tasks" / "tsk_mine.json"
    files.damage(path, b'{"id": "tsk_mine", "projectId": "prj_x", "title": "by hand"}')
    (found,) = Life(files, {}).store.scan_edits().edits
    assert found.current is None and found.id == "tsk_mine"


def test_19_a_folder_in_place_of_a_file_is_moved_away(files: CrashFiles) -> None:
    path = task_path(files)
    before = files.read(path)
    files.unlink(path)
    files.mkdir(path)
    life = Life(files, {})
    found = life.store.scan_edits()
    life.settle()
    assert files.read(path) == before and any("was a folder" in line for line in found.warnings)


def test_an_unreadable_file_is_reported_and_replaced_from_the_journal(files: CrashFiles) -> None:
    path = edit(files, b'"task 0"', b'"task of mine"')
    life = Life(files, {})
    files.fail("read", 13, path=path.name, times=9)
    found = life.store.scan_edits()
    assert found.edits == []
    assert any("cannot be read: Permission denied" in line for line in found.warnings)
    assert [task.title for task in life.world.tasks.values()] == ["task 0"]


def test_changes_by_the_engine_since_the_start_are_not_reverted(files: CrashFiles) -> None:
    """The scan runs beside the engine: a task whose file is missing was changed, another was made and has no file yet."""
    path = task_path(files)
    files.unlink(path)
    life = Life(files, {})
    change_task(life, 3)
    add_task(life, 6)
    assert life.store.scan_edits().edits == []
    life.store.write_behind()
    assert files.listdir(path.parent) == [], "nothing of it is durable yet"
    life.settle()
    assert len(files.listdir(path.parent)) == 2
    life.close()
    assert check(DATA, files).ok


def test_files_this_daemon_wrote_since_the_start_are_left_alone(files: CrashFiles) -> None:
    life = Life(files, {})
    add_task(life, 6)
    life.settle()
    assert life.store.scan_edits().edits == []
    assert len(files.listdir(DATA / "tasks")) == 2
