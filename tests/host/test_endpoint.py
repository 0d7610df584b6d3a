"""The socket's path: private, taken over safely, never taken away (faults 24 and 25)."""

import os
import shutil
import socket
import stat
from pathlib import Path

import pytest

from maestrod.api.errors import BadConfiguration
from maestrod.api.local.address import SOCKET_PATH_LIMIT
from maestrod.host import endpoint
from maestrod.host.endpoint import Endpoint, listen
from maestrod.host.instance import AlreadyRunning


@pytest.fixture
def path(short_folder: Path) -> Path:
    return short_folder / "run" / "maestrod.sock"


def reachable(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def test_folder_and_socket_are_for_the_owner_only(path: Path) -> None:
    before = os.umask(0)
    try:
        ours = listen(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert reachable(path) and ours.is_at_its_path()
    ours.close()
    assert list(path.parent.iterdir()) == []


def test_fault_24_a_stale_socket_is_taken_over(path: Path) -> None:
    dead = listen(path)
    dead.socket.close()
    assert not reachable(path)
    ours = listen(path)
    assert reachable(path)
    dead.close()  # the old one does not take the new one's path with it
    assert reachable(path)
    ours.close()


def test_fault_24_a_socket_in_use_is_not_taken(path: Path) -> None:
    theirs = listen(path)
    with pytest.raises(AlreadyRunning) as caught:
        listen(path)
    assert caught.value.exit_code == 75 and f"runs on {path}" in caught.value.message
    assert theirs.is_at_its_path()
    theirs.close()


def test_a_live_socket_with_a_full_backlog_is_not_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "BACKLOG", 0)
    theirs = listen(path)
    waiting = []
    while True:
        client = socket.socket(socket.AF_UNIX)
        waiting.append(client)
        client.setblocking(False)
        try:
            client.connect(str(path))
        except BlockingIOError:
            break
    with pytest.raises(AlreadyRunning):
        listen(path)
    for client in waiting:
        client.close()
    theirs.close()


def test_fault_24_a_path_that_is_not_a_socket_is_refused_and_left_alone(path: Path, short_folder: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_text("precious")
    with pytest.raises(BadConfiguration, match="not a socket: move it away") as caught:
        listen(path)
    assert caught.value.exit_code == 78
    assert path.read_text() == "precious"
    path.rename(short_folder / "target")
    path.symlink_to(short_folder / "target")
    with pytest.raises(BadConfiguration, match="symbolic link"):
        listen(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(BadConfiguration, match="not a socket"):
        listen(path)


def test_fault_24_another_users_socket_is_refused(path: Path) -> None:
    ours = listen(path)
    status = path.lstat()
    assert endpoint.place_problem(status, os.getuid()) is None
    assert "another user listens" in (endpoint.place_problem(status, os.getuid() + 1) or "")
    ours.close()


def test_fault_24_a_runtime_folder_that_is_not_private_is_refused(path: Path, short_folder: Path) -> None:
    path.parent.mkdir(mode=0o755)
    path.parent.chmod(0o755)
    with pytest.raises(BadConfiguration, match="mode 0755"):
        listen(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755
    path.parent.rmdir()
    (short_folder / "real").mkdir(mode=0o700)
    path.parent.symlink_to(short_folder / "real")
    with pytest.raises(BadConfiguration, match="is not a folder"):
        listen(path)
    assert "belongs to user" in (endpoint.folder_problem((short_folder / "real").lstat(), os.getuid() + 1) or "")
    path.parent.unlink()
    path.parent.write_text("a file")
    with pytest.raises(BadConfiguration, match="cannot make the folder"):
        listen(path)


def test_fault_25_a_removed_socket_is_noticed_and_created_again(path: Path) -> None:
    first = listen(path)
    path.unlink()
    assert not first.is_at_its_path()
    second = listen(path)
    first.close()
    assert second.is_at_its_path() and reachable(path)
    shutil.rmtree(path.parent)
    assert not second.is_at_its_path()
    third = listen(path)
    second.close()
    assert third.is_at_its_path() and reachable(path)
    third.close()


def test_a_path_that_someone_replaced_is_not_removed_on_exit(path: Path) -> None:
    ours = listen(path)
    path.unlink()
    path.write_text("theirs")
    ours.close()
    assert path.read_text() == "theirs"


def test_the_path_of_the_managers_socket_is_never_removed(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    handed = Endpoint(path, listener, handed=True)
    assert handed.is_at_its_path()
    handed.close()
    assert path.exists()


def test_a_path_too_long_for_the_kernel_says_what_to_set(short_folder: Path) -> None:
    room = SOCKET_PATH_LIMIT - len(os.fsencode(short_folder)) - len("/d/")
    fits = short_folder / "d" / ("s" * room)
    ours = listen(fits)
    assert reachable(fits)
    ours.close()
    with pytest.raises(BadConfiguration, match="set MAESTRO_HOME or MAESTRO_SOCKET"):
        listen(short_folder / "d" / ("s" * (room + 1)))
