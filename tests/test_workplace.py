"""An agent is started only in the very folder its session began in, as far as that can be known."""

import shutil
from pathlib import Path

import pytest

from maestrod.api.errors import Conflict
from maestrod.workplace import RECORD, check, hangs


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    assert check(tmp_path / "ses", str(folder), "boot 1") == ""
    return folder


def test_the_same_folder_is_fine_at_every_launch_and_after_a_boot(tmp_path: Path, shop: Path) -> None:
    for boot in ("boot 1", "boot 1", "boot 2", "boot 2"):
        assert check(tmp_path / "ses", str(shop), boot) == ""


def test_another_folder_of_that_name_is_refused_within_one_boot(tmp_path: Path, shop: Path) -> None:
    shop.rename(tmp_path / "aside")
    shop.mkdir()
    for _ in range(2):
        with pytest.raises(Conflict, match="shop was replaced by another; a new session"):
            check(tmp_path / "ses", str(shop), "boot 1")


def test_after_a_boot_another_folder_is_told_once_and_never_refused(tmp_path: Path, shop: Path) -> None:
    shop.rename(tmp_path / "aside")
    shop.mkdir()
    assert "may be another than before" in check(tmp_path / "ses", str(shop), "boot 2")
    assert check(tmp_path / "ses", str(shop), "boot 2") == ""


def test_a_folder_that_is_gone_is_told_and_one_that_never_was_is_left_to_the_start(tmp_path: Path, shop: Path) -> None:
    shutil.rmtree(shop)
    with pytest.raises(Conflict, match="shop was removed or moved"):
        check(tmp_path / "ses", str(shop), "boot 1")
    assert check(tmp_path / "new", str(shop), "boot 1") == ""


def test_a_session_that_was_given_another_place_begins_anew(tmp_path: Path, shop: Path) -> None:
    assert check(tmp_path / "ses", str(tmp_path), "boot 1") == ""
    assert shop.is_dir()


def test_a_record_that_cannot_be_read_refuses_nothing(tmp_path: Path, shop: Path) -> None:
    (tmp_path / "ses" / RECORD).write_text("{")
    assert check(tmp_path / "ses", str(shop), "boot 1") == ""


def test_a_folder_that_hangs_is_named(shop: Path) -> None:
    assert str(shop) in hangs(str(shop)).message
