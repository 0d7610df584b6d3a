"""Finding out what happened to an attempt, from files and from misbehaving shims."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from maestrod.sessions import adopt
from maestrod.sessions.adopt import (
    Vanished,
    last_attempt,
    lock_held,
    look,
    read_identity,
    read_record,
)
from maestrod.sessions.launch import SHIM
from maestrod.sessions.shim.records import take_lock
from maestrod.sessions.spec import AlreadyEnded, NeverStarted
from tests.kit.patience import PATIENCE
from tests.sessions.kit import Agents, alive, daemon_on

RECORD = b'{"sessionId":"ses_a","attempt":1,"code":3,"signal":null,"reason":"exited","endedAt":1}'

SILENT_SHIM = """
import fcntl, os, signal, socket, sys, time
folder = sys.argv[1]
lock = os.open(folder + "/shim.lock", os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
door = socket.socket(socket.AF_UNIX)
door.bind(folder + "/shim.sock")
door.listen()
signal.signal(signal.SIGHUP, signal.SIG_IGN)
print("up", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ses_a"
    made.mkdir()
    return made


async def test_a_record_is_final(folder: Path) -> None:
    (folder / "exit-1.json").write_bytes(RECORD)
    adoption = await look(folder, "ses_a", 1)
    assert isinstance(adoption, AlreadyEnded)
    assert adoption.record.code == 3
    assert await look(folder, "ses_a", 2) == NeverStarted()


@pytest.mark.parametrize("damage", [b"", RECORD[:40], b"\x00" * 100, b"[]", b'{"sessionId":1}'])
async def test_a_damaged_record_means_that_the_session_is_lost(folder: Path, damage: bytes) -> None:
    (folder / "started-1").touch()
    (folder / "exit-1.json").write_bytes(damage)
    assert read_record(folder, 1) is None
    assert isinstance(await look(folder, "ses_a", 1), Vanished)


async def test_a_missing_session_folder_means_never_started(tmp_path: Path) -> None:
    assert await look(tmp_path / "nothing", "nothing", 1) == NeverStarted()


def test_the_lock_is_held_as_long_as_its_holder_lives(folder: Path) -> None:
    assert not lock_held(folder)
    held = take_lock(str(folder))
    assert lock_held(folder)
    os.close(held)
    assert not lock_held(folder)


def test_the_last_attempt_is_the_highest_marker(folder: Path) -> None:
    assert last_attempt(folder) == 0
    for name in ("started-2", "started-10", "started-x", "exit-11.json"):
        (folder / name).touch()
    assert last_attempt(folder) == 10


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff"])
def test_a_damaged_identity_reads_as_none(folder: Path, damage: bytes) -> None:
    (folder / "shim.json").write_bytes(damage)
    assert read_identity(folder, 1) is None


async def test_a_living_shim_of_another_attempt_does_not_answer_for_this_one(tmp_path: Path) -> None:
    async with daemon_on(tmp_path) as daemon:
        await daemon.custody.launch(Agents(tmp_path).spec("ses_a", "cat", attempt=2))
        assert await look(tmp_path / "ses_a", "ses_a", 1) == NeverStarted()
        (tmp_path / "ses_a" / "started-1").touch()
        assert isinstance(await look(tmp_path / "ses_a", "ses_a", 1), Vanished)
        await daemon.custody.stop("ses_a")


@pytest.mark.slow
async def test_a_shim_that_never_answers_is_ended(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(adopt, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(adopt, "HELLO_SECONDS", 0.1)
    script = tmp_path / "shim" / SHIM.name
    script.parent.mkdir()
    script.write_text(SILENT_SHIM)
    (folder / "started-1").touch()
    argv = [sys.executable, str(script), str(folder), "1"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as shim:
        assert shim.stdout is not None
        shim.stdout.readline()
        with trio.fail_after(PATIENCE):
            adoption = await look(folder, "ses_a", 1)
        assert isinstance(adoption, Vanished)
        assert not alive(shim.pid)
