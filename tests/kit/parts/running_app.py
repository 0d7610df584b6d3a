"""The daemon in this process, with the service manager's end of its notifications."""

import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import trio

from maestrod import app
from maestrod.api.local.address import Paths
from maestrod.config import Config
from maestrod.host.service import Notifier, ServiceContext
from maestrod.host.shutdown import SIGNALS
from tests.kit.daemons.daemon import Connection
from tests.kit.patience import PATIENCE


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

    def service_context(self) -> ServiceContext:
        return ServiceContext(Notifier(str(self._path)), None, [], None)

    async def wait_for(self, word: str) -> str:
        """The next message with this content."""
        with trio.fail_after(PATIENCE):
            while word not in (message := (await self._socket.recv(4096)).decode()):
                pass
        return message


@contextmanager
def signals_put_back() -> Iterator[None]:
    """Restore signals: a daemon leaves them ignored because its process ends, but this process continues and its children inherit them."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@asynccontextmanager
async def running(manager: Manager, where: Paths, config: Config | None = None) -> AsyncIterator[trio.Nursery]:
    """The daemon in this process, from ready to stopped."""
    with signals_put_back():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(app.run, where, config or Config(), manager.service_context())
            await manager.wait_for("READY=1")
            yield nursery
            with trio.fail_after(PATIENCE):
                await trio.to_thread.run_sync(stop, where)


def stop(where: Paths) -> None:
    with Connection(where.socket) as connection:
        connection.call("system.stop")


def pid_behind(where: Paths) -> int:
    with Connection(where.socket) as connection:
        return int(connection.call("system.status")["pid"])
