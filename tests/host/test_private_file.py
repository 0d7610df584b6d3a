"""A private file is whole, private, and never written through a link."""

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestrod.host.private_file import write_private


@pytest.mark.parametrize("durable", [False, True])
def test_a_private_file_is_written_whole(tmp_path: Path, *, durable: bool) -> None:
    write_private(tmp_path / "f", b"one", durable=durable)
    write_private(tmp_path / "f", b"two", durable=durable)
    assert (tmp_path / "f").read_bytes() == b"two" and [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


def test_a_link_in_place_of_the_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / "f").symlink_to("theirs")
    write_private(tmp_path / "f", b"ours")
    assert (tmp_path / "theirs").read_bytes() == b"theirs" and not (tmp_path / "f").is_symlink()


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond four bytes: a write stops short, then fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # noqa: TID251 - else the write kills the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)  # noqa: TID251 - put back


@pytest.mark.usefixtures("small_files")
def test_a_failed_write_leaves_only_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_private(path, b"old")
    with pytest.raises(OSError, match=os.strerror(27)):  # EFBIG
        write_private(path, b"too long")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
