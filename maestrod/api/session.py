"""Sessions: one agent at work on one or more tasks, in its own terminal."""

from types import NoneType
from typing import Annotated

from msgspec import Meta
from msgspec.structs import force_setattr

from maestrod.api.errors import (
    Busy,
    Conflict,
    IllegalTransition,
    Malformed,
    NotAllowed,
    NotFound,
    TimedOut,
    Unavailable,
)
from maestrod.api.event import SessionReport, TimelineEvent, TimelinePage, TimelineQuery
from maestrod.api.life import Finishing, Live, Spawning, Stopping, Up
from maestrod.api.model.base import Done, Entity, Instant, Limit, Order, Params, Text, Title
from maestrod.api.model.look import UNKNOWN, Look, Tone
from maestrod.api.model.method import Access, Method, get, patch, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.model.patterns import NO_NUL
from maestrod.api.process import Exit, ProcessIdentity
from maestrod.api.project import Folder
from maestrod.api.reason import Reason
from maestrod.api.task import Ids, Names, Strategy
from maestrod.api.terminal import (
    Attachment,
    OutputPage,
    SessionAttach,
    SessionOutput,
    SessionResize,
    SessionSend,
    SessionTails,
    Tails,
)
from maestrod.api.turn import Limited, Turn, Wait

Argv = Annotated[tuple[Annotated[str, Meta(max_length=65_536, pattern=NO_NUL)], ...], Meta(max_length=1000)]


class SessionStatus(OpenEnum):
    """The status of a session; ``core/values/lifecycle.py`` has the table of transitions."""

    # fmt: off
    SPAWNING = "spawning", Spawning, Look("·", "running", Tone.RUNNING, "starting"), "it has started but has not shown a sign of life yet"
    IDLE = "idle", Up, Look("○", "idle", Tone.RUNNING), "its agent is ready but works on no task at the moment"
    WORKING = "working", Up, Look("▶", "running", Tone.RUNNING), "one of its tasks is in progress"
    COMPLETED = "completed", None, Look("✔", "done", Tone.DONE), "its agent exited after its tasks were done"
    FAILED = "failed", None, Look("✘", "failed", Tone.FAILED), "its agent exited before finishing its tasks, or never started"
    STOPPED = "stopped", None, Look("■", "cancelled", Tone.QUIET), "the daemon stopped it"
    # fmt: on

    def __init__(
        self,
        _word: str,
        live: type[Live] | None = None,
        look: Look = UNKNOWN,
        meaning: str = "this version does not know its status",
    ) -> None:
        """``live``: the type of ``Session.live``; a session that has ended has none. ``meaning``: the sentence for ``why``.

        The status of a newer daemon may be unknown. Its session may have any state.
        """
        self.is_known = look is not UNKNOWN
        self.live = live
        self.is_over = self.is_known and live is None
        self.look = look
        self.meaning = meaning


class Role(OpenEnum):
    """What a session is for: planning and supervising, or doing tasks."""

    ORCHESTRATOR = "orchestrator"
    WORKER = "worker"


class SpawnSource(OpenEnum):
    """Who requested the session."""

    CLI = "cli"
    UI = "ui"
    SESSION = "session"
    PLAN = "plan"
    REMOTE = "remote"


class Terminal(OpenEnum):
    """What the daemon connects the agent to; ``external`` agents were started by hand and are only followed."""

    PTY = "pty"
    PIPE = "pipe"
    EXTERNAL = "external"


class Usage(Entity, frozen=True):
    """Tokens and money (US dollars) spent so far."""

    input: int = 0
    output: int = 0
    cost: float | None = None


class StandingAnswer(Entity, frozen=True):
    """A person's answer to a permission request that holds for every identical request of the session.

    Requests are identical if they have the same ``tool`` and the same ``digest`` (SHA-256 of the recorded input). ``message`` is the
    question that was answered.
    """

    tool: str
    digest: str
    value: str
    message: str = ""
    reason: str = ""
    attention_id: str = ""
    at: Instant = 0


