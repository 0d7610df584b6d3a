"""A daemon's parts around the real engine, for tests of the methods and of the socket: terminals and catalog obey the test."""

import base64
from collections import defaultdict

import trio

from maestrod.api.errors import Unavailable
from maestrod.api.session import OutputPage, StopResult
from maestrod.api.skill import AgentInfo, Persona, Skill
from maestrod.core.world import World
from maestrod.engine.engine import Engine
from maestrod.engine.ports import Store
from maestrod.rpc.context import DaemonInfo, Services
from tests.kit.engine_parts import FixedClock, HeldStore

TOKEN_KEY = b"k" * 32


class ScriptedTerminals:
    """Terminals whose agents print what the test says."""

    def __init__(self) -> None:
        self.logs: dict[str, bytes] = defaultdict(bytes)
        self.rotated: dict[str, int] = defaultdict(int)
        self.ended: set[str] = set()
        self.typed: list[tuple[str, bytes]] = []
        self.sizes: list[tuple[str, int, int]] = []
        self.stopped: list[str] = []
        self.deaf = False
        self._printed = trio.Event()

    def print(self, session_id: str, data: bytes, *, end: bool = False) -> None:
        self.logs[session_id] += data
        if end:
            self.ended.add(session_id)
        self._printed.set()
        self._printed = trio.Event()

    async def stop(self, session_id: str) -> StopResult:
        await trio.lowlevel.checkpoint()
        self.stopped.append(session_id)
        return StopResult(session_id=session_id, left=0, signalled=("TERM",))

    async def send(self, session_id: str, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        if self.deaf:
            raise Unavailable("terminal.deaf", "the agent does not read its terminal")
        self.typed.append((session_id, data))

    async def resize(self, session_id: str, columns: int, rows: int) -> None:
        await trio.lowlevel.checkpoint()
        self.sizes.append((session_id, columns, rows))

    def output(self, session_id: str, offset: int, limit: int) -> OutputPage:
        log, first = self.logs[session_id], self.rotated[session_id]
        start = max(offset, first)
        data = log[start : start + limit]
        end = start + len(data)
        ended = session_id in self.ended and end >= len(log)
        return OutputPage(
            start=start, end=end, data=base64.b64encode(data).decode(), dropped=start - offset, ended=ended
        )

    def tail(self, session_id: str, lines: int, limit: int) -> OutputPage:
        log = self.logs[session_id]
        data = b"".join(log[-limit:].splitlines(keepends=True)[-lines:])
        return OutputPage(start=len(log) - len(data), end=len(log), data=base64.b64encode(data).decode())

    async def wait_output(self, session_id: str, beyond: int) -> None:
        while len(self.logs[session_id]) <= beyond and session_id not in self.ended:
            await self._printed.wait()


class FixedCatalog:
    """A catalog with a skill per role, one persona and the shell agent; it notes where it was asked to look."""

    def __init__(self) -> None:
        self.folders: list[str | None] = []
        self.reloads = 0

    def skills(self, working_dir: str | None) -> tuple[tuple[Skill, ...], tuple[str, ...]]:
        self.folders.append(working_dir)
        skills = (
            Skill(name="everyone"),
            Skill(name="worker", assign_to=("worker",), instructions="work"),
            Skill(name="orchestrator", assign_to=("orchestrator",)),
        )
        return skills, ("broken: no manifest",)

    def personas(self, working_dir: str | None) -> tuple[tuple[Persona, ...], tuple[str, ...]]:
        self.folders.append(working_dir)
        return (Persona(name="architect"),), ()

    def agents(self) -> tuple[AgentInfo, ...]:
        return (AgentInfo(name="shell"),)

    def reload(self) -> None:
        self.reloads += 1


def parts(store: Store | None = None, **given: object) -> Services:
    """The services of a daemon with an empty world and a store whose disk is instant, unless given otherwise."""
    store = store or HeldStore(instant=True)
    clock = FixedClock()
    members: dict[str, object] = {
        "engine": Engine(store, World(), clock, lambda effect: None),
        "store": store,
        "terminals": ScriptedTerminals(),
        "catalog": FixedCatalog(),
        "info": DaemonInfo("i1", "0.1.0", 4242, clock.now, "/run/maestrod.sock", "/data", 8),
        "token_key": TOKEN_KEY,
        "request_stop": lambda sessions: None,
    }
    return Services(**(members | given))  # type: ignore[arg-type]  # the names are checked by the dataclass
