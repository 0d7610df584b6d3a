"""The daemon itself: its identity and status, stopping it and freezing it."""

from typing import Any

from maestrod.api.errors import Malformed, NotAllowed, Unavailable, VersionMismatch
from maestrod.api.model.base import Entity, Instant, Params
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum

#: The protocol this contract describes. A change that breaks clients adds a number.
PROTOCOL_VERSIONS = (1,)


class Hello(Params, frozen=True):
    """Names the caller and the protocol versions it supports. A ``session_token`` here applies to every later call of the connection."""

    client: str = ""
    version: str = ""
    protocols: tuple[int, ...] = PROTOCOL_VERSIONS


class HelloReply(Entity, frozen=True):
    """The daemon's identity, the chosen protocol version, and the maximum size of messages in bytes."""

    server: str
    version: str
    protocol: int
    instance: str
    capabilities: tuple[str, ...] = ()
    max_request: int = 0
    max_reply: int = 0


class ClockMark(Entity, frozen=True):
    """The machine's clocks when the daemon last read them, in milliseconds.

    ``ahead`` is how far the wall clock is ahead of the time since the machine started (``boot``), ``asleep`` how long it slept since
    then, ``stepped`` the sum of all adjustments of the wall clock.
    """

    boot: str
    ahead: int
    asleep: int
    stepped: int = 0


class System(Entity, frozen=True):
    """The state of the whole system. While it is ``frozen``, nothing starts and every session is paused.

    ``agent_waits`` are usage limits: for each agent, the time before which no session with it starts. ``last_run`` and
    ``last_question`` are the last numbers assigned; none is reused. From ``clock`` the next daemon finds out that the wall clock was
    set while no daemon ran.
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
    """Whether the store accepts changes."""

    OK = "ok"
    NO_SPACE = "no_space"
    READ_ONLY = "read_only"


class SystemStatus(Entity, frozen=True):
    """The daemon's status. ``tasks`` and ``sessions`` count by status; ``url`` is the address of the web page and the HTTP interface;
    ``problems`` are sentences for a person.

    ``agent_waits`` are usage limits: for each agent, the time before which no session with it starts.
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
    """What happens to sessions when the daemon stops."""

    KEEP = "keep"
    STOP = "stop"


class SystemStop(Params, frozen=True):
    """Sessions continue and the next daemon adopts them, unless ``sessions`` is ``stop``."""

    sessions: SessionsOnStop = SessionsOnStop.KEEP


class StopAccepted(Entity, frozen=True):
    """The daemon is stopping; ``sessions_left`` sessions continue for the next daemon."""

    pid: int
    sessions_left: int = 0


class Freeze(Params, frozen=True):
    """Nothing starts, and every session is paused, until ``system.thaw``."""

    reason: str = ""


class CheckReport(Entity, frozen=True):
    """The result of a check of the store."""

    ok: bool
    problems: tuple[str, ...] = ()
    counts: dict[str, int] = {}


class Metrics(Entity, frozen=True):
    """Metrics by name, in Prometheus' naming style."""

    values: dict[str, float]


class Discover(Params, frozen=True):
    """Takes no parameters."""


class SystemParams(Params, frozen=True):
    """Takes no parameters."""


# A table: one method, one row.
# fmt: off
SYSTEM_HELLO = Method("system.hello", Hello, HelloReply, Access.READ, post("/api/hello"), "Exchange versions and capabilities",
    errors=(VersionMismatch, NotAllowed), example={"client": "editor", "version": "1.0", "protocols": [1]})
SYSTEM_STATUS = Method("system.status", SystemParams, SystemStatus, Access.READ, get("/api/status"), "Show the daemon's status",
    errors=(Unavailable,), example={})
SYSTEM_STOP = Method("system.stop", SystemStop, StopAccepted, Access.OWNER, post("/api/stop"), "Stop the daemon",
    errors=(NotAllowed,), example={"sessions": "keep"})
SYSTEM_FREEZE = Method("system.freeze", Freeze, System, Access.OWNER, post("/api/freeze"), "Pause everything at once (emergency stop)",
    errors=(NotAllowed, Unavailable), example={"reason": "disk is hot"}, positional=("reason",))
SYSTEM_THAW = Method("system.thaw", SystemParams, System, Access.OWNER, post("/api/thaw"), "Resume everything after an emergency stop",
    errors=(NotAllowed, Unavailable), example={})
SYSTEM_CHECK = Method("system.check", SystemParams, CheckReport, Access.READ, get("/api/check"), "Check the store",
    errors=(Unavailable,), example={}, waits=True)
SYSTEM_METRICS = Method("system.metrics", SystemParams, Metrics, Access.READ, get("/api/metrics"), "Show the daemon's metrics",
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
