"""The composition root: the daemon's parts, and the nested blocks their lifetimes are.

``lock and store ⊃ engine ⊃ sessions ⊃ connections ⊃ listeners``: each stage starts when the one around it serves, and stops
before it does. Nothing is saved at the end, because everything was durable before it was acknowledged. By default sessions
outlive the daemon; the next one adopts them.
"""

import datetime as dt
import logging
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import trio

from maestrod import __version__
from maestrod.agents.catalog.file_catalog import FileCatalog
from maestrod.agents.hook_calls import HookCalls
from maestrod.agents.registry import adapters, strangers, traits
from maestrod.api.errors import BadConfiguration, MaestroError, Unavailable
from maestrod.api.local.address import Places
from maestrod.api.local.daemon_lock import Phase
from maestrod.api.local.package_data import package_data
from maestrod.api.system import SessionsOnStop
from maestrod.config import Config, agents_named
from maestrod.core.values.facts import Edited
from maestrod.core.values.policy import Rules
from maestrod.engine.clock import SystemClock
from maestrod.engine.engine import Engine
from maestrod.engine.ports import HookReader
from maestrod.host import tenure
from maestrod.host.endpoint import Endpoint, listen
from maestrod.host.folders import RealEyes
from maestrod.host.instance import Claim, single_instance
from maestrod.host.service import Handover
from maestrod.rpc.context import Bridge, DaemonInfo, Services
from maestrod.rpc.sign_in import SignIn
from maestrod.sessions.custody import Custody
from maestrod.store.edits import Edit
from maestrod.store.files import RealFiles, atomic_write
from maestrod.store.store import Store
from maestrod.supervisor import spool
from maestrod.supervisor.hearing import Hearing
from maestrod.supervisor.launching import Launcher
from maestrod.supervisor.supervisor import Supervisor
from maestrod.supervisor.terminals import Terminals
from maestrod.transport.bridge.port import Port, open_port
from maestrod.transport.bridge.serve import serve_bridge
from maestrod.transport.unix.serve import serve_unix

log = logging.getLogger(__name__)

#: Seconds the listeners have to end once the daemon stops, a little more than they give to calls under way.
DRAIN_SECONDS = 4.0
#: Seconds a service manager is asked to wait for a long recovery.
RECOVERY_SECONDS = 600.0
#: Seconds between two looks whether the socket's path still leads to us (a cleaner may have removed it).
SOCKET_CHECK_SECONDS = 20.0
#: Seconds that edits of entity files may take before a stop goes on without them.
EDITS_SECONDS = 10.0

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2, signal.SIGHUP)


class Stop:
    """That the daemon is to stop, and what becomes of its sessions; a second request means now."""

    def __init__(self, default: SessionsOnStop) -> None:
        self._default = default
        self.sessions = default
        self.requested = trio.Event()
        self.hurry = trio.Event()

    def request(self, sessions: SessionsOnStop | None = None) -> None:
        """Begin to stop; again: hurry."""
        if self.requested.is_set():
            self.hurry.set()
            return
        self.sessions = sessions or self._default
        self.requested.set()


async def run(places: Places, config: Config, handover: Handover) -> None:
    """Run the daemon until it is told to stop.

    Raises ``AlreadyRunning`` when another daemon has the data folder, ``BadConfiguration`` when the user has to fix something.
    """
    places.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    catalog = FileCatalog(package_data("skills"), Path.home(), places.config, adapters(config.agents))
    for warning in strangers(agents_named(config), catalog.adapters):
        log.warning("configuration: %s", warning)
    with single_instance(places.data, places.socket, __version__) as claim:
        claim.tell(Phase.STARTING, progress="it reads its store")
        handover.notifier.extend_timeout(RECOVERY_SECONDS)
        stop = Stop(config.sessions_on_stop)
        async with trio.open_nursery() as nursery:
            await nursery.start(_watch_signals, stop)
            with _open_store(places, _rules(config, catalog)) as store:
                await _serve(places, config, handover, store, catalog, stop, claim)
            nursery.cancel_scope.cancel()


@contextmanager
def _open_store(places: Places, rules: Rules) -> Iterator[Store]:
    """The store, and what its start had to repair in the log."""
    store = Store.open(places.data, rules=rules, call_soon=trio.lowlevel.current_trio_token().run_sync_soon)
    store.on_alert = log.error
    for line in store.report:
        log.warning("store: %s", line)
    try:
        yield store
    finally:
        store.close()


def _rules(config: Config, catalog: FileCatalog) -> Rules:
    return Rules(
        agents=traits(catalog.adapters, config.agents),
        max_sessions=config.max_sessions,
        agent_limits=config.agent_limits,
        default_agent=config.default_agent,
        registration_timeout_ms=config.registration_timeout_ms,
        plan_repairs=config.plan_repairs,
        permission_timeout_ms=config.permission_timeout_ms,
        limit_wait=config.limit_wait,
        limit_wait_max_ms=config.limit_wait_max_ms,
        limit_backoff_ms=config.limit_backoff_ms,
        limit_stagger_ms=config.limit_stagger_ms,
    )


