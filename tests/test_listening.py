"""The listeners with the whole daemon: a failing port costs only that port, and a deleted socket is created again."""

import os
import shutil
from pathlib import Path

import pytest
import trio

from maestrod import listening
from maestrod.api.local.address import Paths, paths_of
from maestrod.config import Config
from tests.kit.daemons.daemon import Connection
from tests.kit.parts.running_app import Manager, pid_behind, running
from tests.kit.patience import PATIENCE


@pytest.fixture
def where(short_folder: Path) -> Paths:
    return paths_of({"MAESTRO_HOME": str(short_folder / "m")})


async def test_a_failing_bridge_does_not_end_the_daemon(
    where: Paths, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*rest: object, **named: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(listening, "serve_bridge", fail)

    def status() -> dict[str, object]:
        with Connection(where.socket) as connection:
            status_now: dict[str, object] = connection.call("system.status")
            return status_now

    async with Manager(where.data.parent.parent) as manager, running(manager, where, Config(bridge_port=0)):
        status_now = await trio.to_thread.run_sync(status)
        assert status_now["url"] is None and "the bridge failed" in str(status_now["problems"])
        assert not (where.runtime / "bridge.token").exists()
    assert "a bug" in caplog.text


async def test_fault_25_a_removed_socket_or_folder_is_created_again(
    where: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was connected stays connected; the real interval is shorter than the thirty seconds promised."""
    assert listening.SOCKET_CHECK_SECONDS < 30
    monkeypatch.setattr(listening, "SOCKET_CHECK_SECONDS", 0.01)
    async with Manager(where.data.parent.parent) as manager, running(manager, where):
        with Connection(where.socket) as before:
            for path in (where.socket, where.runtime):
                path.unlink() if path.is_socket() else shutil.rmtree(path)
                await until_reachable(where)
                assert await trio.to_thread.run_sync(pid_behind, where) == os.getpid()
                assert (await trio.to_thread.run_sync(before.call, "system.status"))["pid"] == os.getpid()


async def until_reachable(where: Paths) -> None:
    """The daemon looks every so often; a file that appears gives no event everywhere."""
    with trio.fail_after(PATIENCE):
        while not where.socket.exists():
            await trio.sleep(0.005)


async def test_fault_25_a_path_taken_meanwhile_costs_the_socket_and_not_the_daemon(
    where: Paths, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "SOCKET_CHECK_SECONDS", 0.01)
    async with Manager(where.data.parent.parent) as manager, running(manager, where):
        with Connection(where.socket) as before:
            where.socket.unlink()
            where.socket.write_text("in the way")
            with trio.fail_after(PATIENCE):
                while not any("trying again" in message for message in caplog.messages):
                    await trio.sleep(0.005)  # a log record gives no event
            assert (await trio.to_thread.run_sync(before.call, "system.status"))["pid"] == os.getpid()
            assert where.socket.read_text() == "in the way"
        where.socket.unlink()
        await until_reachable(where)
