"""The process tree seen from the daemon: which processes belong to an attempt; no others are touched."""

import os
import subprocess
import sys
from pathlib import Path

from maestrod.sessions import tree
from maestrod.sessions.launch import SHIM
from maestrod.sessions.shim.process import tag_of
from maestrod.sessions.shim.processes import ProcFs
from maestrod.sessions.spec import Identity
from tests.sessions.kit import alive, eventually


def identity(pid: int, start: str, boot_id: str | None = None) -> Identity:
    return Identity(
        boot_id=boot_id or ProcFs().boot_id(),
        session_id="ses_a",
        attempt=1,
        shim_pid=pid,
        shim_start=start,
        agent_pid=pid,
        agent_start=start,
        agent_pgid=pid,
        at=1,
    )


def start_of(pid: int) -> str:
    start = ProcFs().start_of(pid)
    assert start is not None
    return start


async def test_agent_group_descendants_and_tagged_processes_are_found_and_ended(tmp_path: Path) -> None:
    agent = subprocess.Popen(["sh", "-c", "sleep 1000 & setsid sleep 1000 & wait"], process_group=0)
    stray = subprocess.Popen(["/bin/sleep", "1000"], env={"MAESTRO_CUSTODY": tag_of(str(tmp_path), 1)})
    other = subprocess.Popen(["sleep", "1000"])
    try:
        mine = identity(agent.pid, start_of(agent.pid))
        await eventually(lambda: len(tree.find_tree(tmp_path, 1, mine)) == 4)
        report = tree.end_tree(lambda: tree.find_tree(tmp_path, 1, mine), [("TERM", 5), ("KILL", 5)])
        assert (report.left, report.ended, report.signalled) == (0, 4, ("TERM",))
        assert tree.find_tree(tmp_path, 1, mine) == {}
        assert alive(other.pid)
    finally:
        other.kill()
        for process in (agent, stray, other):
            process.wait()


def test_a_process_with_another_start_or_boot_id_is_a_stranger(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "1000"]) as other:
        try:
            assert tree.find_tree(tmp_path, 1, identity(other.pid, "1")) == {}
            assert tree.find_tree(tmp_path, 1, identity(other.pid, start_of(other.pid), "another boot")) == {}
            assert not tree.shim_alive(identity(other.pid, "1"))
            assert tree.shim_alive(identity(other.pid, start_of(other.pid)))
        finally:
            other.kill()


def test_a_daemon_started_within_a_session_does_not_end_itself(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from maestrod.sessions import tree; print(tree.find_tree(Path(sys.argv[1]), 1, None))"
    env = {"PATH": os.environ["PATH"], "MAESTRO_CUSTODY": tag_of(str(tmp_path), 1)}
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, tmp_path], env=env, cwd=root, check=True, capture_output=True)
    assert done.stdout == b"{}\n"


def test_a_signal_reaches_the_intended_process_or_none() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        start = start_of(child.pid)
        assert not tree.send_signal(child.pid, "1", "KILL")
        assert tree.send_signal(child.pid, start, "KILL")
        assert child.wait() == -9
    assert not tree.send_signal(child.pid, start, "KILL")


def test_a_shim_is_found_by_its_command_line(tmp_path: Path) -> None:
    argv = [sys.executable, "-I", "-S", str(SHIM), str(tmp_path), "3"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as shim:
        assert tree.find_shim(tmp_path, 3) == (shim.pid, start_of(shim.pid))
        assert tree.find_shim(tmp_path, 4) is None
        shim.communicate(b"")
    assert tree.find_shim(tmp_path, 3) is None
