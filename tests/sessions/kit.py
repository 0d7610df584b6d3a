"""Shared by the tests of custody: specs of small real agents, a recorder of exits, and checks of what really exists."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from maestrod.sessions.adopt import read_identity
from maestrod.sessions.custody import Custody
from maestrod.sessions.shim.process import tag_of
from maestrod.sessions.shim.processes import ProcFs
from maestrod.sessions.spec import ExitRecord, Identity, LaunchSpec
from maestrod.sessions.tree import end_tree, find_tree
from tests.kit.patience import PATIENCE

"""Seconds a test waits for what must happen before it fails."""

QUICK_LADDER = (("TERM", 0.3), ("KILL", 10.0))


class Agents:
    """Specs of agents in one sessions folder."""

    def __init__(self, sessions: Path) -> None:
        self.sessions = sessions

    def spec(self, session_id: str, *argv: str, attempt: int = 1, **more: Any) -> LaunchSpec:
        """A spec with the defaults of these tests; `more` replaces fields."""
        fields: dict[str, Any] = {
            "session_id": session_id,
            "attempt": attempt,
            "argv": argv,
            "env": {"PATH": os.environ["PATH"]},
            "cwd": "/",
            "ladder": QUICK_LADDER,
            **more,
        }
        return LaunchSpec(**fields)

    def shell(self, session_id: str, script: str, **more: Any) -> LaunchSpec:
        """An agent that is a shell script."""
        return self.spec(session_id, "sh", "-c", script, **more)

    def end_all(self) -> None:
        """End what a failed test left running: a session that was started and has no exit record."""
        for marker in self.sessions.rglob("started-*"):
            attempt = int(marker.name.rpartition("-")[2])
            if not (marker.parent / f"exit-{attempt}.json").exists():
                find = partial(find_tree, marker.parent.resolve(), attempt, read_identity(marker.parent, attempt))
                end_tree(find, [("KILL", 5.0)])

    def python(self, session_id: str, script: str, **more: Any) -> LaunchSpec:
        """An agent that is a Python program."""
        return self.spec(session_id, sys.executable, "-I", "-S", "-u", "-c", script, **more)


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Agents]:
    """Agents in a folder of the test's own; what a failed test left running is ended."""
    made = Agents(tmp_path)
    yield made
    made.end_all()


class Daemon:
    """A custody that runs, and the exits it told."""

    def __init__(self, sessions: Path, python: str = sys.executable) -> None:
        self.exits: list[ExitRecord] = []
        self.reported = trio.Event()
        self.custody = Custody(sessions, self._on_exit, python)

    async def _on_exit(self, record: ExitRecord) -> None:
        self.exits.append(record)
        self.reported.set()
        self.reported = trio.Event()

    async def exit_of(self, session_id: str) -> ExitRecord:
        """The exit record of a session, once it is told."""
        with trio.fail_after(PATIENCE):
            while True:
                reported = self.reported
                for record in self.exits:
                    if record.session_id == session_id:
                        return record
                await reported.wait()

    async def output(self, session_id: str, wanted: bytes) -> bytes:
        """The session's output, once it holds what is wanted."""
        end = 0
        with trio.fail_after(PATIENCE):
            while wanted not in (data := self.custody.read_output(session_id, 0, 1 << 24).data):
                end = await self.custody.wait_output(session_id, max(end, len(data)))
        return data


@asynccontextmanager
async def daemon_on(sessions: Path, python: str = sys.executable) -> AsyncIterator[Daemon]:
    """A daemon's hold on a sessions folder; leaving it lets go of the agents, as a daemon that dies does."""
    daemon = Daemon(sessions, python)
    async with trio.open_nursery() as life:
        await life.start(daemon.custody.run)
        yield daemon
        life.cancel_scope.cancel()


async def eventually(condition: Callable[[], object]) -> None:
    """Wait until something of the system is so that gives no event (a process of somebody else's is gone)."""
    with trio.fail_after(PATIENCE):
        while not condition():
            await trio.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether a process runs code (a zombie does not)."""
    return ProcFs().start_of(pid) is not None


def tagged(folder: Path, attempt: int = 1) -> list[int]:
    """Every living process that carries the tag of an attempt."""
    system = ProcFs()
    return list(system.tagged(system.table(), tag_of(str(folder.resolve()), attempt)))


def nothing_left(sessions: Path, *identities: Identity) -> bool:
    """Whether no agent of these attempts and nothing tagged like them is alive; their shims may be on their way out."""
    return not any(
        alive(identity.agent_pid) or tagged(sessions / identity.session_id, identity.attempt) for identity in identities
    )


async def wait_shims_gone(*identities: Identity) -> None:
    """Wait until the shims have ended as well: they do so by themselves, right after they told the exit."""
    await eventually(lambda: not any(alive(identity.shim_pid) for identity in identities))


def open_descriptors() -> int:
    """How many descriptors this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def children() -> set[int]:
    """Every child of this process, zombies too."""
    return {process.pid for process in ProcFs().table().values() if process.parent == os.getpid()}
