"""Today's daemon finds, controls and ends a session held by the 0.1 shim; the protocol between the two is frozen.

The shim that started an agent holds it until its end, so a newer daemon speaks 0.1's control protocol for as long as 0.1's sessions
live, and reads the records that they leave. ``tests/kit/recorded/shim.py`` tells how all of it was recorded.
"""

import shutil
import socket
import sys
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pytest

from maestrod.sessions import launch
from maestrod.sessions.adopt import read_record
from maestrod.sessions.link import connect
from maestrod.sessions.spec import AlreadyEnded, EndedProcess, ExitRecord, Identity, Running
from tests.kit.daemons.daemon import Daemon, shim_of
from tests.kit.patience import PATIENCE
from tests.sessions.kit import Agents, agents, daemon_on, eventually, nothing_left

__all__ = ["agents"]

RECORDED = Path(__file__).resolve().parents[1] / "fixtures/0.1"
TALKER = "ses_talker"
LADDER = (("TERM", 5.0), ("KILL", 5.0))


class Control:
    """A control connection, byte by byte."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        self._socket = connection
        self._lines: BinaryIO = connection.makefile("rb")

    def send(self, line: bytes) -> None:
        self._socket.sendall(line)

    def receive(self) -> Any:
        return msgspec.json.decode(self._lines.readline())

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


def start(folder: Path) -> tuple[Any, Control]:
    """Have a shim start the talker by the line that 0.1's daemon sent, with another folder in it; its answer."""
    line = {**msgspec.json.decode((RECORDED / "launch.json").read_bytes()), "folder": str(folder)}
    _, connection = launch.start_shim(folder, 1, sys.executable)
    control = Control(connection)
    control.send(msgspec.json.encode(line) + b"\n")
    return control.receive(), control


