"""What handlers receive: the daemon's parts, the caller, and the connection to the client."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import trio

from maestrod.api.errors import Busy, NotFound, Unprocessable
from maestrod.api.model.method import Scope
from maestrod.api.permission import Permission
from maestrod.api.system import SessionsOnStop
from maestrod.core.values.command import OWNER, Actor
from maestrod.core.values.signs import NOTHING, Reading
from maestrod.core.world.world import World
from maestrod.engine.engine import Engine
from maestrod.engine.ports import Catalog, HookReader, Stops, Store, Terminals
from maestrod.rpc.encoded import EncodedEvents
from maestrod.rpc.exchange import Exchange
from maestrod.rpc.sign_in import SignIn

#: Maximum number of notification streams on one connection, because each adds work for every event.
STREAM_LIMIT = 100


#: The output of a hook that decides, from agent, event, permission (None: the agent shows its own dialog) and message.
HookAnswer = Callable[[str, str, Permission | None, str], str]


def no_hook_reading(agent: str, event: str, payload: Any) -> Reading:
    """The reading of a hook whose agent is unknown: no signs."""
    return NOTHING


def no_hook_answer(agent: str, event: str, permission: Permission | None, message: str) -> str:
    """The output of a hook whose agent is unknown: empty, which leaves the decision to the agent."""
    return ""


class Wire(Protocol):
    """The way back to a client, over any transport (``transport/``).

    ``unsent`` is the number of bytes that the client has not read yet.
    """

    @property
    def unsent(self) -> int: ...

    def send(self, message: bytes) -> None:
        """Queue one message, without waiting. Messages to a client that is gone are dropped."""

    def flush(self) -> None:
        """Send as much as the client can take right now."""

    async def wait_room(self) -> None:
        """Return when little is unsent. Always lets other tasks run."""

    def resume(self) -> None:
        """Read from the client again, because the conversation has room for more calls."""

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task beside the connection. An error in it ends only the connection."""


@dataclass(frozen=True, slots=True)
class DaemonInfo:
    """The daemon's identity; ``slots`` is the maximum number of live worker sessions.

    ``started_at`` is in ms since the epoch, ``started`` the same moment on the clock that is never set.
    """

    instance: str
    version: str
    pid: int
    started_at: int
    socket: str
    data_dir: str
    slots: int
    started: int = 0


@dataclass(slots=True)
class PortStatus:
    """The state of one TCP port: its address while it serves (``url``), or why it does not (``problem``).

    ``fingerprint`` is the SHA-256 of its certificate in hexadecimal, if it has one.
    """

    url: str | None = None
    problem: str = ""
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the daemon that methods use, assembled by ``app.py``.

    ``token_key`` signs session tokens; ``sign_in`` signs browsers in. ``bridge`` is the port for this machine, ``remote`` the
    one for other machines. ``request_stop`` makes the daemon stop; ``stopping`` is set while it does. ``counts`` are the
    counters of ``system.metrics``. ``hook_answer`` makes the output of a hook that decides; ``read_hook`` reads the payload of
    a hook. ``asking`` counts the hooks that wait for each question.
    """

    engine: Engine
    store: Store
    terminals: Terminals
    stops: Stops
    catalog: Catalog
    info: DaemonInfo
    token_key: bytes
    request_stop: Callable[[SessionsOnStop], None]
    sign_in: SignIn
    bridge: PortStatus = field(default_factory=PortStatus)
    remote: PortStatus = field(default_factory=PortStatus)
    stopping: trio.Event = field(default_factory=trio.Event)
    hook_answer: HookAnswer = no_hook_answer
    read_hook: HookReader = no_hook_reading
    counts: Counter[str] = field(default_factory=Counter)
    asking: Counter[str] = field(default_factory=Counter)
    events: EncodedEvents = field(default_factory=EncodedEvents)


class ClientState:
    """The state of a connection: the way back, its identity and scope, and its streams.

    ``name`` is the token id of a remote client.
    """

    def __init__(self, wire: Wire, scope: Scope = Scope.ADMIN, *, name: str = "", has_stream: bool = True) -> None:
        self.wire = wire
        self.name = name
        self.scope = scope
        self._has_stream = has_stream
        self.actor: Actor = OWNER
        self._streams: dict[int, Callable[[], None]] = {}
        self._last_stream = 0

    @property
    def has_streams(self) -> bool:
        """Whether any stream is open."""
        return bool(self._streams)

    def open_stream(self, stop: Callable[[], None]) -> int:
        """Add a stream of notifications, which ``stop`` ends. Returns its number.

        Raises ``Busy`` if there are too many, ``Unprocessable`` if the connection ends with the answer.
        """
        if not self._has_stream:
            raise Unprocessable(
                "event.no_stream", "streams are not available over plain HTTP: use the WebSocket at /ws"
            )
        if len(self._streams) >= STREAM_LIMIT:
            raise Busy(
                "event.too_many", f"a connection may have {STREAM_LIMIT} streams: end one, or open another connection"
            )
        self._last_stream += 1
        self._streams[self._last_stream] = stop
        return self._last_stream

    def forget_stream(self, number: int) -> None:
        """Remove a stream that has ended by itself."""
        self._streams.pop(number, None)

    def close_stream(self, number: int) -> None:
        """End a stream. Raises ``NotFound`` if there is none with this number."""
        stop = self._streams.pop(number, None)
        if stop is None:
            raise NotFound("event.no_subscription", f"this connection has no subscription {number}")
        stop()

    def close(self) -> None:
        """End every stream."""
        while self._streams:
            self._streams.popitem()[1]()


@dataclass(frozen=True, slots=True)
class Context:
    """One call: the caller (``actor``), the connection, and, for a call that waits, its exchange."""

    services: Services
    actor: Actor
    client: ClientState
    exchange: Exchange | None = None

    @property
    def world(self) -> World:
        """The state of everything, for reading."""
        return self.services.engine.world
