"""A daemon without sockets, disks and processes: engine, supervisor, and scripted agents that survive it like real ones."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest import mock

import msgspec
import trio

from maestrod.agents.adapter import Adapter
from maestrod.agents.catalog.file_catalog import FileCatalog
from maestrod.agents.registry import ADAPTERS, traits
from maestrod.api.local.address import Paths
from maestrod.api.local.package_data import package_data
from maestrod.api.project import FolderIdentity
from maestrod.api.protocol.registry import METHODS
from maestrod.api.session import Session
from maestrod.config import Config
from maestrod.core.values.command import Actor, Command
from maestrod.core.values.effects import Effect
from maestrod.core.values.folders import as_written
from maestrod.core.values.policy import Policy
from maestrod.core.values.seen import FolderNames, FoldersAt, NamesIn, PlaceAt, Question, Seen
from maestrod.core.world.world import World
from maestrod.engine.clock import TimeSource
from maestrod.engine.engine import Engine
from maestrod.host.inherited import Inherited
from maestrod.sessions.custody import Custody, OnExit
from maestrod.sessions.fake import FakeCustody
from maestrod.sessions.fake_machine import FakeMachine
from maestrod.sessions.spec import ExitRecord
from maestrod.store.memory import MemoryStore
from maestrod.supervisor import launching
from maestrod.supervisor.launching import Launcher
from maestrod.supervisor.stops import Stops
from maestrod.supervisor.supervisor import Supervisor
from maestrod.supervisor.terminals import Terminals
from tests.kit.parts.engine_parts import FixedClock


class FolderCustody(FakeCustody):
    """A fake custody with real folders, to which the files of a launch are written."""

    def __init__(self, machine: FakeMachine, on_exit: OnExit, folder: Path) -> None:
        super().__init__(machine, on_exit)
        self.root = folder

    def folder(self, session_id: str) -> Path:
        return self.root / session_id


@dataclass
class House:
    """The parts of one daemon."""

    engine: Engine
    store: MemoryStore
    custody: FolderCustody
    supervisor: Supervisor
    terminals: Terminals
    stops: Stops
    want: Callable[[Effect], None]
    home: Path

    async def call(self, method: str, actor: Actor | None = None, **params: Any) -> Any:
        """Call a method that changes something, and return its reply."""
        return await self.engine.submit(
            Command(method, msgspec.convert(params, METHODS[method].params), actor or Actor())
        )

    async def spawn(self, **members: Any) -> Session:
        """A session on a new task."""
        task = await self.call("task.create", title="t", commands=["true"], projectId=await self.project(), **members)
        session: Session = await self.call("session.spawn", taskIds=[task.id], agent="shell")
        return session

    async def project(self) -> str:
        """The only project."""
        existing = next(iter(self.engine.world.projects), None)
        return existing or (await self.call("project.create", name="p", workingDir=str(self.home))).id

    def session(self, session_id: str) -> Session:
        """The present session."""
        return self.engine.world.sessions[session_id]

    async def until(self, session_id: str, **members: object) -> Session:
        """The session, once it has these members."""
        while True:
            session = self.session(session_id)
            if all(getattr(session, name) == value for name, value in members.items()):
                return session
            await self.engine.bus.wait_for(lambda event: event.id == session_id)

    async def until_launched(self, session_id: str) -> Session:
        """The session, once its agent runs."""
        while self.session(session_id).process is None:
            await self.engine.bus.wait_for(lambda event: event.id == session_id)
        return self.session(session_id)

    async def come_up(self, **members: Any) -> str:
        """The id of a session whose agent runs and has registered."""
        session = await self.spawn(**members)
        await self.until_launched(session.id)
        await self.call("session.register", Actor(session.id, session.attempt))
        return session.id


@asynccontextmanager
async def house(
    home: Path,
    machine: FakeMachine,
    before: MemoryStore | None = None,
    agents: Mapping[str, Adapter] = ADAPTERS,
    config: Config = Config(),  # noqa: B008 - frozen
    clock: TimeSource | None = None,
) -> AsyncIterator[House]:
    """A daemon on the machine; with ``before``, the successor of the daemon that left this store behind."""
    store = MemoryStore(trio.lowlevel.current_trio_token().run_sync_soon)
    paths = Paths(home / "data", home / "run", home / "config", home / "run" / "s")
    catalog = FileCatalog(package_data("skills"), home, paths.config, agents)
    store.world = World(Policy(agents=traits(agents, config.agents)))
    if before is not None:
        store._events, store.durable_seq = list(before.events_since(0)), before.durable_seq
        for event in store._events:
            store.world.apply(event)
    send_effect, effects = trio.open_memory_channel[Effect](float("inf"))
    send_exit, exits = trio.open_memory_channel[ExitRecord](float("inf"))
    engine = Engine(
        store, store.world, clock or FixedClock(), send_effect.send_nowait, _SkilledEyes(catalog.known_names)
    )
    custody = FolderCustody(machine, send_exit.send, paths.data / "sessions")
    terminals = Terminals(cast(Custody, custody), engine)
    launcher = Launcher(paths, config, catalog, b"k" * 32, Inherited())
    stops = Stops(cast(Custody, custody))
    supervisor = Supervisor(engine, cast(Custody, custody), stops, launcher, effects=effects, exits=exits)
    with mock.patch.object(launching, "in_thread", _at_once):  # the mock clock does not wait for threads
        async with trio.open_nursery() as nursery:
            await nursery.start(engine.run)
            await nursery.start(custody.run)
            await nursery.start(supervisor.run)
            engine.listen(supervisor.wait_until_read)
            yield House(engine, store, custody, supervisor, terminals, stops, send_effect.send_nowait, home)
            nursery.cancel_scope.cancel()


class _SkilledEyes:
    """Eyes that find the skills of folders and accept folders as written, without threads."""

    def __init__(self, names: Callable[[str | None], FolderNames]) -> None:
        self._names = names

    async def look(self, question: Question) -> Seen:
        await trio.lowlevel.checkpoint()
        match question:
            case NamesIn(folder):
                return Seen(known={folder or "": self._names(folder)})
            case PlaceAt(path):
                return Seen(places={path: as_written(path)})
            case FoldersAt(paths):
                return Seen(folders={path: FolderIdentity(device=1, inode=hash(path), boot_id="b") for path in paths})
        raise AssertionError(question)


async def _at_once(function: Callable[..., Any], *arguments: Any, abandon_on_cancel: bool = False) -> Any:
    await trio.lowlevel.checkpoint()
    return function(*arguments)
