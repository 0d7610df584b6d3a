"""Starting shims: refusals of the system are reported by name, and started processes are reaped."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from maestrod.sessions.launch import last_words, reap, start, start_shim
from maestrod.sessions.spec import LaunchError, LaunchSpec
from tests.kit.patience import PATIENCE
from tests.sessions import kit


def spec(folder: Path, **more: object) -> LaunchSpec:
    fields: dict[str, object] = {"session_id": folder.name, "attempt": 1, "argv": ("true",), "env": {}, "cwd": "/"}
    return LaunchSpec(**{**fields, "folder": str(folder), **more})  # type: ignore[arg-type]  # named by the callers


async def test_a_shim_without_a_spec_ends_and_starts_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ses_a"
    pid, connection = start_shim(folder, 1, sys.executable)
    assert os.getsid(pid) == pid  # no signal meant for the daemon's group or terminal reaches it
    connection.close()
    with trio.fail_after(PATIENCE):
        await reap(pid)
    assert [path.name for path in folder.iterdir()] == ["shim.log"]


async def test_reaping_leaves_no_zombie_and_no_descriptor() -> None:
    before = kit.open_descriptors()
    child = subprocess.Popen(["true"])
    with trio.fail_after(PATIENCE):
        await reap(child.pid)
    assert kit.open_descriptors() == before
    assert child.pid not in kit.children()
    child.returncode = 0  # Popen need not look for it


async def test_reaping_without_pidfds_waits_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    child = subprocess.Popen(["true"])
    with trio.fail_after(PATIENCE):
        await reap(child.pid)
    assert child.pid not in kit.children()
    child.returncode = 0  # Popen need not look for it


async def test_reaping_without_children_does_nothing() -> None:
    await reap(0)


async def test_invalid_unicode_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(LaunchError) as failed:
        await start(spec(tmp_path / "ses_a", env={"A": "\ud83d"}))
    assert failed.value.errno_name == "EILSEQ"
    assert not (tmp_path / "ses_a").exists()


def test_missing_descriptors_are_reported_as_the_reason(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        with pytest.raises(LaunchError, match="EMFILE"):
            start_shim(tmp_path / "ses_a", 1, sys.executable)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize("error", ["EAGAIN", "ENOMEM"])
def test_a_system_that_cannot_create_a_process_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    import errno

    def refuse(*arguments: object, **more: object) -> int:
        raise OSError(getattr(errno, error), os.strerror(getattr(errno, error)))

    before = kit.open_descriptors()
    monkeypatch.setattr(os, "posix_spawn", refuse)
    with pytest.raises(LaunchError, match=error):
        start_shim(tmp_path / "ses_a", 1, sys.executable)
    assert kit.open_descriptors() == before


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match="ENOTDIR"):
        start_shim(tmp_path / "file" / "ses_a", 1, sys.executable)


def test_the_last_output_is_the_end_of_the_log(tmp_path: Path) -> None:
    assert last_words(tmp_path) == ""
    (tmp_path / "shim.log").write_text("x" * 5000 + "\nthe reason\n")
    assert last_words(tmp_path, 100).endswith("the reason")
    assert len(last_words(tmp_path, 100)) <= 100
