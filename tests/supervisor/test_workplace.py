"""An agent is started only in the very folder its session began in, as far as that can be known."""

import shutil
from pathlib import Path

import msgspec
import pytest

from maestrod.api.errors import Conflict
from maestrod.api.project import FolderIdentity, Project
from maestrod.supervisor.workplace import RECORD, WorkplaceRecord, check, hangs


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    assert check(tmp_path / "ses", str(folder), "boot 1") == ""
    return folder


def test_the_same_folder_is_fine_at_every_launch_and_after_a_boot(tmp_path: Path, shop: Path) -> None:
    for boot in ("boot 1", "boot 1", "boot 2", "boot 2"):
        assert check(tmp_path / "ses", str(shop), boot) == ""


def test_another_folder_of_that_name_is_refused_until_a_reboot(tmp_path: Path, shop: Path) -> None:
    shop.rename(tmp_path / "aside")
    shop.mkdir()
    for _ in range(2):
        with pytest.raises(Conflict, match="shop was replaced by another: to work in the new one, run"):
            check(tmp_path / "ses", str(shop), "boot 1")


def test_the_first_session_of_a_project_is_refused_a_replaced_folder(tmp_path: Path, shop: Path) -> None:
    """The next group of a run begins in the folder the run began in."""
    status = shop.stat()
    known = FolderIdentity(device=status.st_dev, inode=status.st_ino, boot_id="boot 1")
    project = Project(id="prj_1", name="shop", working_dir=str(shop), folder=known)
    assert check(tmp_path / "first", str(shop), "boot 1", project) == ""
    shop.rename(tmp_path / "aside")
    shop.mkdir()
    with pytest.raises(Conflict, match="maestroctl project update prj_1 --working-dir"):
        check(tmp_path / "second", str(shop), "boot 1", project)
    assert check(tmp_path / "third", str(shop), "boot 2", project) == "", "it is another boot: nobody can tell"


def test_a_folder_that_a_person_put_in_place_of_the_old_one_is_accepted(tmp_path: Path, shop: Path) -> None:
    shop.rename(tmp_path / "aside")
    shop.mkdir()
    status = shop.stat()
    known = FolderIdentity(device=status.st_dev, inode=status.st_ino, boot_id="boot 1")
    project = Project(id="prj_1", name="shop", working_dir=str(shop), folder=known)
    for _ in range(2):
        assert check(tmp_path / "ses", str(shop), "boot 1", project) == ""


def test_a_remounted_file_system_is_reported_and_not_refused(tmp_path: Path, shop: Path) -> None:
    inode = shop.stat().st_ino
    (tmp_path / "ses" / RECORD).write_bytes(msgspec.json.encode(WorkplaceRecord(str(shop), 1, inode, "boot 1")))
    assert "mounted again" in check(tmp_path / "ses", str(shop), "boot 1")


def test_after_a_boot_a_different_folder_is_reported_once_and_not_refused(tmp_path: Path, shop: Path) -> None:
    shop.rename(tmp_path / "aside")
    shop.mkdir()
    assert "may not be the same as before" in check(tmp_path / "ses", str(shop), "boot 2")
    assert check(tmp_path / "ses", str(shop), "boot 2") == ""


def test_a_deleted_folder_is_reported_and_one_that_never_existed_is_left_to_the_start(
    tmp_path: Path, shop: Path
) -> None:
    shutil.rmtree(shop)
    with pytest.raises(Conflict, match="shop was removed or moved"):
        check(tmp_path / "ses", str(shop), "boot 1")
    assert check(tmp_path / "new", str(shop), "boot 1") == ""


def test_a_session_with_another_folder_is_not_refused(tmp_path: Path, shop: Path) -> None:
    assert check(tmp_path / "ses", str(tmp_path), "boot 1") == ""
    assert shop.is_dir()


def test_an_unreadable_record_refuses_nothing(tmp_path: Path, shop: Path) -> None:
    (tmp_path / "ses" / RECORD).write_text("{")
    assert check(tmp_path / "ses", str(shop), "boot 1") == ""


def test_an_unresponsive_folder_is_named(shop: Path) -> None:
    assert str(shop) in hangs(str(shop)).message