@pytest.fixture
def old_shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shim of 0.1: in this test it holds the sessions."""
    shim = tmp_path / "maestrod-0.1/shim"
    shutil.copytree(RECORDED / "shim", shim)
    monkeypatch.setattr(launch, "SHIM", shim / "__main__.py")
    return shim


async def test_a_session_held_by_the_shim_of_0_1_is_adopted_and_controlled(
    old_shim: Path, agents: Agents, tmp_path: Path
) -> None:
    started, control = start(tmp_path / TALKER)
    control.close()
    identity = msgspec.convert(started["started"], Identity)
    async with daemon_on(tmp_path) as daemon:
        custody = daemon.custody
        assert await custody.adopt(TALKER, 1) == Running(identity)
        await daemon.output(TALKER, b"up")
        for _ in range(2):
            await custody.send(TALKER, b"once\n", key="msg_1")
        await custody.resize(TALKER, 100, 30)
        await custody.send(TALKER, b"size\n")
        assert (await daemon.output(TALKER, b"30 100")).count(b"<once>") == 1
        assert await custody.signal(TALKER, "STOP") == await custody.signal(TALKER, "CONT") == 1
        report = await custody.stop(TALKER, LADDER)
        assert (report.left, report.ended, report.signalled) == (0, 1, ("TERM",))
        record = await daemon.exit_of(TALKER)
    assert (record.reason, record.signal, record.output_end > 0) == ("stopped", "TERM", True)
    assert nothing_left(tmp_path, identity)


async def test_a_session_of_0_1_that_ended_without_a_daemon_left_its_record(
    old_shim: Path, agents: Agents, tmp_path: Path
) -> None:
    _, control = start(tmp_path / TALKER)
    control.send(b'{"id":1,"op":"input","data":"YnllCg=="}\n')  # bye
    assert control.receive() == {"id": 1, "queued": 4}
    control.close()
    await eventually(lambda: read_record(tmp_path / TALKER, 1))
    async with daemon_on(tmp_path) as daemon:
        standing = await daemon.custody.adopt(TALKER, 1)
    assert isinstance(standing, AlreadyEnded)
    assert (standing.record.reason, standing.record.code) == ("exited", 3)


def test_todays_shim_answers_like_that_of_0_1(agents: Agents, tmp_path: Path) -> None:
    """Whatever it may say besides: a daemon of 0.1 finds in each answer what it looked for."""
    said = [msgspec.json.decode(line) for line in (RECORDED / "control.jsonl").read_bytes().splitlines()]
    answer, control = start(tmp_path / TALKER)
    assert fits(answer, msgspec.json.decode(said[0]["got"])), answer
    for line in said[1:]:
        if "got" in line:
            answer = control.receive()
            assert fits(answer, msgspec.json.decode(line["got"])), (line, answer)
            continue
        if '"hello"' in line["sent"]:  # the next daemon
            control.close()
            control = Control(connect(tmp_path / TALKER))
        control.send(line["sent"].encode())
    control.close()


def fits(answer: Any, recorded: Any) -> bool:
    """Whether an answer has all that the recorded one has, of the same types."""
    if isinstance(recorded, dict):
        return isinstance(answer, dict) and all(
            name in answer and fits(answer[name], recorded[name]) for name in recorded
        )
    return type(answer) is type(recorded)


def _record(name: str, **members: Any) -> ExitRecord:
    members = {"code": None, "signal": None, "reason": "exited", **members}
    return ExitRecord(session_id=f"ses_{name}", attempt=1, ended_at=0, **members)


@pytest.mark.parametrize(
    "expected",
    [
        _record("code", code=3),
        _record("signal", signal="KILL"),
        _record("along", code=0, leftovers=1, ended=(EndedProcess(0, "sleep"),), ended_count=1),
        _record("stopped", signal="TERM", reason="stopped", ended=(EndedProcess(0, "sh"), EndedProcess(0, "sleep")), ended_count=2),
        _record("talker", signal="TERM", reason="stopped", output_end=26),
        _record(
            "missing",
            reason="failed_to_start",
            detail="ENOENT: /nowhere/agent: no such program in the PATH of the agent's environment",
        ),
        _record("lost", reason="lost", detail="its shim is gone without an exit record: it was killed, or the machine was restarted"),
    ],
    ids=lambda record: record.session_id.removeprefix("ses_"),
)  # fmt: skip
def test_exit_records_of_0_1_are_read(expected: ExitRecord, tmp_path: Path) -> None:
    name = expected.session_id.removeprefix("ses_")
    (tmp_path / "exit-1.json").write_bytes((RECORDED / f"exits/{name}.json").read_bytes())
    record = read_record(tmp_path, 1)
    assert record is not None
    assert record.started_at is not None
    assert record.started_at <= record.ended_at
    ended = tuple(EndedProcess(0, each.name) for each in record.ended)
    assert msgspec.structs.replace(record, started_at=None, ended_at=0, ended=ended) == expected


@pytest.mark.slow
def test_a_daemon_of_this_version_takes_over_sessions_of_0_1(short_folder: Path) -> None:
    """Started by a daemon with 0.1's shim that is killed; held, paused, resumed and seen to its end by today's."""
    daemon = Daemon(short_folder / "m")
    daemon.module = "tests.kit.recorded.shim_daemon"
    subtasks = [{"key": "a", "title": "a", "commands": ["touch begun; until [ -e go ]; do sleep 0.05; done"]}]
    plan = {"groups": [{"key": "g", "title": "g", "agent": "shell", "subtasks": subtasks}]}
    try:
        daemon.start()
        with daemon.watch(topics=["session.status"]) as events:
            run = daemon.call("run.start", plan=plan, workingDir=str(daemon.home), agent="shell")
            events.wait_for(lambda event: event["data"]["status"] == "working")
        [session] = daemon.every("session.list")
        shim = shim_of(daemon.data, session["id"])
        assert "maestrod-0.1" in " ".join(shim.cmdline())
        daemon.module = "maestrod"
        daemon.restart()
        for verb, paused in (("pause", True), ("resume", False)):
            assert daemon.call(f"session.{verb}", sessionId=session["id"])["live"]["paused"] is paused
        (daemon.home / "go").touch()
        assert daemon.finish_run(run["id"])["status"] == "completed"
        daemon.finish_sessions()
        ended = daemon.call("session.get", sessionId=session["id"])
        assert (ended["status"], ended["attempt"], ended["exit"]["code"]) == ("completed", 1, 0)
    finally:
        daemon.close()
