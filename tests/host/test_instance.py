"""One daemon per data folder (fault 23, and the lock's part of fault 24)."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import BadConfiguration, Unavailable
from maestrod.api.local.daemon_lock import Holder, Phase
from maestrod.host import instance
from maestrod.host.instance import AlreadyRunning, single_instance

CHECKOUT = Path(instance.__file__).parents[2]

RIVAL = """
import sys
from pathlib import Path
from maestrod.host.instance import AlreadyRunning, single_instance
data = Path(sys.argv[1])
for line in sys.stdin:
    try:
        with single_instance(data, data / "s", "1") as claim:
            print("won", claim.holder.pid, flush=True)
            sys.stdin.readline()
    except AlreadyRunning as error:
        print("lost", error.exit_code, flush=True)
        sys.stdin.readline()
    print("done", flush=True)
"""


def rival(data: Path) -> subprocess.Popen[str]:
    """A process that claims ``data`` once per two lines it is given."""
    command = [sys.executable, "-c", RIVAL, str(data)]
    environ = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)


def written(data: Path) -> Holder:
    """What the lock says."""
    return msgspec.json.decode((data / "lock").read_bytes(), type=Holder)


def say(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


@pytest.mark.slow
def test_fault_23_of_two_simultaneous_starts_exactly_one_runs_fifty_times(tmp_path: Path) -> None:
    with rival(tmp_path) as one, rival(tmp_path) as two:
        for _ in range(50):
            say(one)
            say(two)
            words = sorted([hear(one), hear(two)])
            assert [word[0] for word in words] == ["lost", "won"]
            assert words[0][1] == "75"
            assert str(written(tmp_path).pid) == words[1][1]
            say(one)
            say(two)
            assert hear(one) == hear(two) == ["done"]
        for process in (one, two):
            assert process.stdin is not None
            process.stdin.close()


def test_the_loser_learns_where_the_winner_is(tmp_path: Path) -> None:
    with (
        single_instance(tmp_path, tmp_path / "run" / "s", "1.2"),
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()}") as caught,
        single_instance(tmp_path, tmp_path / "other", "1.2"),
    ):
        pass
    assert (caught.value.pid, caught.value.socket) == (os.getpid(), str(tmp_path / "run" / "s"))
    assert caught.value.exit_code == 75


def test_a_user_who_wants_the_files_has_to_stop_the_daemon(tmp_path: Path) -> None:
    with (
        single_instance(tmp_path, tmp_path / "s", "1"),
        pytest.raises(AlreadyRunning, match="stop it first: maestroctl daemon stop"),
        single_instance(tmp_path, tmp_path / "s", "1", phase=Phase.OFFLINE),
    ):
        pass


def test_a_command_that_uses_the_store_offline_is_not_called_a_daemon(tmp_path: Path) -> None:
    with (
        single_instance(tmp_path, tmp_path / "s", "1", phase=Phase.OFFLINE),
        pytest.raises(Unavailable, match=f"`maestrod store` .process {os.getpid()}. is using") as caught,
        single_instance(tmp_path, tmp_path / "s", "1"),
    ):
        pass
    assert caught.value.exit_code == 75


def test_the_lock_names_its_holder_and_remains_when_it_ends(tmp_path: Path) -> None:
    with single_instance(tmp_path, tmp_path / "s", "1.2") as claim:
        assert written(tmp_path) == claim.holder
        assert claim.holder.boot_id == instance.boot_id()
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    with single_instance(tmp_path, tmp_path / "s", "1.3") as later:
        assert later.holder.version == "1.3"


@given(content=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_fault_24_stale_lock_content_is_only_ever_shown(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("d")
    (data / "lock").write_bytes(content)
    with single_instance(data, data / "s", "1") as claim:
        assert written(data) == claim.holder
        (data / "lock").write_bytes(content)
        nameless = patch.object(instance, "_PATIENCE_TURNS", 1)  # it is waited for, see below
        with nameless, pytest.raises(AlreadyRunning), single_instance(data, data / "s", "1"):
            pass


def test_fault_24_an_invalid_lock_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    for name in ("link", "folder", "fifo"):
        (tmp_path / name).mkdir()
    (tmp_path / "link" / "lock").symlink_to(elsewhere)
    (tmp_path / "folder" / "lock").mkdir()
    os.mkfifo(tmp_path / "fifo" / "lock")
    for data in (tmp_path / "link", tmp_path / "folder", tmp_path / "fifo"):
        with pytest.raises(BadConfiguration, match="regular file that you own"), single_instance(data, data / "s", "1"):
            pass
    assert elsewhere.read_text() == "precious"


def test_a_missing_folder_is_an_error_with_a_reason(tmp_path: Path) -> None:
    with (
        pytest.raises(BadConfiguration, match="No such file"),
        single_instance(tmp_path / "no", tmp_path / "s", "1"),
    ):
        pass


def test_16_without_disk_space_for_the_lock_the_start_fails_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with (
        pytest.raises(BadConfiguration, match="No space left on device"),
        single_instance(tmp_path, tmp_path / "s", "1"),
    ):
        pass


def test_children_do_not_inherit_the_lock(tmp_path: Path) -> None:
    with single_instance(tmp_path, tmp_path / "s", "1"):
        command = [sys.executable, "-I", "-S", "-c", "print('up', flush=True); input()"]
        child = subprocess.Popen(command, close_fds=False, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()  # the kernel closes descriptors after it let the parent go on
    with child, single_instance(tmp_path, tmp_path / "s", "1"):
        assert child.poll() is None
        child.kill()


def test_the_start_waits_for_a_lock_that_a_child_of_a_killed_daemon_holds(tmp_path: Path) -> None:
    with single_instance(tmp_path, tmp_path / "s", "1"):
        pass
    lock = os.open(tmp_path / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.pwrite(lock, (tmp_path / "lock").read_bytes().replace(str(os.getpid()).encode(), b"4194305"), 0)
    timer = threading.Timer(0.05, os.close, [lock])
    timer.start()
    with single_instance(tmp_path, tmp_path / "s", "1") as claim:
        assert claim.holder.pid == os.getpid()
    timer.join()


def test_a_client_that_checks_for_a_daemon_does_not_keep_one_from_starting(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    looking = os.open(tmp_path / "lock", os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    timer = threading.Timer(0.05, os.close, [looking])
    timer.start()
    with single_instance(tmp_path, tmp_path / "s", "1") as claim:
        assert claim.holder.pid == os.getpid()
    timer.join()


def test_the_lock_says_what_its_holder_does_and_where_it_listens(tmp_path: Path) -> None:
    with single_instance(tmp_path, tmp_path / "s", "1") as claim:
        assert written(tmp_path).phase is Phase.STARTING
        claim.publish(Phase.SERVING, socket=tmp_path / "elsewhere")
        assert written(tmp_path) == claim.holder
        assert (claim.holder.phase, claim.holder.socket) == (Phase.SERVING, str(tmp_path / "elsewhere"))


def test_a_disk_that_has_become_full_does_not_end_the_holder(tmp_path: Path) -> None:
    with single_instance(tmp_path, tmp_path / "s", "1") as claim:
        with patch.object(os, "pwrite", side_effect=OSError(errno.ENOSPC, "full")):
            claim.publish(Phase.SERVING)
        assert written(tmp_path).phase is Phase.STARTING


def test_an_unresponsive_file_system_does_not_void_the_lock(tmp_path: Path) -> None:
    with (
        single_instance(tmp_path, tmp_path / "s", "1") as claim,
        patch("maestrod.host.instance.Path.lstat", side_effect=OSError(errno.EIO, "Input/output error")),
    ):
        assert not claim.is_void()
