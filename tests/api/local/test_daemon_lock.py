"""The lock as clients read it: only a held one counts, and its content is trusted no further than necessary."""

import fcntl
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.local import daemon_lock
from maestrod.api.local.daemon_lock import Holder, Phase, holder_of, is_held, socket_of
from maestrod.host.instance import single_instance

USUAL = Path("/run/usual.sock")


def test_a_free_lock_says_nothing(tmp_path: Path) -> None:
    assert (is_held(tmp_path), holder_of(tmp_path), socket_of(tmp_path, USUAL)) == (False, None, USUAL)
    with single_instance(tmp_path, tmp_path / "s", "1"):
        pass
    assert (is_held(tmp_path), holder_of(tmp_path), socket_of(tmp_path, USUAL)) == (False, None, USUAL)


def test_a_held_lock_names_the_socket_whatever_the_environment_says(tmp_path: Path) -> None:
    with single_instance(tmp_path, tmp_path / "s", "1") as claim:
        found = holder_of(tmp_path)
        assert found == claim.holder
        assert found is not None
        assert found.is_here
        assert socket_of(tmp_path, USUAL) == tmp_path / "s"


def test_a_command_that_only_reads_the_store_is_not_a_daemon(tmp_path: Path) -> None:
    with single_instance(tmp_path, tmp_path / "s", "1", phase=Phase.OFFLINE):
        assert is_held(tmp_path)
        assert socket_of(tmp_path, USUAL) == USUAL


def test_a_process_of_another_boot_or_start_time_is_not_ours() -> None:
    pid = os.getpid()
    started = daemon_lock.process_start(pid)
    ours = Holder(pid=pid, boot_id=daemon_lock.boot_id(), version="1", socket="/s", started=started)
    assert ours.is_here
    assert not msgspec.structs.replace(ours, started=started + "0").is_here
    assert msgspec.structs.replace(ours, boot_id="other").is_here is not bool(daemon_lock.boot_id())


@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
def test_a_special_file_is_not_a_lock(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "lock"
    if kind == "link":
        (tmp_path / "file").touch()
        path.symlink_to(tmp_path / "file")
    else:
        path.mkdir() if kind == "folder" else os.mkfifo(path)
    assert not is_held(tmp_path)


@given(content=st.binary(max_size=200))
def test_any_content_of_a_held_lock_is_handled(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("d")
    (data / "lock").write_bytes(content)
    descriptor = os.open(data / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        assert is_held(data)
        assert socket_of(data, USUAL).is_absolute()
    finally:
        os.close(descriptor)


def test_a_socket_that_cannot_be_identified_is_looked_for_at_the_usual_path(tmp_path: Path) -> None:
    strange = tmp_path / os.fsdecode(b"caf\xe9") / "s"
    with single_instance(tmp_path, strange, "1"):
        assert socket_of(tmp_path, USUAL) == USUAL


def test_a_running_process_is_not_stopped() -> None:
    assert not daemon_lock.is_stopped(os.getpid())
    assert not daemon_lock.is_stopped(None)
