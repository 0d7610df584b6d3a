"""What the handlers are given: the daemon's parts, who is asking, and the way back."""

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

#: Streams of notifications on one connection; each costs its share of every event.
STREAM_LIMIT = 100


#: What a deciding hook of an agent prints, by agent, event, permission (None: it asks at its own dialog) and message.
HookAnswer = Callable[[str, str, Permission | None, str], str]


def no_hook_reading(agent: str, event: str, payload: Any) -> Reading:
    """The reading of a hook whose agent is unknown: no signs."""
    return NOTHING


def no_hook_answer(agent: str, event: str, permission: Permission | None, message: str) -> str:
    """What a hook prints of which nothing is known: nothing, which leaves the decision to the agent."""
    return ""


class Wire(Protocol):
    """The way back to a client, whatever carries it (``transport/``).

    ``unsent`` is the number of bytes that the client has not taken yet.
    """

    @property
    def unsent(self) -> int: ...

    def send(self, message: bytes) -> None:
        """Queue one message; never waits. What is queued for a client that is gone is dropped."""

    def flush(self) -> None:
        """Hand over what the client can take right now."""

    async def wait_room(self) -> None:
        """Return when little is unsent; always lets other tasks run."""

    def resume(self) -> None:
        """The conversation has room for more calls."""

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task beside the connection; an error in it ends the connection and nothing else."""


@dataclass(frozen=True, slots=True)
class DaemonInfo:
    """Who the daemon is; ``slots`` is how many worker sessions may live at once.

    ``started_at`` is ms since the epoch, ``started`` the same moment on the clock that is never set.
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
    """One TCP port as methods see it: its address while it serves (``url``), or why it does not (``problem``).

    ``fingerprint`` is its certificate's SHA-256 in hexadecimal, where it has one.
    """

    url: str | None = None
    problem: str = ""
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the daemon that methods use, put together by ``app.py``.

    ``token_key`` signs session tokens, ``sign_in`` lets browsers in. ``bridge`` is the port for this machine, ``remote`` the one
    for other machines. ``request_stop`` makes the daemon stop; ``stopping`` is set when it does. ``counts`` are the counters of
    ``system.metrics``. ``hook_answer`` says what a deciding hook prints: of agent, event, permission and message.
    ``read_hook`` says what the payload of a hook means. ``asking`` counts the hooks that wait for each question.
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
    """What a connection remembers: the way back, who it is, how much it may do, and what is being streamed to it.

    ``name`` is the id of the token by which somebody came in from elsewhere.
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
        """Whether anything is being streamed."""
        return bool(self._streams)

    def open_stream(self, stop: Callable[[], None]) -> int:
        """Number a new stream of notifications; ``stop`` ends it.

        Raises ``Busy`` when there are too many, ``Unprocessable`` where the way back ends with the answer.
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
        """A stream has ended by itself."""
        self._streams.pop(number, None)

    def close_stream(self, number: int) -> None:
        """End a stream. Raises ``NotFound`` for one that is not there (any more)."""
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
    """One call: who asks (``actor``), over which connection, and, when it waits, the exchange its answer belongs to."""

    services: Services
    actor: Actor
    client: ClientState
    exchange: Exchange | None = None

    @property
    def world(self) -> World:
        """The state of everything, for reading."""
        return self.services.engine.world