async def _serve(
    places: Places,
    config: Config,
    handover: Handover,
    store: Store,
    catalog: FileCatalog,
    stop: Stop,
    claim: Claim,
) -> None:
    claim.tell(Phase.STARTING, progress="it takes its agents back")
    clock, hooks = SystemClock(), HookCalls(catalog.adapters)
    key = _secret_key(places.data / "secret.key")
    supervisor = Supervisor(Launcher(places, config, catalog, key, handover.inherited))
    engine = Engine(store, store.world, clock, supervisor.want, RealEyes(catalog.known_names))
    custody = Custody(store.layout.data_dir / "sessions", supervisor.exited)
    terminals = Terminals(custody, store.world)
    supervisor.bind(engine, custody, terminals)
    services = Services(
        engine=engine,
        store=store,
        terminals=terminals,
        catalog=catalog,
        info=_info(places, config, store, clock),
        token_key=key,
        request_stop=stop.request,
        bridge=Bridge(SignIn(key)),
        hook_answer=hooks.answer,
        read_hook=hooks.read,
    )
    endpoint = _endpoint(places, handover)
    ports = [*_port(places, config, services), *_remote_port(places, config, services)]
    async with _lifetimes(engine, custody, supervisor, places, key, hooks.read) as sessions:

        def listening() -> None:
            """The first client may come: deadlines are judged, and what can wait for that does not hold up the start."""
            claim.tell(Phase.SERVING, socket=endpoint.path)
            hearing = Hearing(places.data / "spool", engine, key, hooks.read, supervisor)
            engine.listen(hearing.take_in)
            sessions.start_soon(hearing.run)
            sessions.start_soon(tenure.end_when_void, claim)
            sessions.start_soon(_take_edits, store, engine)

        await _listen(services, endpoint, ports, handover, stop, listening)
        claim.tell(Phase.STOPPING)
        if stop.sessions is SessionsOnStop.STOP:
            await supervisor.end_all(stop.hurry)


def _info(places: Places, config: Config, store: Store, clock: SystemClock) -> DaemonInfo:
    return DaemonInfo(
        instance=store.instance,
        version=__version__,
        pid=os.getpid(),
        started_at=clock.wall(),
        socket=str(places.socket),
        data_dir=str(places.data),
        slots=config.max_sessions,
        started=clock.steady(),
    )


@asynccontextmanager
async def _lifetimes(
    engine: Engine, custody: Custody, supervisor: Supervisor, places: Places, key: bytes, read_hook: HookReader
) -> AsyncIterator[trio.Nursery]:
    """The engine around custody around the supervisor, who is in the middle of a launch perhaps. Hooks' spooled events come before the news of what ended meanwhile."""
    async with trio.open_nursery() as engine_nursery:
        await engine_nursery.start(engine.run)
        await spool.take_in(places.data / "spool", engine, key, read_hook)
        async with trio.open_nursery() as custody_nursery:
            await custody_nursery.start(custody.run)
            async with trio.open_nursery() as session_nursery:
                await session_nursery.start(supervisor.run)
                yield session_nursery
                session_nursery.cancel_scope.cancel()
            custody_nursery.cancel_scope.cancel()
        engine_nursery.cancel_scope.cancel()


async def _listen(
    services: Services,
    endpoint: Endpoint,
    ports: list[Port],
    handover: Handover,
    stop: Stop,
    listening: Callable[[], None],
) -> None:
    """Serve until a stop is requested; calls under way may finish unless somebody is in a hurry. ``listening`` is called once clients may come."""
    endpoints = [endpoint]
    async with trio.open_nursery() as background:
        background.start_soon(_watchdog, handover, services)
        async with trio.open_nursery() as listeners:
            await listeners.start(serve_unix, endpoint.socket, services)
            listening()
            for port in ports:
                listeners.start_soon(_serve_bridge, port, services)
            background.start_soon(_keep_reachable, services, endpoints, listeners)
            log.info("serving on %s", endpoint.path)
            handover.notifier.ready(f"serving on {endpoint.path}")
            await stop.requested.wait()
            log.info("stopping; sessions: %s", stop.sessions.value)
            handover.notifier.stopping()
            services.engine.refusing = Unavailable(
                "daemon.stopping", "the daemon is stopping: try again when it is back"
            )
            services.stopping.set()
            listeners.cancel_scope.deadline = trio.current_time() + DRAIN_SECONDS
            background.start_soon(_hurry, stop, listeners.cancel_scope)
        background.cancel_scope.cancel()
    for each in endpoints:
        each.close()


async def _serve_bridge(port: Port, services: Services) -> None:
    """Serve the bridge, or its like for other machines; whatever goes wrong in it costs the bridge, never the daemon."""
    bridge, remote = services.bridge, port.door.remote
    log.info("the web page and the HTTP interface are at %s", port.door.url)
    try:
        await serve_bridge(port.door, services)
    except Exception:  # the connection guard: the bridge is one big connection to the engine
        log.exception("the bridge failed; the socket goes on")
        message = "the bridge failed, the log says why: restart the daemon to have it again"
        setattr(bridge, "remote_problem" if remote else "problem", message)
    finally:
        setattr(bridge, "remote_url" if remote else "url", None)
        port.close()


