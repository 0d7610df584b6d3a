"""Only regular files of a bounded size are read; a pipe or a device in their place does no harm."""

import io
import os
import threading
from pathlib import Path

import pytest

from maestrod.api.local import plain_file


def test_a_file_up_to_the_limit_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 10)
    assert plain_file.read(tmp_path / "f", 10) == b"x" * 10
    with pytest.raises(OSError, match="longer than 9 bytes"):
        plain_file.read(tmp_path / "f", 9)


def test_a_huge_sparse_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="longer than 2 MiB"):
        plain_file.read(tmp_path / "f", 2 << 20)


def test_a_pipe_without_a_writer_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f")
    with pytest.raises(OSError, match="not a regular file"):
        plain_file.read(tmp_path / "f", 10)
    assert plain_file.read(tmp_path / "f", 10, pipes=True) == b""


def test_a_pipe_is_read_where_one_is_expected() -> None:
    reader, writer = os.pipe()

    def write() -> None:
        os.write(writer, b"plan")
        os.close(writer)

    timer = threading.Timer(0.01, write)
    timer.start()
    try:
        assert plain_file.read(Path(f"/dev/fd/{reader}"), 10, pipes=True) == b"plan"
    finally:
        timer.join()
        os.close(reader)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_does_not_count_as_a_file(path: str) -> None:
    with pytest.raises(OSError):
        plain_file.read(Path(path), 10, pipes=True)


def test_a_folder_and_a_missing_file_raise_their_own_errors(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        plain_file.read(tmp_path, 10)
    with pytest.raises(FileNotFoundError):
        plain_file.read(tmp_path / "none", 10)


def test_a_stream_has_a_limit_too() -> None:
    assert plain_file.read_stream(io.BytesIO(b"abc"), 3) == b"abc"
    with pytest.raises(OSError, match="longer than 2 bytes"):
        plain_file.read_stream(io.BytesIO(b"abc"), 2)
