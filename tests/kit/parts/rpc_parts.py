"""A daemon's parts around the real engine, for tests of the methods and the socket; the test controls terminals and catalogue."""

import base64
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio

from maestrod.api.errors import Unavailable
from maestrod.api.process import Exit
from maestrod.api.session import StopResult
from maestrod.api.skill import AgentInfo, Persona, Skill
from maestrod.api.terminal import OutputPage
from maestrod.core.access.session_token import make_token
from maestrod.core.values.facts import Exited, Judgement
from maestrod.engine.engine import Engine
from maestrod.engine.ports import Eyes
from maestrod.rpc.bind import bindings
from maestrod.rpc.context import DaemonInfo, Services
from maestrod.rpc.conversation import Conversation
from maestrod.rpc.dispatch import Dispatcher
from maestrod.rpc.sign_in import SignIn
from maestrod.store.memory import MemoryStore
from tests.kit.parts.engine_parts import FixedClock

TOKEN_KEY = b"k" * 32


class ScriptedTerminals:
    """Terminals whose agents print what the test sets."""

    def __init__(self) -> None:
        self.logs: dict[str, bytes] = defaultdict(bytes)
        self.rotated: dict[str, int] = defaultdict(int)
        self.ended: set[str] = set()
        self.typed: list[tuple[str, bytes]] = []
        self.sizes: list[tuple[str, int, int]] = []
        self.deaf = False
        self._printed = trio.Event()

    def print(self, session_id: str, data: bytes, *, end: bool = False) -> None:
        self.logs[session_id] += data
        if end:
            self.ended.add(session_id)
        self._printed.set()
        self._printed = trio.Event()

    async def send(self, session_id: str, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        if self.deaf:
            raise Unavailable("terminal.deaf", "the agent does not read its terminal")
        self.typed.append((session_id, data))

    async def resize(self, session_id: str, columns: int, rows: int) -> None:
        await trio.lowlevel.checkpoint()
        self.sizes.append((session_id, columns, rows))

    def size(self, session_id: str) -> tuple[int, int]:
        known = [(columns, rows) for id_, columns, rows in self.sizes if id_ == session_id]
        return known[-1] if known else (120, 40)

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


class ScriptedStops:
    """Stops agents that end at the first TERM; ``stopped`` are the sessions whose report was awaited.

    ``left`` are the processes that they leave behind. Without ``records``, their end is never recorded.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.stopped: list[str] = []
        self.left = 0
        self.records = True

    @contextmanager
    def report(self, session_id: str) -> Iterator[Callable[[], Awaitable[StopResult]]]:
        async def wait() -> StopResult:
            self.stopped.append(session_id)
            if self.records and not self.left:
                await self._engine.record(Exited(session_id, 1, Exit(signal="TERM"), Judgement.STOPPED))
            await trio.lowlevel.checkpoint()
            return StopResult(session_id=session_id, left=self.left, signalled=("TERM",))

        yield wait


class FixedCatalog:
    """A catalogue with a skill per role, one persona and the shell agent; it records in which folders it was asked to look."""

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


def parts(store: MemoryStore | None = None, eyes: Eyes | None = None, **given: object) -> Services:
    """The services of a daemon with an empty world. Decisions become durable at once, unless the store is held."""
    store = store or MemoryStore(trio.lowlevel.current_trio_token().run_sync_soon)
    clock = FixedClock()
    engine = Engine(store, store.world, clock, lambda effect: None, eyes)
    members: dict[str, object] = {
        "engine": engine,
        "store": store,
        "terminals": ScriptedTerminals(),
        "stops": ScriptedStops(engine),
        "catalog": FixedCatalog(),
        "info": DaemonInfo("i1", "0.1.0", 4242, clock.now, "/run/maestrod.sock", "/data", 8, clock.steady()),
        "token_key": TOKEN_KEY,
        "request_stop": lambda sessions: None,
        "sign_in": SignIn(TOKEN_KEY),
    }
    return Services(**(members | given))  # type: ignore[arg-type]  # the dataclass checks the names


class MemoryWire:
    """The connection to a client in the test; ``sent`` has the decoded messages."""

    def __init__(self, nursery: trio.Nursery | None = None) -> None:
        self.sent: list[Any] = []
        self.unsent = 0
        self.resumed = 0
        self._nursery = nursery
        self._came = trio.Event()
        self._room = trio.Event()

    def send(self, message: bytes) -> None:
        self.sent.append(json.loads(message))
        self._came.set()
        self._came = trio.Event()

    def flush(self) -> None:
        """There is always room here."""

    def resume(self) -> None:
        self.resumed += 1

    async def wait_room(self) -> None:
        await trio.lowlevel.checkpoint()
        while self.unsent:
            await self._room.wait()

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        assert self._nursery is not None, "this test starts no tasks"
        self._nursery.start_soon(task)

    def make_room(self) -> None:
        self.unsent = 0
        self._room.set()
        self._room = trio.Event()

    async def count(self, number: int) -> list[Any]:
        """The messages, once there are that many."""
        while len(self.sent) < number:
            await self._came.wait()
        return self.sent


class Caller:
    """A client in the test: numbers its requests and finds their replies."""

    def __init__(self, services: Services, nursery: trio.Nursery | None = None) -> None:
        self.services = services
        self.wire = MemoryWire(nursery)
        self.conversation = Conversation(Dispatcher(services, bindings()), self.wire)
        self._last = 0

    @property
    def terminals(self) -> ScriptedTerminals:
        assert isinstance(self.services.terminals, ScriptedTerminals)
        return self.services.terminals

    @property
    def stops(self) -> ScriptedStops:
        assert isinstance(self.services.stops, ScriptedStops)
        return self.services.stops

    def post(self, method: str, params: object = None, *, token: str | None = None) -> int:
        """Send a request, and return its id."""
        self._last += 1
        named: dict[str, object] = {**params} if isinstance(params, dict) else {}
        if token is not None:
            named["sessionToken"] = token
        request = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params if params == [] else named}
        self.conversation.receive(json.dumps(request).encode())
        return self._last

    async def answer(self, id_: int) -> Any:
        """The response to a request, once it has arrived."""
        while True:
            for message in self.wire.sent:
                if "method" not in message and message["id"] == id_:
                    return message
            await self.wire.count(len(self.wire.sent) + 1)

    async def call(self, method: str, params: object = None, *, token: str | None = None) -> Any:
        """The result of a call. Raises ``AssertionError`` with the error if it fails."""
        response = await self.answer(self.post(method, params, token=token))
        assert "result" in response, response["error"]
        return response["result"]

    async def refused(self, method: str, params: object = None, *, token: str | None = None) -> Any:
        """The error of a call, which must fail."""
        response = await self.answer(self.post(method, params, token=token))
        assert "error" in response, response["result"]
        return response["error"]

    async def project(self) -> str:
        """The id of a new project: shop, shop1, …"""
        number = len(self.services.engine.world.projects) or ""
        named = {"name": f"shop{number}", "workingDir": f"/shop{number}"}
        project: str = (await self.call("project.create", named))["id"]
        return project

    async def task(self, **members: object) -> str:
        """The id of a new task."""
        if "projectId" not in members and "parentId" not in members:
            members["projectId"] = await self.project()
        task: str = (await self.call("task.create", {"title": "t", **members}))["id"]
        return task

    async def session(self, **members: object) -> str:
        """The id of a session that was spawned and has registered."""
        if "taskIds" not in members:
            members["taskIds"] = [await self.task()]
        session: str = (await self.call("session.spawn", members))["id"]
        await self.call("session.register", {"sessionId": session})
        return session

    @staticmethod
    def token(session_id: str, attempt: int = 1) -> str:
        """The environment of the session's agent."""
        return make_token(TOKEN_KEY, session_id, attempt)
