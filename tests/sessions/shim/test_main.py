"""The start of a shim, run by path like the daemon does: what it refuses, and that it then starts nothing."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from maestrod.sessions.launch import SHIM


def spec(folder: Path, *argv: str, attempt: int = 1) -> bytes:
    fields: dict[str, Any] = {
        "sessionId": folder.name,
        "attempt": attempt,
        "argv": argv,
        "env": {"PATH": os.environ["PATH"]},
        "cwd": "/",
        "terminal": "pipe",
        "cols": 80,
        "rows": 24,
        "folder": str(folder),
        "logSegmentBytes": 1000,
        "logKeepSegments": 2,
        "stdin": None,
        "stream": False,
        "taken": [],
        "umask": 0o027,
        "ladder": [["TERM", 1], ["KILL", 5]],
    }
    return json.dumps(fields).encode() + b"\n"


def run(line: bytes) -> tuple[int, list[dict[str, Any]]]:
    """Run a shim until it ends: its exit code and every line it said."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            shim = subprocess.Popen([sys.executable, "-I", "-S", str(SHIM), "folder", "1"], stdin=theirs.fileno())
        ours.sendall(line)
        if not line.endswith(b"\n"):
            ours.shutdown(socket.SHUT_WR)
        with ours.makefile("rb") as lines:
            said = [json.loads(text) for text in lines]
    return shim.wait(), said


def test_an_agent_is_started_and_its_exit_reported(tmp_path: Path) -> None:
    code, said = run(spec(tmp_path / "ses_a", "sh", "-c", "exit 3"))
    assert code == 0
    assert said[0]["started"]["sessionId"] == "ses_a"
    assert said[-1]["exit"]["code"] == 3
    assert json.loads((tmp_path / "ses_a" / "exit-1.json").read_bytes()) == said[-1]["exit"]


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_daemon_that_dies_before_the_whole_spec_leaves_nothing_started(tmp_path: Path, cut: int) -> None:
    ran = tmp_path / "ran"
    assert run(spec(tmp_path / "ses_a", "touch", str(ran))[:cut]) == (64, [])
    assert not ran.exists()
    assert not (tmp_path / "ses_a").exists()


def test_an_attempt_with_a_marker_is_refused(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "ses_a").mkdir()
    (tmp_path / "ses_a" / "started-1").touch()
    assert run(spec(tmp_path / "ses_a", "touch", str(ran))) == (75, [{"refused": "already_started"}])
    assert not ran.exists()
    code, _ = run(spec(tmp_path / "ses_a", "touch", str(ran), attempt=2))
    assert code == 0
    assert ran.exists()


def test_a_folder_whose_lock_is_held_is_refused(tmp_path: Path) -> None:
    from maestrod.sessions.shim.records import take_lock

    held = take_lock(str(tmp_path / "ses_a"))
    try:
        assert run(spec(tmp_path / "ses_a", "true")) == (75, [{"refused": "locked"}])
    finally:
        os.close(held)
    assert not (tmp_path / "ses_a" / "started-1").exists()


def test_a_failed_start_is_recorded(tmp_path: Path) -> None:
    code, said = run(spec(tmp_path / "ses_a", "/no/such/program"))
    assert (code, said[0]["exit"]["reason"]) == (0, "failed_to_start")
    assert sorted(path.name for path in (tmp_path / "ses_a").iterdir()) == ["exit-1.json", "shim.lock", "started-1"]


def test_only_the_standard_library_and_the_shim_itself_are_imported(tmp_path: Path) -> None:
    program = f"import sys; sys.path.append({str(SHIM.parents[1])!r}); before = set(sys.modules); import shim.main, shim.custodian; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True, capture_output=True, text=True)
    loaded = {name for name in done.stdout.split() if not name.startswith("shim")}
    assert loaded <= {"_ctypes", "_json", "_socket", "binascii", "errno", "fcntl", "posix", "select", "termios", "time"}
