"""The composition root: the daemon's parts, and their lifetimes as nested blocks.

``lock and store ⊃ engine ⊃ sessions ⊃ connections ⊃ listeners``: each stage starts when the one around it is ready, and
stops before it. Nothing is saved at the end, because everything was durable before it was acknowledged. By default
sessions outlive the daemon, and the next one adopts them.
"""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from maestrod import __version__
from maestrod.agents.catalog.file_catalog import FileCatalog
from maestrod.agents.hook_calls import HookCalls
from maestrod.agents.registry import adapters, strangers, traits
from maestrod.api.local.address import Paths
from maestrod.api.local.daemon_lock import Phase
from maestrod.api.local.package_data import package_data
from maestrod.api.system import SessionsOnStop
from maestrod.config import Config, agents_named, warnings
from maestrod.core.values.effects import Effect
from maestrod.core.values.policy import Policy
from maestrod.engine import edits
from maestrod.engine.clock import SystemClock
from maestrod.engine.engine import Engine
from maestrod.host.folders import RealEyes
from maestrod.host.instance import Claim, single_instance
from maestrod.host.service import ServiceContext
from maestrod.host.shutdown import Shutdown, shutdown_by_signals
from maestrod.host.tenure import end_when_claim_is_void
from maestrod.listening import open_listeners
from maestrod.rpc.context import DaemonInfo, Services
from maestrod.rpc.sign_in import SignIn
from maestrod.sessions.custody import Custody
from maestrod.sessions.spec import ExitRecord
from maestrod.store.secret_key import secret_key
from maestrod.store.store import Store
from maestrod.supervisor import spool
from maestrod.supervisor.hearing import Hearing
from maestrod.supervisor.launching import Launcher
from maestrod.supervisor.stops import Stops
from maestrod.supervisor.supervisor import Supervisor
from maestrod.supervisor.terminals import Terminals

log = logging.getLogger(__name__)

#: Seconds that we ask the service manager to wait for a long recovery.
RECOVERY_SECONDS = 600.0


async def run(paths: Paths, config: Config, service_context: ServiceContext) -> None:
    """Run the daemon until it is asked to stop.

    Raises ``AlreadyRunning`` when another daemon has the data folder, ``BadConfiguration`` when the user has to fix
    something.
    """
    paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    catalog = FileCatalog(package_data("skills"), Path.home(), paths.config, adapters(config.agents))
    for warning in (*strangers(agents_named(config), catalog.adapters), *warnings(config)):
        log.warning("configuration: %s", warning)
    with single_instance(paths.data, paths.socket, __version__) as claim:
        claim.publish(Phase.STARTING, progress="it is reading its store")
        service_context.notifier.extend_timeout(RECOVERY_SECONDS)
        async with shutdown_by_signals(config.sessions_on_stop) as shutdown:
            with _open_store(paths, _policy(config, catalog)) as store:
                claim.publish(Phase.STARTING, progress="it is adopting its sessions")
                daemon = _assemble(paths, config, service_context, store, catalog, shutdown)
                listeners = open_listeners(paths, config, service_context, daemon.services)
                async with daemon.running() as sessions:
                    on_ready = partial(_welcome, daemon, store, claim, sessions)
                    await listeners.serve(daemon.services, service_context, shutdown, on_ready)
                    claim.publish(Phase.STOPPING)
                    if shutdown.sessions is SessionsOnStop.STOP:
                        await daemon.supervisor.end_all(shutdown.hurry)


@dataclass(frozen=True, slots=True)
class _Daemon:
    """The parts that live as long as the daemon serves. ``spool`` is the folder where hooks leave undelivered events."""

    engine: Engine
    custody: Custody
    supervisor: Supervisor
    services: Services
    hearing: Hearing
    spool: Path

    @asynccontextmanager
    async def running(self) -> AsyncIterator[trio.Nursery]:
        """Run the engine, custody and the supervisor, nested in this order, during the block.

        Spooled events are taken in before the ends of sessions are reported.
        """
        async with trio.open_nursery() as engine_nursery:
            await engine_nursery.start(self.engine.run)
            await spool.read_spool(self.spool, self.engine, self.services.token_key, self.services.read_hook)
            async with trio.open_nursery() as custody_nursery:
                await custody_nursery.start(self.custody.run)
                async with trio.open_nursery() as session_nursery:
                    await session_nursery.start(self.supervisor.run)
                    yield session_nursery
                    session_nursery.cancel_scope.cancel()
                custody_nursery.cancel_scope.cancel()
            engine_nursery.cancel_scope.cancel()


def _assemble(
    paths: Paths,
    config: Config,
    service_context: ServiceContext,
    store: Store,
    catalog: FileCatalog,
    shutdown: Shutdown,
) -> _Daemon:
    """Make the parts, each after the parts it needs; effects and exits reach the supervisor through channels."""
    key = secret_key(paths.data / "secret.key")
    clock, hooks = SystemClock(), HookCalls(catalog.adapters)
    send_effect, effects = trio.open_memory_channel[Effect](float("inf"))  # bounded by the number of slots
    send_exit, exits = trio.open_memory_channel[ExitRecord](float("inf"))
    engine = Engine(store, store.world, clock, send_effect.send_nowait, RealEyes(catalog.known_names))
    custody = Custody(store.layout.data_dir / "sessions", send_exit.send)
    stops = Stops(custody)
    launcher = Launcher(paths, config, catalog, key, service_context.inherited)
    supervisor = Supervisor(engine, custody, stops, launcher, effects=effects, exits=exits)
    services = Services(
        engine=engine,
        store=store,
        terminals=Terminals(custody, engine),
        stops=stops,
        catalog=catalog,
        info=_info(paths, config, store, clock),
        token_key=key,
        request_stop=shutdown.request,
        sign_in=SignIn(key),
        hook_answer=hooks.answer,
        read_hook=hooks.read,
    )
    folder = paths.data / "spool"
    hearing = Hearing(folder, engine, key, hooks.read, supervisor)
    return _Daemon(engine, custody, supervisor, services, hearing, folder)


def _welcome(daemon: _Daemon, store: Store, claim: Claim, sessions: trio.Nursery, socket: Path) -> None:
    """Clients may connect: judge deadlines from now on, and start the tasks that did not have to delay the start."""
    claim.publish(Phase.SERVING, socket=socket)
    daemon.engine.listen(daemon.hearing.read_spool)
    sessions.start_soon(daemon.hearing.run)
    sessions.start_soon(end_when_claim_is_void, claim)
    sessions.start_soon(edits.read_spool, store, daemon.engine)


@contextmanager
def _open_store(paths: Paths, policy: Policy) -> Iterator[Store]:
    """Open the store during the block. Logs what its start repaired."""
    store = Store.open(paths.data, policy=policy, call_soon=trio.lowlevel.current_trio_token().run_sync_soon)
    store.on_alert = log.error
    for line in store.report:
        log.warning("store: %s", line)
    try:
        yield store
    finally:
        store.close()


def _policy(config: Config, catalog: FileCatalog) -> Policy:
    return Policy(
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


def _info(paths: Paths, config: Config, store: Store, clock: SystemClock) -> DaemonInfo:
    return DaemonInfo(
        instance=store.instance,
        version=__version__,
        pid=os.getpid(),
        started_at=clock.wall(),
        socket=str(paths.socket),
        data_dir=str(paths.data),
        slots=config.max_sessions,
        started=clock.steady(),
    )
