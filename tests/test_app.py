"""The composition root, run in this process where a test has to reach in: ready, reachable, stopped, and what stops a start."""

import errno
import os
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from maestrod import app
from maestrod.api.errors import BadConfiguration, MaestroError
from maestrod.api.local.address import Places, places
from maestrod.api.system import SessionsOnStop
from maestrod.config import Config
from maestrod.host.endpoint import listen
from maestrod.host.instance import AlreadyRunning
from maestrod.host.service import Handover, Notifier
from maestrod.supervisor import launching
from tests.kit.daemon import Connection, Daemon


class Manager:
    """The service manager's end of the notifications."""

    def __init__(self, folder: Path) -> None:
        self._socket = trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._path = folder / "n"

    async def __aenter__(self) -> "Manager":
        await self._socket.bind(str(self._path))
        return self

    async def __aexit__(self, *reason: object) -> None:
        self._socket.close()

    def handover(self) -> Handover:
        return Handover(Notifier(str(self._path)), None, [], None)

    async def told(self, word: str) -> str:
        """The next message that says this."""
        with trio.fail_after(30):
            while word not in (message := (await self._socket.recv(4096)).decode()):
                pass
        return message


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """A daemon leaves its signals ignored, for a process that ends; this one goes on, and its children inherit them."""
    before = {each: signal.getsignal(each) for each in app.SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)  # noqa: TID251 - put back


@pytest.fixture
def where(short_folder: Path) -> Places:
    return places({"MAESTRO_HOME": str(short_folder / "m")})


@asynccontextmanager
async def running(manager: Manager, where: Places, config: Config | None = None) -> AsyncIterator[trio.Nursery]:
    """The daemon in this process, from ready to stopped."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(app.run, where, config or Config(), manager.handover())
        await manager.told("READY=1")
        yield nursery
        with trio.fail_after(30):
            await trio.to_thread.run_sync(stop, where)


def stop(where: Places) -> None:
    with Connection(where.socket) as connection:
        connection.call("system.stop")


def pid_behind(where: Places) -> int:
    with Connection(where.socket) as connection:
        return int(connection.call("system.status")["pid"])


async def test_it_says_when_it_is_ready_serves_and_leaves_nothing_in_the_runtime_folder(where: Places) -> None:
    async with Manager(where.data.parent.parent) as manager:
        async with running(manager, where):
            assert await trio.to_thread.run_sync(pid_behind, where) == os.getpid()
            assert (where.data / "secret.key").stat().st_mode & 0o777 == 0o600
        await manager.told("STOPPING=1")
        assert not where.socket.exists()


async def test_a_bridge_that_fails_costs_the_bridge_and_not_the_daemon(
    where: Places, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*rest: object, **named: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(app, "serve_bridge", fail)

    def status() -> dict[str, object]:
        with Connection(where.socket) as connection:
            told: dict[str, object] = connection.call("system.status")
            return told

    async with Manager(where.data.parent.parent) as manager, running(manager, where, Config(bridge_port=0)):
        told = await trio.to_thread.run_sync(status)
        assert told["url"] is None and "the bridge failed" in str(told["problems"])
        assert not (where.runtime / "bridge.token").exists()
    assert "a bug" in caplog.text


async def test_fault_25_a_socket_or_folder_that_was_removed_is_made_again(
    where: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was connected stays connected; the real interval is shorter than the thirty seconds promised."""
    assert app.SOCKET_CHECK_SECONDS < 30
    monkeypatch.setattr(app, "SOCKET_CHECK_SECONDS", 0.01)
    async with Manager(where.data.parent.parent) as manager, running(manager, where):
        with Connection(where.socket) as before:
            for path in (where.socket, where.runtime):
                path.unlink() if path.is_socket() else shutil.rmtree(path)
                await until_reachable(where)
                assert await trio.to_thread.run_sync(pid_behind, where) == os.getpid()
                assert (await trio.to_thread.run_sync(before.call, "system.status"))["pid"] == os.getpid()


