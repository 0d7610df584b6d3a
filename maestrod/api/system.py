"""The daemon itself: who it is, how it is, stopping and freezing it."""

from typing import Any

from maestrod.api.errors import Malformed, NotAllowed, Unavailable, VersionMismatch
from maestrod.api.model.base import Entity, Instant, Params
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum

#: The protocol this contract describes. A change that breaks clients adds a number.
PROTOCOL_VERSIONS = (1,)


class Hello(Params, frozen=True):
    """Who is calling and what it speaks. A ``session_token`` here holds for every later call of the connection."""

    client: str = ""
    version: str = ""
    protocols: tuple[int, ...] = PROTOCOL_VERSIONS


class HelloReply(Entity, frozen=True):
    """Who is answering, the protocol chosen, and the limits of a message in bytes."""

    server: str
    version: str
    protocol: int
    instance: str
    capabilities: tuple[str, ...] = ()
    max_request: int = 0
    max_reply: int = 0


class ClockMark(Entity, frozen=True):
    """How the machine's clocks stood when the daemon last looked, all in milliseconds.

    ``ahead`` is how far the wall clock is ahead of the time since the start of the machine (``boot``), ``asleep`` how much of that
    it slept, ``stepped`` the sum of all that the wall clock was ever set by.
    """

    boot: str
    ahead: int
    asleep: int
    stepped: int = 0


class System(Entity, frozen=True):
    """The state of the whole: ``frozen`` starts nothing and holds every session.

    ``agent_waits`` are usage limits: by agent the moment before which none of its kind is started. ``last_run`` and
    ``last_question`` are the numbers given last: none is ever given twice. ``clock`` is how the next daemon finds out that the
    clock was set while none ran.
    """

    id: str = "system"
    frozen: bool = False
    frozen_at: Instant | None = None
    frozen_reason: str = ""
    agent_waits: dict[str, Instant] = {}
    last_run: int = 0
    last_question: int = 0
    clock: ClockMark | None = None


class Mode(OpenEnum):
    """What the store allows."""

    OK = "ok"
    NO_SPACE = "no_space"
    READ_ONLY = "read_only"


class SystemStatus(Entity, frozen=True):
    """How the daemon is. ``tasks`` and ``sessions`` count by status; ``url`` is
    where the web page and the HTTP interface are; ``problems`` are sentences for a person.

    ``agent_waits`` are the agents none of which is started before a moment, because of a usage limit.
    """

    version: str
    instance: str
    pid: int
    started_at: Instant
    seq: int
    mode: Mode = Mode.OK
    frozen: bool = False
    stopping: bool = False
    socket: str = ""
    remote_url: str | None = None
    fingerprint: str | None = None
    url: str | None = None
    data_dir: str = ""
    projects: int = 0
    tasks: dict[str, int] = {}
    sessions: dict[str, int] = {}
    runs: dict[str, int] = {}
    attention: int = 0
    slots: int = 0
    slots_used: int = 0
    agent_waits: dict[str, Instant] = {}
    problems: tuple[str, ...] = ()


class SessionsOnStop(OpenEnum):
    """What becomes of sessions when the daemon stops."""

    KEEP = "keep"
    STOP = "stop"


class SystemStop(Params, frozen=True):
    """Stop the daemon; sessions stay for the next one unless told to stop."""

    sessions: SessionsOnStop = SessionsOnStop.KEEP


class StopAccepted(Entity, frozen=True):
    """The daemon is stopping; ``sessions_left`` stay for the next daemon."""

    pid: int
    sessions_left: int = 0


class Freeze(Params, frozen=True):
    """Emergency stop: start nothing, hold every session still."""

    reason: str = ""


class CheckReport(Entity, frozen=True):
    """What a check of the store found."""

    ok: bool
    problems: tuple[str, ...] = ()
    counts: dict[str, int] = {}


class Metrics(Entity, frozen=True):
    """Numbers by name, in Prometheus' naming style."""

    values: dict[str, float]


class Discover(Params, frozen=True):
    """Ask for the OpenRPC document."""


class SystemParams(Params, frozen=True):
    """Nothing to say."""


# A table: one method, one row.
# fmt: off
SYSTEM_HELLO = Method("system.hello", Hello, HelloReply, Access.READ, post("/api/hello"), "Exchange versions and capabilities",
    errors=(VersionMismatch, NotAllowed), example={"client": "editor", "version": "1.0", "protocols": [1]})
SYSTEM_STATUS = Method("system.status", SystemParams, SystemStatus, Access.READ, get("/api/status"), "Show how the daemon is",
    errors=(Unavailable,), example={})
SYSTEM_STOP = Method("system.stop", SystemStop, StopAccepted, Access.OWNER, post("/api/stop"), "Stop the daemon",
    errors=(NotAllowed,), example={"sessions": "keep"})
SYSTEM_FREEZE = Method("system.freeze", Freeze, System, Access.OWNER, post("/api/freeze"), "Emergency stop: start nothing, hold every session",
    errors=(NotAllowed, Unavailable), example={"reason": "disk is hot"}, positional=("reason",))
SYSTEM_THAW = Method("system.thaw", SystemParams, System, Access.OWNER, post("/api/thaw"), "Go on after an emergency stop",
    errors=(NotAllowed, Unavailable), example={})
SYSTEM_CHECK = Method("system.check", SystemParams, CheckReport, Access.READ, get("/api/check"), "Check the store",
    errors=(Unavailable,), example={}, waits=True)
SYSTEM_METRICS = Method("system.metrics", SystemParams, Metrics, Access.READ, get("/api/metrics"), "Show the daemon's numbers",
    errors=(Unavailable,), example={})
RPC_DISCOVER = Method("rpc.discover", Discover, dict[str, Any], Access.READ, get("/api/openrpc"), "Describe every method (OpenRPC)",
    errors=(Malformed,), example={})
# fmt: on
METHODS = (
    SYSTEM_HELLO,
    SYSTEM_STATUS,
    SYSTEM_STOP,
    SYSTEM_FREEZE,
    SYSTEM_THAW,
    SYSTEM_CHECK,
    SYSTEM_METRICS,
    RPC_DISCOVER,
)
