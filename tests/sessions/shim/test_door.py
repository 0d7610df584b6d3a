"""The control socket: private at once, found at any depth, created again when deleted."""

import os
import socket
from pathlib import Path

import pytest

from maestrod.sessions.link import connect
from maestrod.sessions.shim.door import Door


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # making a door leaves the process at the root, and this one has other tests to run
    made = tmp_path / "ses"
    made.mkdir()
    return made


def test_the_socket_is_private_and_accepts_connections(folder: Path) -> None:
    mask = os.umask(0)
    try:
        door = Door(str(folder))
    finally:
        assert os.umask(mask) == 0  # the umask is the agent's: it is given back
    assert (folder / "shim.sock").stat().st_mode & 0o777 == 0o600
    assert door.accept() == -1
    with connect(folder):
        fd = door.accept()
        assert not os.get_blocking(fd)
        os.close(fd)
    door.close()
    assert list(folder.iterdir()) == []


def test_leftovers_of_a_dead_shim_are_replaced(folder: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder / "shim.sock"))
    left.close()
    door = Door(str(folder))
    connect(folder).close()
    door.close()


def test_a_deleted_folder_is_created_again(folder: Path) -> None:
    door = Door(str(folder))
    (folder / "shim.sock").unlink()
    folder.rmdir()
    door.renew()
    connect(folder).close()
    door.close()


def test_closing_a_listener_whose_socket_is_gone_is_harmless(folder: Path) -> None:
    door = Door(str(folder))
    (folder / "shim.sock").unlink()
    door.close()


def test_the_shim_leaves_its_working_directory_for_the_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    Door(str(folder)).close()
    assert Path.cwd() == Path("/")  # nothing is pinned: not the session's folder, not a file system
