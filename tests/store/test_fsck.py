"""A check finds what is wrong, says where, and changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from maestrod.api.errors import BadConfiguration
from maestrod.store.fsck import check, check_files
from maestrod.store.layout import Layout
from maestrod.store.segments import list_segments
from tests.kit.parts.crash_files import CrashFiles
from tests.store.lives import DATA, Life, add_project, add_session, add_task, report, report_task

LAYOUT = Layout(DATA)


@pytest.fixture
def files() -> CrashFiles:
    files = CrashFiles()
    life = Life(files, {})
    for act in (add_project, add_task, add_session, report, report_task):
        act(life, 3)
    life.close()
    return files


def test_a_sound_store_passes(files: CrashFiles) -> None:
    before = files.tree()
    found = check(DATA, files)
    assert found.ok and found.problems == ()
    assert found.counts == {"segments": 1, "events": 7, "entities": 4, "timelines": 2, "entries": 3, "edited": 0}
    assert check_files(files, LAYOUT) == found
    assert files.tree() == before


def test_a_missing_store_is_reported() -> None:
    found = check(DATA, CrashFiles())
    assert not found.ok and "no store" in found.problems[0]


def first(files: CrashFiles, kind: str) -> Path:
    return min(LAYOUT.entity_names(files, kind).values())


def timeline(files: CrashFiles) -> Path:
    return next(Path(path) for path in files.tree() if path.endswith("/timeline.jsonl"))


def segment(files: CrashFiles) -> Path:
    return list_segments(files, LAYOUT.journal)[0].path


@pytest.mark.parametrize(
    "which, change, says",
    [
        (lambda files: first(files, "task"), lambda data: data[:40], "truncated"),
        (lambda files: first(files, "project"), lambda data: data.replace(b'"p3"', b"3"), "name"),
        (lambda files: LAYOUT.snapshot, lambda data: data[:-9], "snapshot.jsonl"),
        (segment, lambda data: data.replace(b"task.created", b"task.Created"), "line 2: checksum"),
        (timeline, lambda data: data.replace(b'{"id"', b'{"Id', 1), "line 1: cannot be read"),
        (timeline, lambda data: data + data, "follows event"),
    ],
)
def test_19_each_damage_is_named(
    files: CrashFiles, which: Callable[[CrashFiles], Path], change: Callable[[bytes], bytes], says: str
) -> None:
    path = which(files)
    files.damage(path, change(files.read(path)))
    before = files.tree()
    found = check(DATA, files)
    assert not found.ok
    assert any(str(path.name) in problem and says in problem for problem in found.problems), found.problems
    assert files.tree() == before, "a check changes nothing"


def test_files_are_compared_with_each_other(files: CrashFiles) -> None:
    path = first(files, "task")
    old = files.read(path)
    life = Life(files, {})
    life.decide(lambda draft: draft.change(draft.task(path.stem), title="newer"))
    life.close()
    files.damage(path, old)
    assert any("differs from the journal" in problem for problem in check(DATA, files).problems)
    files.unlink(path)
    assert any("is missing" in problem for problem in check(DATA, files).problems)


def test_an_edited_file_is_counted_and_not_a_problem(files: CrashFiles) -> None:
    path = first(files, "task")
    files.damage(path, files.read(path).replace(b"task 3", b"task of mine"))
    found = check(DATA, files)
    assert found.ok and found.counts["edited"] == 1


def test_20_a_newer_store_is_refused_by_a_check_too(files: CrashFiles) -> None:
    files.damage(LAYOUT.format, b'{"format": 99}')
    with pytest.raises(BadConfiguration, match="newer version"):
        check(DATA, files)


def test_19_a_missing_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "format").write_text('{"format": 2}')
    found = check(tmp_path)
    assert f"{tmp_path / 'journal'}: the folder is missing" in found.problems
