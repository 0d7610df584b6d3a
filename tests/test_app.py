"""The composition root, run in this process where a test needs access: ready, reachable, stopped, and failed starts."""

import os
import time
from pathlib import Path

import pytest
import trio

from maestrod import app
from maestrod.api.errors import MaestroError
from maestrod.api.local.address import Paths, paths_of
from maestrod.config import Config
from maestrod.host.endpoint import listen
from maestrod.host.instance import AlreadyRunning
from maestrod.host.service import Notifier, ServiceContext
from maestrod.supervisor import launching
from tests.kit.daemons.daemon import Connection, Daemon
from tests.kit.parts.running_app import Manager, pid_behind, running, signals_put_back
from tests.kit.patience import PATIENCE


@pytest.fixture
def where(short_folder: Path) -> Paths:
    return paths_of({"MAESTRO_HOME": str(short_folder / "m")})


async def test_the_daemon_reports_ready_serves_and_leaves_nothing_in_the_runtime_folder(where: Paths) -> None:
    async with Manager(where.data.parent.parent) as manager:
        async with running(manager, where):
            assert await trio.to_thread.run_sync(pid_behind, where) == os.getpid()
            assert (where.data / "secret.key").stat().st_mode & 0o777 == 0o600
        await manager.wait_for("STOPPING=1")
        assert not where.socket.exists()


async def test_a_stop_during_a_launch_is_clean(where: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of an agent are just being written when everything is cancelled; the next daemon goes on from there."""
    begun = trio.Event()
    token = trio.lowlevel.current_trio_token()
    write = launching.write_files

    def slow(folder: Path, files: dict[str, str]) -> None:
        token.run_sync_soon(begun.set)
        for _ in range(10_000):
            if not where.socket.exists():  # the last thing before the sessions are cancelled
                break
            time.sleep(0.001)  # noqa: TID251 - in a thread, for a moment of the daemon that gives no event
        write(folder, files)

    monkeypatch.setattr(launching, "write_files", slow)
    async with Manager(where.data.parent.parent) as manager, running(manager, where):
        await trio.to_thread.run_sync(start_run, where)
        with trio.fail_after(PATIENCE):
            await begun.wait()
    Daemon(where.data.parent).close()  # what the next daemon would have taken over


def start_run(where: Paths) -> None:
    plan = {"groups": [{"key": "g", "title": "g", "subtasks": [{"key": "t", "title": "t", "commands": ["true"]}]}]}
    with Connection(where.socket) as connection:
        connection.call("run.start", plan=plan, workingDir=str(where.data), agent="shell")


async def start_fails(where: Paths) -> MaestroError:
    """Run it and return why it did not start."""
    with pytest.raises((MaestroError, BaseExceptionGroup)) as caught, signals_put_back():
        await app.run(where, Config(), ServiceContext(Notifier(None), None, [], None))
    error: BaseException = caught.value
    while isinstance(error, BaseExceptionGroup):
        [error] = error.exceptions
    assert isinstance(error, MaestroError)
    return error


async def test_a_second_daemon_on_the_same_folder_is_refused(where: Paths) -> None:
    async with Manager(where.data.parent.parent) as manager, running(manager, where):
        error = await start_fails(where)
        assert isinstance(error, AlreadyRunning) and str(os.getpid()) in error.message
        assert await trio.to_thread.run_sync(pid_behind, where) == os.getpid()


async def test_a_socket_path_of_another_daemon_is_left_alone(where: Paths) -> None:
    theirs = listen(where.socket)
    error = await start_fails(where)
    assert isinstance(error, AlreadyRunning) and str(where.socket) in error.message
    assert theirs.is_at_its_path()
    theirs.close()
