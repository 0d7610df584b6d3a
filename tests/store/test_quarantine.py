"""Nothing unreadable is deleted."""

import errno
from pathlib import Path

from maestrod.store.quarantine import quarantine, quarantine_folder
from tests.kit.parts.crash_files import CrashFiles

FOLDER = Path("/data/quarantine")
SOURCE = Path("/data/tasks/tsk_1.json")


def test_copies_are_numbered_and_say_why() -> None:
    files = CrashFiles()
    first = quarantine(files, FOLDER, SOURCE, b"one", "not JSON")
    quarantine(files, FOLDER, SOURCE, b"two", "still not JSON")
    assert str(SOURCE) in first and "not JSON" in first and str(FOLDER / "tsk_1.json.1") in first
    assert files.read(FOLDER / "tsk_1.json.1") == b"one" and files.read(FOLDER / "tsk_1.json.2") == b"two"
    assert files.read(FOLDER / "tsk_1.json.2.reason.txt") == f"{SOURCE}: still not JSON\n".encode()


def test_a_full_disk_only_prevents_the_copy() -> None:
    files = CrashFiles()
    files.fail("write", errno.ENOSPC, times=9)
    assert "no copy could be kept: No space" in quarantine(files, FOLDER, SOURCE, b"one", "not JSON")


def test_without_a_folder_nothing_is_written() -> None:
    files = CrashFiles()
    assert quarantine(files, None, SOURCE, b"one", "not JSON") == f"{SOURCE}: not JSON"
    assert "is a folder" in quarantine_folder(files, None, SOURCE)
    assert files.tree() == {}


def test_a_folder_is_moved_with_what_is_in_it() -> None:
    files = CrashFiles()
    files.damage(SOURCE / "inside", b"x")
    assert str(FOLDER / "tsk_1.json.1") in quarantine_folder(files, FOLDER, SOURCE)
    assert files.read(FOLDER / "tsk_1.json.1" / "inside") == b"x"