async def until_reachable(where: Places) -> None:
    """The daemon looks every so often; a file that appears gives no event everywhere."""
    with trio.fail_after(30):
        while not where.socket.exists():
            await trio.sleep(0.005)


async def test_fault_25_a_place_that_is_taken_meanwhile_costs_the_socket_not_the_daemon(
    where: Places, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "SOCKET_CHECK_SECONDS", 0.01)
    async with Manager(where.data.parent.parent) as manager, running(manager, where):
        with Connection(where.socket) as before:
            where.socket.unlink()
            where.socket.write_text("in the way")
            with trio.fail_after(30):
                while not any("trying again" in message for message in caplog.messages):
                    await trio.sleep(0.005)  # a log record gives no event
            assert (await trio.to_thread.run_sync(before.call, "system.status"))["pid"] == os.getpid()
            assert where.socket.read_text() == "in the way"
        where.socket.unlink()
        await until_reachable(where)


async def test_a_stop_in_the_middle_of_a_launch_is_clean(where: Places, monkeypatch: pytest.MonkeyPatch) -> None:
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
        with trio.fail_after(30):
            await begun.wait()
    Daemon(where.data.parent).close()  # what the next daemon would have taken over


def start_run(where: Places) -> None:
    plan = {"groups": [{"key": "g", "title": "g", "subtasks": [{"key": "t", "title": "t", "commands": ["true"]}]}]}
    with Connection(where.socket) as connection:
        connection.call("run.start", plan=plan, workingDir=str(where.data), agent="shell")


async def start_fails(where: Places) -> MaestroError:
    """Run it and return why it did not start."""
    with pytest.raises((MaestroError, BaseExceptionGroup)) as caught:
        await app.run(where, Config(), Handover(Notifier(None), None, [], None))
    error: BaseException = caught.value
    while isinstance(error, BaseExceptionGroup):
        [error] = error.exceptions
    assert isinstance(error, MaestroError)
    return error


async def test_a_second_one_on_the_same_folder_is_told_so(where: Places) -> None:
    async with Manager(where.data.parent.parent) as manager, running(manager, where):
        error = await start_fails(where)
        assert isinstance(error, AlreadyRunning) and str(os.getpid()) in error.message
        assert await trio.to_thread.run_sync(pid_behind, where) == os.getpid()


async def test_a_socket_path_of_another_daemon_is_left_alone(where: Places) -> None:
    theirs = listen(where.socket)
    error = await start_fails(where)
    assert isinstance(error, AlreadyRunning) and str(where.socket) in error.message
    assert theirs.still_ours()
    theirs.close()


async def test_16_a_key_that_does_not_fit_on_the_disk_is_not_left_half_written(
    where: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(files: object, path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(app, "atomic_write", full)
    error = await start_fails(where)
    assert isinstance(error, BadConfiguration) and "No space left" in error.message
    assert not (where.data / "secret.key").exists()


async def test_a_damaged_key_is_said_and_not_replaced(where: Places) -> None:
    where.data.mkdir(parents=True, mode=0o700)
    (where.data / "secret.key").write_bytes(b"short")
    error = await start_fails(where)
    assert isinstance(error, BadConfiguration) and "secret.key is damaged" in error.message
    assert (where.data / "secret.key").read_bytes() == b"short"


def test_a_stop_keeps_its_first_word_and_a_second_one_hurries() -> None:
    stop = app.Stop(SessionsOnStop.STOP)
    stop.request(SessionsOnStop.KEEP)
    assert stop.requested.is_set() and not stop.hurry.is_set()
    stop.request()
    assert stop.hurry.is_set() and stop.sessions is SessionsOnStop.KEEP
    other = app.Stop(SessionsOnStop.STOP)
    other.request()
    assert other.sessions is SessionsOnStop.STOP
