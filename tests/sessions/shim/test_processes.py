"""The process table: which processes are alive, their parents, and which carry a tag."""

import os
import subprocess
import sys
from pathlib import Path

from maestrod.sessions.shim.process import tag_of
from maestrod.sessions.shim.processes import ProcFs
from tests.sessions.kit import eventually


def test_the_process_table_shows_this_process() -> None:
    mine = ProcFs().table()[os.getpid()]
    assert (mine.parent, mine.pgid, mine.alive) == (os.getppid(), os.getpgrp(), True)
    assert ProcFs().start_of(os.getpid()) == mine.start


def test_a_missing_process_has_no_start_time() -> None:
    assert ProcFs().start_of(2**22 + 1) is None


async def test_a_zombie_is_not_alive_and_still_has_a_start_time() -> None:
    child = subprocess.Popen(["true"])
    try:
        await eventually(lambda: ProcFs().start_of(child.pid) is None)
        assert ProcFs().start_of(child.pid, ended=True) is not None
        assert not ProcFs().table()[child.pid].alive
    finally:
        child.wait()


async def test_a_process_whose_leader_thread_ended_is_alive() -> None:
    program = "import threading, time, os, ctypes; threading.Thread(target=time.sleep, args=(1000,)).start(); print('up', flush=True); ctypes.CDLL(None).pthread_exit(None)"
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        await eventually(lambda: status_of(child.pid) == "Z")
        assert ProcFs().start_of(child.pid) is not None
    finally:
        child.kill()
        child.communicate()


def status_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_parentheses_and_spaces_in_a_name_confuse_nothing(tmp_path: Path) -> None:
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "1000"]) as child:
        try:
            found = ProcFs().table()[child.pid]
            assert (found.parent, found.alive) == (os.getpid(), True)
        finally:
            child.kill()


def test_only_the_tagged_process_is_found(tmp_path: Path) -> None:
    tag = tag_of(str(tmp_path), 1)
    env = {"MAESTRO_CUSTODY": tag}
    with subprocess.Popen(["/bin/sleep", "1000"], env=env) as tagged, subprocess.Popen(["/bin/sleep", "1000"]) as other:
        try:
            system = ProcFs()
            assert set(system.tagged(system.table(), tag)) == {tagged.pid}
            assert system.tagged(system.table(), tag_of(str(tmp_path), 2)) == {}
        finally:
            tagged.kill()
            other.kill()