def _port(places: Places, config: Config, services: Services) -> Iterator[Port]:
    """The bridge's port; without one the daemon runs all the same and says why."""
    if not config.bridge:
        return
    try:
        port = open_port(places, config, services.info, _page())
    except BadConfiguration as error:
        services.bridge.problem = f"there is no bridge: {error.message}"
        log.warning("%s", services.bridge.problem)
    else:
        services.bridge.url = port.door.url  # the first who asks is told it: clients wait in its backlog
        yield port


def _remote_port(places: Places, config: Config, services: Services) -> Iterator[Port]:
    """The port for other machines, if it is asked for; the same holds for it."""
    if not config.remote_address:
        return
    from maestrod.transport.bridge.remote_port import open_remote_port

    try:
        now = dt.datetime.fromtimestamp(services.engine.clock.wall() / 1000, dt.UTC)
        port, services.bridge.fingerprint = open_remote_port(places, config, _page(), now)
    except BadConfiguration as error:
        services.bridge.remote_problem = f"other machines cannot come in: {error.message}"
        log.warning("%s", services.bridge.remote_problem)
    else:
        services.bridge.remote_url = port.door.url
        yield port


def _page() -> Path | None:
    """The folder of the web page, if this installation has one."""
    try:
        return package_data("page")
    except FileNotFoundError as error:
        log.warning("%s", error)
        return None


async def _hurry(stop: Stop, scope: trio.CancelScope) -> None:
    await stop.hurry.wait()
    scope.cancel()


async def _keep_reachable(services: Services, endpoints: list[Endpoint], listeners: trio.Nursery) -> None:
    """Listen anew when the socket's file was removed: agents and clients must find the daemon again."""
    while not endpoints[-1].handed:
        await trio.sleep(SOCKET_CHECK_SECONDS)
        if endpoints[-1].still_ours():
            continue
        log.warning("%s was removed: listening anew", endpoints[-1].path)
        try:
            endpoints.append(listen(endpoints[-1].path))
        except (MaestroError, OSError) as error:
            log.error("cannot listen on %s, trying again: %s", endpoints[-1].path, error)
        else:
            await listeners.start(serve_unix, endpoints[-1].socket, services)


async def _watch_signals(stop: Stop, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """TERM and INT stop by the policy; USR2 (a restart is coming) leaves the sessions; HUP is for terminals: ignored.

    Listening is the outermost of all, so that no signal ever cuts a stage short; one that comes at the very end is ignored.
    """
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # noqa: TID251 - what trio's receiver falls back to when it closes
    with trio.open_signal_receiver(*SIGNALS) as signals:
        task_status.started()
        async for number in signals:
            log.info("signal %s", signal.Signals(number).name)
            if number != signal.SIGHUP:
                stop.request(SessionsOnStop.KEEP if number == signal.SIGUSR2 else None)


async def _watchdog(handover: Handover, services: Services) -> None:
    """Tell the service manager that the engine and the store still move."""
    if handover.watchdog_interval is None:
        return
    while True:
        refusal = services.store.refusal()
        if refusal is not None:
            handover.notifier.status(refusal.message)
        if services.engine.longest_wait() < handover.watchdog_interval:
            handover.notifier.watchdog()
        await trio.sleep(handover.watchdog_interval)


async def _take_edits(store: Store, engine: Engine) -> None:
    """Entity files that people changed while no daemon ran are taken as changes, even when the daemon is stopped meanwhile."""
    with trio.move_on_after(EDITS_SECONDS, shield=True):
        known = len(store.report)
        edits = await trio.to_thread.run_sync(store.scan_edits)
        for line in store.report[known:]:
            log.warning("store: %s", line)
        for edit in edits:
            try:
                await engine.submit(Edited(edit.kind, edit.id, msgspec.json.encode(edit.entity)))
            except MaestroError as error:
                log.warning("an edit is not taken: %s", await _put_back(store, edit, error.message))


async def _put_back(store: Store, edit: Edit, reason: str) -> str:
    try:
        return await trio.to_thread.run_sync(store.refuse_edit, edit, reason)
    except OSError as error:
        return f"{edit.path}: {reason} (and the file cannot be read again: {error.strerror})"


def _endpoint(places: Places, handover: Handover) -> Endpoint:
    """The socket the service manager opened for us, or our own."""
    handed = next(iter(handover.sockets), None)
    return listen(places.socket) if handed is None else Endpoint(handed.path, handed.socket, handed=True)


def _secret_key(path: Path) -> bytes:
    """The key session tokens are signed with: made once, whole or not at all, readable by the user only."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(32)
        try:
            atomic_write(RealFiles(reserve=0), path, key)
        except OSError as error:
            raise BadConfiguration("store.key", f"cannot write {path}: {error.strerror}") from error
    if len(key) != 32:
        raise BadConfiguration("store.key", f"{path} is damaged: remove it (running agents will have to be stopped)")
    return key
