"""The daemon's listeners, from opening to draining: the Unix socket, the bridge, and the port for other machines.

If a port cannot be opened, or fails, the daemon runs without it; the port's status says why.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import trio

from maestrod.api.errors import BadConfiguration, MaestroError, Unavailable
from maestrod.api.local.address import Paths
from maestrod.api.local.package_data import package_data
from maestrod.config import Config
from maestrod.host.endpoint import Endpoint, listen
from maestrod.host.service import ServiceContext
from maestrod.host.shutdown import Shutdown
from maestrod.rpc.context import PortStatus, Services
from maestrod.transport.bridge.port import Port, open_port
from maestrod.transport.bridge.serve import serve_bridge
from maestrod.transport.unix.serve import serve_unix

log = logging.getLogger(__name__)

#: Seconds for the listeners to end once the daemon stops, a little more than they grant to unfinished calls.
DRAIN_SECONDS = 4.0
#: Seconds between two checks that the socket's path still leads to us (a clean-up program may have removed it).
SOCKET_CHECK_SECONDS = 20.0


@dataclass(slots=True)
class Listeners:
    """All sockets that clients connect to. They are open before they are served: early clients wait in the backlog."""

    endpoints: list[Endpoint]
    ports: list[tuple[Port, PortStatus]]

    async def serve(
        self, services: Services, service_context: ServiceContext, shutdown: Shutdown, on_ready: Callable[[Path], None]
    ) -> None:
        """Serve until a shutdown is requested. Unfinished calls may then finish, until a second request.

        ``on_ready`` is called with the socket's path when clients may connect.
        """
        path = self.endpoints[0].path
        async with trio.open_nursery() as background:
            background.start_soon(_watchdog, service_context, services)
            async with trio.open_nursery() as listeners:
                await listeners.start(serve_unix, self.endpoints[0].socket, services)
                on_ready(path)
                for port, status in self.ports:
                    listeners.start_soon(_serve_port, port, status, services)
                background.start_soon(self._keep_reachable, services, listeners)
                log.info("serving on %s", path)
                service_context.notifier.ready(f"serving on {path}")
                await shutdown.requested.wait()
                log.info("stopping; sessions: %s", shutdown.sessions.value)
                service_context.notifier.stopping()
                services.engine.refusing = Unavailable(
                    "daemon.stopping", "the daemon is stopping: try again when it has started again"
                )
                services.stopping.set()
                listeners.cancel_scope.deadline = trio.current_time() + DRAIN_SECONDS
                background.start_soon(_hurry, shutdown, listeners.cancel_scope)
            background.cancel_scope.cancel()
        for each in self.endpoints:
            each.close()

    async def _keep_reachable(self, services: Services, listeners: trio.Nursery) -> None:
        """Listen again when the socket's file was removed, so that agents and clients find the daemon."""
        while not self.endpoints[-1].handed:
            await trio.sleep(SOCKET_CHECK_SECONDS)
            if self.endpoints[-1].is_at_its_path():
                continue
            path = self.endpoints[-1].path
            log.warning("%s was removed: listening again", path)
            try:
                self.endpoints.append(listen(path))
            except (MaestroError, OSError) as error:
                log.error("cannot listen on %s, trying again: %s", path, error)
            else:
                await listeners.start(serve_unix, self.endpoints[-1].socket, services)


def open_listeners(paths: Paths, config: Config, service_context: ServiceContext, services: Services) -> Listeners:
    """Take the socket that the service manager opened, or open our own; and open the configured ports.

    Raises ``AlreadyRunning`` or ``BadConfiguration`` when the socket's path cannot be used.
    """
    handed = next(iter(service_context.sockets), None)
    endpoint = listen(paths.socket) if handed is None else Endpoint(handed.path, handed.socket, handed=True)
    return Listeners([endpoint], [*_bridge(paths, config, services), *_remote(paths, config, services)])


def _bridge(paths: Paths, config: Config, services: Services) -> Iterator[tuple[Port, PortStatus]]:
    status = services.bridge
    if not config.bridge:
        return
    try:
        port = open_port(paths, config, services.info, _page())
    except BadConfiguration as error:
        status.problem = f"the bridge is off: {error.message}"
        log.warning("%s", status.problem)
    else:
        status.url = port.listener.url
        yield port, status


def _remote(paths: Paths, config: Config, services: Services) -> Iterator[tuple[Port, PortStatus]]:
    status = services.remote
    if not config.remote_address:
        return
    from maestrod.transport.bridge.remote_port import open_remote_port

    try:
        now = dt.datetime.fromtimestamp(services.engine.clock.wall() / 1000, dt.UTC)
        port, status.fingerprint = open_remote_port(paths, config, _page(), now)
    except BadConfiguration as error:
        status.problem = f"other machines cannot connect: {error.message}"
        log.warning("%s", status.problem)
    else:
        status.url = port.listener.url
        yield port, status


def _page() -> Path | None:
    """The folder of the web page, if this installation has one."""
    try:
        return package_data("page")
    except FileNotFoundError as error:
        log.warning("%s", error)
        return None


async def _serve_port(port: Port, status: PortStatus, services: Services) -> None:
    log.info("the web page and the HTTP interface are at %s", port.listener.url)
    try:
        await serve_bridge(port.listener, services)
    except Exception:  # the bridge is one client of the engine: its failure must not end the daemon
        log.exception("the bridge failed; the socket still works")
        status.problem = "the bridge failed: see the log, and restart the daemon to restore it"
    finally:
        status.url = None
        port.close()


async def _hurry(shutdown: Shutdown, scope: trio.CancelScope) -> None:
    await shutdown.hurry.wait()
    scope.cancel()


async def _watchdog(service_context: ServiceContext, services: Services) -> None:
    """Tell the service manager regularly that the engine and the store still work."""
    if service_context.watchdog_interval is None:
        return
    while True:
        refusal = services.store.refusal()
        if refusal is not None:
            service_context.notifier.status(refusal.message)
        if services.engine.longest_wait() < service_context.watchdog_interval:
            service_context.notifier.watchdog()
        await trio.sleep(service_context.watchdog_interval)
