"""The file interface: real files behave as promised, and a replaced file is the old or the new one after any crash."""

import errno
import os
import resource
from pathlib import Path

import pytest

from maestrod.store.files import RealFiles, atomic_write, exists, remove, write_all
from tests.kit.parts.crash_files import Crash, CrashFiles, Loss

FOLDER = Path("/data")
TARGET = FOLDER / "state.json"


def crash_files() -> CrashFiles:
    files = CrashFiles()
    files.mkdir(FOLDER)
    return files


def test_real_files_round_trip(tmp_path: Path) -> None:
    files = RealFiles()
    path = tmp_path / "a" / "b"
    files.mkdir(path.parent)
    atomic_write(files, path, b"hello")
    assert files.read(path) == b"hello"
    assert files.listdir(path.parent) == ["b"]
    assert files.info(path).size == 5 and not files.info(path).is_dir and files.info(path.parent).is_dir
    assert path.stat().st_mode & 0o777 == 0o600
    fd = files.open(path, os.O_RDWR)
    files.allocate(fd, 100)
    assert files.size(fd) == 100 and files.pread(fd, 200, 0) == b"hello" + bytes(95)
    files.truncate(fd, 5)
    files.fdatasync(fd)
    files.close(fd)
    files.rename(path, path.with_name("c"))
    assert not exists(files, path)
    remove(files, path)
    remove(files, path.with_name("c"))
    assert files.listdir(path.parent) == []
    files.release_reserve()


def test_the_reserve_opens_a_file_when_descriptors_ran_out(tmp_path: Path) -> None:
    """Fault 21 (docs/reliability.md), at file open: the store goes on while everything else is out of descriptors."""
    files = RealFiles()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    hogs: list[int] = []
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(hogs, default=64) + 64, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                hogs.append(os.open(os.devnull, os.O_RDONLY))
        for turn in range(3):
            atomic_write(files, tmp_path / "state", b"%d" % turn)
        assert files.read(tmp_path / "state") == b"2"
    finally:
        for fd in hogs:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        files.release_reserve()


def test_short_writes_are_continued() -> None:
    files = crash_files()
    files.short_write = 3
    atomic_write(files, TARGET, b"0123456789")
    assert files.read(TARGET) == b"0123456789"


def test_a_write_of_zero_bytes_is_an_error() -> None:
    files = crash_files()
    files.short_write = 0
    fd = files.open(TARGET, os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError, match="no bytes"):
        write_all(files, fd, b"x", 0)


@pytest.mark.parametrize(
    "operation, code", [("write", errno.ENOSPC), ("fsync", errno.EIO), ("rename", errno.EIO), ("open", errno.EMFILE)]
)
def test_a_failed_replacement_leaves_the_old_file_and_no_leftover(operation: str, code: int) -> None:
    files = crash_files()
    atomic_write(files, TARGET, b"old")
    files.fail(operation, code)
    with pytest.raises(OSError):
        atomic_write(files, TARGET, b"new")
    assert files.tree() == {str(TARGET): b"old"}


@pytest.mark.parametrize("loss", ["kill", "drop", "tear"])
@pytest.mark.parametrize("before", [True, False])
def test_replacement_is_atomic_and_durable_wherever_it_is_interrupted(loss: Loss, before: bool) -> None:
    old, fresh = b"old" * 700, b"new" * 900
    for step in range(1, 50):
        files = crash_files()
        atomic_write(files, TARGET, old)
        files.crash_at(step, before=before)
        try:
            atomic_write(files, TARGET, fresh)
        except Crash:
            files.reboot(loss, seed=step)
            assert files.read(TARGET) in {old, fresh}
        else:
            assert step == 5, "write, fsync, rename and fsync of the folder were each a failpoint"
            files.reboot(loss)
            assert files.read(TARGET) == fresh
            return
    pytest.fail("never completed")


def test_power_loss_forgets_what_was_not_synced() -> None:
    """The kit itself: without it every test above would pass for a store that never syncs."""
    files = crash_files()
    fd = files.open(TARGET, os.O_WRONLY | os.O_CREAT)
    files.pwrite(fd, b"data", 0)
    files.fsync_dir(FOLDER)
    files.reboot("drop")
    assert files.read(TARGET) == b""
    fd = files.open(TARGET, os.O_WRONLY)
    files.pwrite(fd, b"data", 0)
    files.fail("fsync", errno.EIO)
    with pytest.raises(OSError):
        files.fsync(fd)
    files.fsync(fd)  # as on Linux: the retry succeeds, and the data is gone
    files.reboot("drop")
    assert files.read(TARGET) == b""
