"""Files that must outlive every process: the marker is exclusive, a replaced file is whole, the lock has one holder."""

import errno
import os
import posix
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maestrod.sessions.shim import records


def test_a_marker_can_be_made_once(tmp_path: Path) -> None:
    records.create_marker(str(tmp_path), 3, b"first")
    with pytest.raises(FileExistsError):
        records.create_marker(str(tmp_path), 3, b"second")
    assert (tmp_path / "started-3").read_bytes() == b"first"
    records.create_marker(str(tmp_path), 4, b"another attempt")


@pytest.mark.parametrize("durable", [True, False])
def test_replace_leaves_only_the_new_file(tmp_path: Path, durable: bool) -> None:
    records.replace(str(tmp_path), "a.json", b"one", durable=durable)
    records.replace(str(tmp_path), "a.json", b"two", durable=durable)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"two"
    assert (tmp_path / "a.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("failing", ["write", "fsync", "replace", "open"])
def test_a_failed_replace_keeps_the_old_file_and_leaves_no_half_written_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    (tmp_path / "a.json").write_bytes(b"old")

    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(records, "posix", SimpleNamespace(**{**vars(posix), failing: fail}))
    with pytest.raises(OSError, match="no space"):
        records.replace(str(tmp_path), "a.json", b"new", durable=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_little(fd: int, data: Any) -> int:
        return os.write(fd, data[:3])

    monkeypatch.setattr(records, "posix", SimpleNamespace(**{**vars(posix), "write": write_little}))
    records.replace(str(tmp_path), "a.json", b"0123456789", durable=False)
    assert (tmp_path / "a.json").read_bytes() == b"0123456789"


def test_missing_parents_are_made_private(tmp_path: Path) -> None:
    records.make_folder(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    records.make_folder(str(tmp_path / "a" / "b"))


def test_a_lock_has_one_holder_until_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "sleep", lambda seconds: None)
    held = records.take_lock(str(tmp_path / "ses"))
    assert held >= 0
    assert records.take_lock(str(tmp_path / "ses")) == -1
    os.close(held)
    again = records.take_lock(str(tmp_path / "ses"))
    assert again >= 0
    os.close(again)