class Session(Entity, frozen=True):
    """One agent at work.

    ``unit_task_id`` is the unit that it was started for. ``attempt`` is the generation that tokens and processes carry. ``program`` is
    the program to run, for agents that take one (the shell agent as orchestrator: the planner). ``process`` is the agent's present or
    last process.

    ``live`` is the state of a live session and fits its ``status``: ``spawning``, ``up``, or null once the session has ended. It
    defaults to the plain state of the status. ``exit`` and ``completed_at`` are set once it has ended. Raises ``ValueError`` if they
    do not fit.

    ``read_to`` is the offset in the output up to which the stream has been translated into signs. ``usage_seen`` is the usage that the
    conversation last reported: its figures are sums, also over resumes. ``nudges`` counts consecutive reminders after turns that left
    tasks open. ``standing`` are answers that hold until the session ends.
    """

    id: str
    project_id: str
    name: str
    role: Role
    agent: str
    status: SessionStatus
    task_ids: tuple[str, ...] = ()
    unit_task_id: str | None = None
    persona: str | None = None
    skills: tuple[str, ...] = ()
    strategy: Strategy = Strategy.SIMPLE
    status_reason: Reason | None = None
    parent_session_id: str | None = None
    run_id: str | None = None
    spawn_source: SpawnSource = SpawnSource.CLI
    working_dir: str = ""
    program: tuple[str, ...] = ()
    attempt: int = 1
    agent_session_id: str | None = None
    usage: Usage | None = None
    terminal: Terminal = Terminal.PTY
    process: ProcessIdentity | None = None
    exit: Exit | None = None
    live: Live | None = None
    read_to: int = 0
    usage_seen: Usage | None = None
    nudges: int = 0
    standing: tuple[StandingAnswer, ...] = ()
    created_at: Instant = 0
    started_at: Instant | None = None
    last_activity: Instant = 0
    completed_at: Instant | None = None

    def __post_init__(self) -> None:
        expected = self.status.live
        if self.live is None and expected is not None:
            force_setattr(self, "live", expected())
        elif self.status.is_known and type(self.live) is not (expected or NoneType):
            raise ValueError(f"a session that is {self.status.value} has no such `live`")
        if expected is not None and (self.exit is not None or self.completed_at is not None):
            raise ValueError(f"a session that is {self.status.value} has no `exit` and no `completedAt`")

    @property
    def paused(self) -> bool:
        """Whether the session itself is paused. Its run or the whole system may be paused too."""
        return self.live is not None and self.live.paused

    @property
    def ending(self) -> Finishing | Stopping | None:
        """How it is ending, if it is."""
        return None if self.live is None else self.live.ending

    @property
    def stopping(self) -> bool:
        """Whether it is being stopped."""
        return isinstance(self.ending, Stopping)

    @property
    def finishing(self) -> bool:
        """Whether all tasks are done and the agent may exit."""
        return isinstance(self.ending, Finishing)

    @property
    def turn(self) -> Turn | None:
        """The turn, as the agent reports it."""
        return self.live.turn if isinstance(self.live, Up) else None

    @property
    def wait(self) -> Wait | None:
        """The usage limit that it waits for."""
        return self.live.wait if isinstance(self.live, Up) else None

    @property
    def limited(self) -> Limited | None:
        """The usage limits that it has reached in a row."""
        return self.live.limited if isinstance(self.live, Up) else None


class SessionSpawn(Params, frozen=True):
    """The project defaults to that of the tasks."""

    task_ids: Ids = ()
    project_id: str | None = None
    agent: str | None = None
    name: Title | None = None
    role: Role = Role.WORKER
    strategy: Strategy = Strategy.SIMPLE
    persona: str | None = None
    skills: Names = ()
    program: Argv = ()
    working_dir: Folder | None = None
    terminal: Terminal | None = None
    parent_session_id: str | None = None
    spawn_source: SpawnSource = SpawnSource.CLI


class SessionRegister(Params, frozen=True):
    """Without a session, registers an agent started by hand (external)."""

    session_id: str | None = None
    project_id: str | None = None
    agent: str | None = None
    agent_session_id: str | None = None
    name: Title | None = None
    working_dir: Folder | None = None
    pid: int | None = None
    task_ids: Ids = ()


class SessionRef(Params, frozen=True):
    """Takes a session's id; defaults to the caller's own session."""

    session_id: str | None = None


class SessionList(Params, frozen=True):
    """Returns one page of sessions, newest first."""

    project_id: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    status: SessionStatus | None = None
    live: Annotated[bool, Meta(description="Only sessions that have not ended.")] = False
    order: Order | None = None
    cursor: str | None = None
    limit: Limit = 100


class SessionPage(Entity, frozen=True):
    """One page of results; ``next_cursor`` is set if there are more."""

    items: tuple[Session, ...] = ()
    next_cursor: str | None = None


class SessionUpdate(Params, frozen=True):
    """Changes only the given members. ``status`` may be ``idle`` or ``working``."""

    session_id: str | None = None
    name: Title | None = None
    status: SessionStatus | None = None
    agent_session_id: str | None = None
    usage: Usage | None = None


class SessionStop(Params, frozen=True):
    """Returns when none of the session's processes is left."""

    session_id: str
    reason: Text = ""


class StopResult(Entity, frozen=True):
    """The result of a stop: ``left`` is the number of processes still alive, normally 0."""

    session_id: str
    left: int
    signalled: tuple[str, ...] = ()
    escaped: tuple[int, ...] = ()


class SessionLink(Params, frozen=True):
    """Takes a session's id and a task's id."""

    session_id: str
    task_id: str


class Why(Entity, frozen=True):
    """Why a session has its status, newest evidence first."""

    session: Session
    evidence: tuple[Reason, ...] = ()
    explanation: tuple[str, ...] = ()


_ID = {"sessionId": "ses_00000000000000000000000000"}
_TASK = {"taskId": "tsk_00000000000000000000000000"}
_BASE = "/api/sessions/{sessionId}"
_OWN = (NotFound, Malformed, NotAllowed)

