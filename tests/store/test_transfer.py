"""A moved store is the same store; nothing is ever overwritten."""

import io
from pathlib import Path

import pytest

from maestrod.api.errors import Conflict, Malformed, NotFound
from maestrod.api.project import Project
from maestrod.store.archive import archive_lines
from maestrod.store.files import RealFiles
from maestrod.store.fsck import check
from maestrod.store.transfer import export, import_archive
from tests.kit.parts.crash_files import CrashFiles
from tests.store.lives import (
    DATA,
    SMALL,
    Life,
    add_project,
    add_session,
    add_task,
    entries,
    remember,
    report,
    report_both,
    report_task,
)

ELSEWHERE = Path("/elsewhere")


@pytest.fixture
def files() -> CrashFiles:
    files = CrashFiles()
    life = Life(files, {})
    for act in (add_project, add_task, add_session, report, report_task, remember):
        act(life, 3)
    life.commit()
    return files


def exported(files: CrashFiles) -> bytes:
    stream = io.BytesIO()
    assert export(DATA, stream, files) == []
    return stream.getvalue()


def test_a_store_can_be_moved(files: CrashFiles) -> None:
    """From a store that was killed: journal and pending entries are in the archive."""
    files.reboot("kill")
    before = files.tree()
    archive = exported(files)
    assert files.tree() == before, "an export changes nothing"
    there = CrashFiles()
    seq = import_archive(io.BytesIO(archive), ELSEWHERE, there)
    assert check(ELSEWHERE, there).ok
    here, moved = Life(files, {}), Life(there, {}, SMALL, ELSEWHERE)
    assert (
        moved.store.report == []
        and moved.world.dump() == here.world.dump()
        and moved.world.seq == here.world.seq == seq
    )
    assert entries(moved) == entries(here)
    add_task(moved, 9)
    moved.commit()
    assert moved.acknowledged == seq + 1


def test_an_archive_of_an_unlinked_session_brings_its_entries_to_the_task() -> None:
    """Entries are in an archive once and come back on both sides."""
    files = CrashFiles()
    life = Life(files, {})
    for act, number in ((add_task, 0), (add_session, 0), (report_both, 0), (report_both, 1), (report_task, 0)):
        act(life, number)
    life.close()
    archive = exported(files)
    there = CrashFiles()
    import_archive(io.BytesIO(archive), ELSEWHERE, there)
    assert check(ELSEWHERE, there).ok
    assert archive.count(b"task_started") == 2
    moved = entries(Life(there, {}, SMALL, ELSEWHERE))
    assert moved == entries(Life(files, {})) and sorted(map(len, moved.values())) == [3, 3]


def test_an_import_never_overwrites(files: CrashFiles) -> None:
    archive = exported(files)
    before = files.tree()
    with pytest.raises(Conflict, match="empty folder"):
        import_archive(io.BytesIO(archive), DATA, files)
    assert files.tree() == before


def test_half_an_archive_writes_nothing(files: CrashFiles) -> None:
    there = CrashFiles()
    with pytest.raises(Malformed):
        import_archive(io.BytesIO(exported(files)[:-30]), ELSEWHERE, there)
    assert there.tree() == {}


@pytest.mark.parametrize("bad", ["../../etc/passwd", ".hidden", "a/b"])
def test_an_id_that_is_a_path_is_refused(bad: str) -> None:

    there = CrashFiles()
    with pytest.raises(Malformed, match="not an id"):
        import_archive(archive_lines(1, [Project(id=bad, name="p", working_dir="/w")], []), ELSEWHERE, there)
    assert there.tree() == {}


def test_an_empty_store_has_nothing_to_export() -> None:
    with pytest.raises(NotFound):
        export(DATA, io.BytesIO(), CrashFiles())


def test_real_files_work(tmp_path: Path, files: CrashFiles) -> None:
    real = RealFiles()
    import_archive(io.BytesIO(exported(files)), tmp_path / "data", real)
    stream = io.BytesIO()
    export(tmp_path / "data", stream, real)
    assert stream.getvalue() == exported(files)
    real.release_reserve()
