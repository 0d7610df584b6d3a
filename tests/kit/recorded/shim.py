"""Records the shim for ``tests/fixtures/<version>``: ``python -m tests.kit.recorded.shim tests/fixtures/<version>``.

``shim/`` is the program as it was; an agent that it started outlives every upgrade. ``launch.json`` is the line that starts it,
``control.jsonl`` what daemon and shim say to each other over one session's life, ``exits/`` the records that it leaves. All of it is
what a real daemon and real shims sent and wrote. A recorded version is never recorded again.
"""

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import trio

from maestrod.sessions import launch, link
from maestrod.sessions.custody import Custody
from maestrod.sessions.shim.records import EXIT
from maestrod.sessions.spec import DEFAULT_LADDER, ExitRecord, LaunchError, LaunchSpec
from tests.kit.patience import PATIENCE

#: A fixed home, so that no path of the machine is recorded.
HOME = Path("/tmp/m")
#: An agent that echoes what is typed, prints its size on request, and ends on request.
TALKER = 'stty -echo; echo up; while :; do read -r line || { echo eof; continue; }; case $line in size) stty size ;; bye) exit 3 ;; *) echo "<$line>" ;; esac; done'


def spec(session_id: str, *argv: str, **members: Any) -> LaunchSpec:
    """A launch as a daemon makes it."""
    env = {"PATH": "/usr/bin:/bin", "MAESTRO_SESSION_ID": session_id}
    return LaunchSpec(session_id=session_id, attempt=1, argv=argv, env=env, cwd="/", ladder=DEFAULT_LADDER, **members)


@contextlib.contextmanager
def recorded(said: list[dict[str, Any]]) -> Iterator[None]:
    """Record what passes over control connections within the block."""
    send, receive = link.send_all, link.Link.receive_line

    async def send_all(connection: Any, data: bytes, lost: bool = False) -> None:
        said.append({"sent": data.decode()})
        await send(connection, data, lost)

    async def receive_line(self: link.Link) -> Any:
        line = await receive(self)
        if line is not None:
            said.append({"got": msgspec.json.encode(line).decode() + "\n"})
        return line

    with (
        mock.patch.object(link, "send_all", send_all),
        mock.patch.object(launch, "send_all", send_all),
        mock.patch.object(link.Link, "receive_line", receive_line),
    ):
        yield


class _Recording:
    def __init__(self, sessions: Path) -> None:
        self.sessions = sessions
        self.exits: dict[str, ExitRecord] = {}
        self._came = trio.Event()

    async def _ended(self, record: ExitRecord) -> None:
        self.exits[record.session_id] = record
        self._came.set()
        self._came = trio.Event()

    async def end_of(self, session_id: str) -> None:
        with trio.fail_after(PATIENCE):
            while session_id not in self.exits:
                await self._came.wait()

    @contextlib.asynccontextmanager
    async def daemon(self) -> Any:
        custody = Custody(self.sessions, self._ended)
        async with trio.open_nursery() as nursery:
            await nursery.start(custody.run)
            yield custody
            nursery.cancel_scope.cancel()

    async def converse(self) -> None:
        """One session's life: started by one daemon, held and stopped by the next."""
        async with self.daemon() as custody:
            await custody.launch(spec("ses_talker", "sh", "-c", TALKER))
            await self._heard(custody, b"up")
            await custody.send("ses_talker", b"hello\n", key="msg_1")
            await self._heard(custody, b"<hello>")
            await custody.send("ses_talker", b"hello\n", key="msg_1")
            await custody.resize("ses_talker", 100, 30)
        async with self.daemon() as custody:
            await custody.adopt("ses_talker", 1)
            await custody.send("ses_talker", b"size\n")
            await self._heard(custody, b"30 100")
            await custody.signal("ses_talker", "STOP")
            await custody.signal("ses_talker", "CONT")
            await custody.close_stdin("ses_talker")
            await self._heard(custody, b"eof")
            await custody.stop("ses_talker", [("TERM", 5.0), ("KILL", 5.0)])

    async def _heard(self, custody: Custody, words: bytes) -> None:
        end = 0
        with trio.fail_after(PATIENCE):
            while words not in (data := custody.read_output("ses_talker", 0, 1 << 16).data):
                end = await custody.wait_output("ses_talker", max(end, len(data)))

    async def leave(self) -> None:
        """One exit record of each kind; the daemon writes that of a lost session."""
        async with self.daemon() as custody:
            await custody.launch(spec("ses_code", "sh", "-c", "exit 3"))
            await self.end_of("ses_code")
            await custody.launch(spec("ses_signal", "sh", "-c", "kill -9 $$"))
            await self.end_of("ses_signal")
            await custody.launch(spec("ses_along", "sh", "-c", "sleep 600 & exit 0", terminal="pipe"))
            await self.end_of("ses_along")
            await custody.launch(spec("ses_stopped", "sh", "-c", "sleep 600 & sleep 600"))
            await custody.stop("ses_stopped")
            await self.end_of("ses_stopped")
            with contextlib.suppress(LaunchError):
                await custody.launch(spec("ses_missing", "/nowhere/agent"))
            identity = await custody.launch(spec("ses_lost", "sleep", "600"))
            os.kill(identity.shim_pid, signal.SIGKILL)
            await self.end_of("ses_lost")


async def record(target: Path) -> None:
    """Write everything below ``target``; refuses to overwrite anything."""
    shutil.rmtree(HOME, ignore_errors=True)
    recording = _Recording(HOME / "data/sessions")
    said: list[dict[str, Any]] = []
    with recorded(said):
        await recording.converse()
    await recording.leave()
    shutil.copytree(launch.SHIM.parent, target / "shim", ignore=shutil.ignore_patterns("__pycache__"))
    (target / "launch.json").write_text(said[0]["sent"])
    (target / "control.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in said[1:]))
    (target / "exits").mkdir()
    for folder in sorted(recording.sessions.iterdir()):
        kept = folder / EXIT.format(attempt=1)
        (target / f"exits/{folder.name.removeprefix('ses_')}.json").write_bytes(kept.read_bytes())
    shutil.rmtree(HOME)


if __name__ == "__main__":
    trio.run(record, Path(sys.argv[1]))