# A table: one method, one row.
# fmt: off
SESSION_SPAWN = Method("session.spawn", SessionSpawn, Session, Access.WORK, post("/api/sessions/spawn"), "Start an agent on tasks",
    errors=(NotFound, Conflict, Busy, Malformed, NotAllowed), example={"taskIds": ["tsk_00000000000000000000000000"], "agent": "shell"})
SESSION_REGISTER = Method("session.register", SessionRegister, Session, Access.WORK, post("/api/sessions"), "Report an agent's first sign of life",
    errors=(*_OWN, Conflict), example={**_ID, "agentSessionId": "0198c3"})
SESSION_GET = Method("session.get", SessionRef, Session, Access.READ, get(_BASE), "Show a session",
    errors=_OWN, example=_ID, positional=("session_id",))
SESSION_LIST = Method("session.list", SessionList, SessionPage, Access.READ, get("/api/sessions"), "List sessions",
    errors=(Malformed,), example={"live": True})
SESSION_UPDATE = Method("session.update", SessionUpdate, Session, Access.WORK, patch(_BASE), "Change a session",
    errors=(*_OWN, IllegalTransition), example={**_ID, "name": "parser"}, positional=("session_id",))
SESSION_STOP = Method("session.stop", SessionStop, StopResult, Access.WORK, post(_BASE + "/stop"), "Stop a session with all its processes",
    errors=(*_OWN, IllegalTransition, TimedOut), example=_ID, positional=("session_id",), waits=True)
SESSION_PAUSE = Method("session.pause", SessionRef, Session, Access.WORK, post(_BASE + "/pause"), "Pause a session's processes",
    errors=(*_OWN, IllegalTransition), example=_ID, positional=("session_id",))
SESSION_RESUME = Method("session.resume", SessionRef, Session, Access.WORK, post(_BASE + "/resume"), "Resume a paused session",
    errors=(*_OWN, IllegalTransition), example=_ID, positional=("session_id",))
SESSION_SEND = Method("session.send", SessionSend, Done, Access.WORK, post(_BASE + "/input"), "Type into a session's terminal",
    errors=(*_OWN, IllegalTransition, Unavailable), example={**_ID, "text": "continue"}, positional=("session_id", "text"), waits=True)
SESSION_RESIZE = Method("session.resize", SessionResize, Done, Access.OWNER, post(_BASE + "/size"), "Set the size of a session's terminal",
    errors=(*_OWN, IllegalTransition, Unavailable), example={**_ID, "columns": 100, "rows": 30}, positional=("session_id", "columns", "rows"), waits=True)
SESSION_OUTPUT = Method("session.output", SessionOutput, OutputPage, Access.READ, get(_BASE + "/output"), "Read a session's output",
    errors=(NotFound, TimedOut), example={**_ID, "lines": 20}, positional=("session_id",), waits=True)
SESSION_TAILS = Method("session.tails", SessionTails, Tails, Access.READ, post("/api/sessions/tails"), "Show the last output line of sessions",
    errors=(), example={"sessionIds": [_ID["sessionId"]]}, waits=True)
SESSION_ATTACH = Method("session.attach", SessionAttach, Attachment, Access.READ, get(_BASE + "/terminal"), "Follow a session's output on this connection",
    errors=(NotFound, Busy, Unavailable), example=_ID, positional=("session_id",), waits=True)
SESSION_REPORT = Method("session.report", SessionReport, TimelineEvent, Access.WORK, post(_BASE + "/timeline"), "Add an entry to a session's timeline",
    errors=_OWN, example={**_ID, "message": "schema created"}, positional=("message",))
SESSION_LINK = Method("session.link", SessionLink, Session, Access.WORK, post(_BASE + "/tasks/{taskId}"), "Add a task to a session",
    errors=(*_OWN, IllegalTransition), example={**_ID, **_TASK}, positional=("session_id", "task_id"))
SESSION_UNLINK = Method("session.unlink", SessionLink, Session, Access.WORK, post(_BASE + "/tasks/{taskId}/unlink"), "Remove a task from a session",
    errors=(*_OWN, IllegalTransition), example={**_ID, **_TASK}, positional=("session_id", "task_id"))
SESSION_TIMELINE = Method("session.timeline", TimelineQuery, TimelinePage, Access.READ, get(_BASE + "/timeline"), "Read the timeline of a session or a task",
    errors=(NotFound, Malformed), example=_ID, positional=("session_id",), waits=True)
SESSION_WHY = Method("session.why", SessionRef, Why, Access.READ, get(_BASE + "/why"), "Say why a session has its status",
    errors=_OWN, example=_ID, positional=("session_id",), waits=True)
# fmt: on
METHODS = (
    SESSION_SPAWN,
    SESSION_REGISTER,
    SESSION_GET,
    SESSION_LIST,
    SESSION_UPDATE,
    SESSION_STOP,
    SESSION_PAUSE,
    SESSION_RESUME,
    SESSION_SEND,
    SESSION_RESIZE,
    SESSION_OUTPUT,
    SESSION_TAILS,
    SESSION_ATTACH,
    SESSION_REPORT,
    SESSION_LINK,
    SESSION_UNLINK,
    SESSION_TIMELINE,
    SESSION_WHY,
)
