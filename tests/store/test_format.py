"""The version of a store: newer is refused untouched, older is migrated with a backup."""

import pytest

from maestrod.api.errors import BadConfiguration, Unavailable
from maestrod.store.files import Files, atomic_write
from maestrod.store.format import FORMAT, StoreFormat, open_format, read_format
from maestrod.store.layout import Layout
from tests.kit.parts.crash_files import CrashFiles
from tests.store.lives import DATA, Life, add_task

LAYOUT = Layout(DATA)


@pytest.fixture
def files() -> CrashFiles:
    files = CrashFiles()
    life = Life(files, {})
    add_task(life, 0)
    life.close()
    return files


def test_a_store_keeps_its_instance_id(files: CrashFiles) -> None:
    first = read_format(files, LAYOUT)
    assert first is not None and first.format == FORMAT and len(first.instance) == 16
    assert Life(files, {}).store.instance == first.instance
    other = CrashFiles()
    assert Life(other, {}).store.instance != first.instance


@pytest.mark.parametrize("where", ["format", "snapshot.jsonl"])
def test_20_a_newer_store_is_refused_with_78_and_no_write(files: CrashFiles, where: str) -> None:
    path = DATA / where
    files.damage(path, files.read(path).replace(b'"format":2', b'"format":3').replace(b'"snapshot":2', b'"snapshot":3'))
    before = files.tree()
    with pytest.raises(BadConfiguration, match="newer version") as refused:
        Life(files, {})
    assert refused.value.exit_code == 78
    assert files.tree() == before


def test_20_an_older_store_is_migrated_and_a_backup_kept(files: CrashFiles) -> None:
    """Rehearsed with migrations of the future; ``tests/store/test_from_format_1.py`` has the one there is."""
    old = files.tree()
    done: list[int] = []
    report: list[str] = []
    found = open_format(
        files,
        LAYOUT,
        report,
        current=4,
        migrations={2: lambda files, layout: done.append(2), 3: lambda files, layout: done.append(3)},
    )
    assert found.format == 4 and done == [2, 3] and "migrated" in report[0]
    assert read_format(files, LAYOUT) == found
    backup = DATA / "backup" / "format-2"
    for path, content in old.items():
        assert files.tree()[path.replace(str(DATA), str(backup))] == content


def test_20_a_second_upgrade_keeps_what_the_older_version_wrote_in_between(files: CrashFiles) -> None:
    """Somebody went back to the older version, worked on, and upgraded again."""
    old = files.read(LAYOUT.format)
    atomic_write(files, LAYOUT.watermark, b"first")
    open_format(files, LAYOUT, [], current=3, migrations={2: lambda files, layout: None})
    atomic_write(files, LAYOUT.format, old)
    atomic_write(files, LAYOUT.watermark, b"later")
    report: list[str] = []
    open_format(files, LAYOUT, report, current=3, migrations={2: lambda files, layout: None})
    assert files.read(LAYOUT.watermark) == b"later"
    assert "format-2-2" in report[0]
    assert files.read(DATA / "backup" / "format-2-2" / LAYOUT.watermark.name) == b"later"
    assert files.read(DATA / "backup" / "format-2" / LAYOUT.watermark.name) == b"first"


def test_20_an_interrupted_migration_starts_again_from_its_copy(files: CrashFiles) -> None:
    before = b"whole"
    atomic_write(files, LAYOUT.watermark, before)

    def stumble(files: Files, layout: Layout) -> None:
        atomic_write(files, layout.watermark, b"half of it")
        raise OSError("the power is gone")

    for _ in range(2):
        with pytest.raises(Unavailable, match=r"the power is gone. Nothing is lost") as failed:
            open_format(files, LAYOUT, [], current=3, migrations={2: stumble})
        assert failed.value.exit_code == 75
        with pytest.raises(BadConfiguration, match="newer version"):
            open_format(files, LAYOUT, [], current=2)  # else its work would be replaced by the copy
    seen: list[bytes] = []
    report: list[str] = []
    open_format(
        files,
        LAYOUT,
        report,
        current=3,
        migrations={2: lambda files, layout: seen.append(files.read(layout.watermark))},
    )
    assert seen == [before]
    assert sorted(files.listdir(DATA / "backup")) == ["format-2"]


def test_20_an_interrupted_migration_whose_copy_is_gone_is_refused(files: CrashFiles) -> None:
    atomic_write(files, LAYOUT.format, b'{"format":3,"instance":"a","migrating":"format-2"}')
    before = files.tree()
    with pytest.raises(BadConfiguration, match=r"backup/format-2, is gone"):
        open_format(files, LAYOUT, [], current=3, migrations={2: lambda files, layout: None})
    assert files.tree() == before


@pytest.mark.parametrize("name", ["../../data", "/data", ".."])
def test_20_a_copy_outside_the_backup_folder_is_refused(files: CrashFiles, name: str) -> None:
    atomic_write(files, LAYOUT.format, b'{"format":3,"instance":"a","migrating":"%b"}' % name.encode())
    before = files.tree()
    with pytest.raises(BadConfiguration, match="is gone"):
        open_format(files, LAYOUT, [], current=3, migrations={2: lambda files, layout: None})
    assert files.tree() == before


def test_20_an_unknown_version_is_refused_and_left_untouched(files: CrashFiles) -> None:
    before = files.tree()
    with pytest.raises(BadConfiguration, match="store format 2"):
        open_format(files, LAYOUT, [], current=3, migrations={})
    assert files.tree() == before


def test_19_a_damaged_format_file_is_written_again(files: CrashFiles) -> None:
    files.damage(LAYOUT.format, b"\0\0")
    life = Life(files, {})
    assert str(LAYOUT.format) in life.store.report[0]
    assert isinstance(read_format(files, LAYOUT), StoreFormat) and len(life.world.tasks) == 1
