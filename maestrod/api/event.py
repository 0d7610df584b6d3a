"""Events (what subscribers get and the journal keeps) and timeline events (what happened in a session, for people)."""

from typing import Annotated, Any

from msgspec import Meta

from maestrod.api.errors import Busy, IllegalTransition, Malformed, NotAllowed, NotFound, ResyncRequired, Unavailable
from maestrod.api.model.base import Done, Entity, Happened, Instant, Limit, Params, Text
from maestrod.api.model.method import Access, Method, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.reason import Source

Filter = Annotated[tuple[str, ...], Meta(max_length=1000)]
Topics = Annotated[
    tuple[str, ...],
    Meta(max_length=50, description="Event types; `task` stands for every type that begins with `task.`."),
]


class Event(Entity, frozen=True):
    """One change of one entity: ``data`` is the change, not the whole entity (but for ``*.created``).

    ``seq`` is one gapless, durable sequence over everything. ``type`` is ``<kind>.<what>``; ``id`` the entity's id, the
    others name what it belongs to, so that a subscriber can filter.
    """

    seq: int
    at: Instant
    type: str
    id: str
    project_id: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    root_id: str | None = None
    data: dict[str, Any] = {}


class TimelineType(OpenEnum):
    """What a timeline entry is about."""

    SESSION_STARTED = "session_started"
    SESSION_STOPPED = "session_stopped"
    MILESTONE = "milestone"
    TASK_STARTED = "task_started"
    TASK_COMPLETED = "task_completed"
    TASK_FAILED = "task_failed"
    TASK_SKIPPED = "task_skipped"
    TASK_BLOCKED = "task_blocked"
    PROGRESS = "progress"
    NEEDS_INPUT = "needs_input"
    ERROR = "error"


class TimelineEvent(Entity, frozen=True):
    """One entry of the timeline of a session, of a task, or of both: append-only."""

    id: str
    type: TimelineType
    timestamp: Instant
    message: str = ""
    session_id: str | None = None
    task_id: str | None = None
    metadata: dict[str, Any] = {}
    source: Source = Source.REPORT
    seq: int = 0


class TimelinePage(Entity, frozen=True):
    """A page of a timeline, oldest first; ``next_cursor`` goes on in the direction of the page."""

    items: tuple[TimelineEvent, ...] = ()
    next_cursor: str | None = None


class TimelineQuery(Params, frozen=True):
    """Which page of which timeline: the newest first page with ``backward``."""

    session_id: str | None = None
    task_id: str | None = None
    cursor: str | None = None
    backward: bool = False
    limit: Limit = 100


class EventReport(Params, frozen=True):
    """What a hook of an agent saw. ``event_id`` makes it harmless to send twice; ``payload`` is the hook's JSON.

    ``at`` is when it happened, ``pid`` the agent's process where the hook knows it (an agent started by hand is followed by it).
    """

    event: Annotated[str, Meta(min_length=1, max_length=100)]
    agent: str | None = None
    session_id: str | None = None
    event_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    at: Instant | None = None
    pid: Annotated[int, Meta(ge=2)] | None = None
    payload: Any = None


class EventList(Params, frozen=True):
    """Events after ``since``, oldest first."""

    since: int = 0
    limit: Limit = 100
    topics: Topics = ()
    session_ids: Filter = ()
    task_ids: Filter = ()
    project_id: str | None = None
    root_id: str | None = None


class EventPage(Entity, frozen=True):
    """``seq`` is where to go on: pass it as ``since``."""

    items: tuple[Event, ...] = ()
    seq: int = 0


class EventSubscribe(Params, frozen=True):
    """Which events to be sent; ``since`` gives every later one first. An event passes when it matches each filter given."""

    since: int | None = None
    topics: Topics = ()
    session_ids: Filter = ()
    task_ids: Filter = ()
    project_id: str | None = None
    root_id: str | None = None


class Subscription(Entity, frozen=True):
    """Events after ``seq`` follow as notifications ``event`` with this ``subscription``."""

    subscription: int
    seq: int


class EventUnsubscribe(Params, frozen=True):
    """End a subscription."""

    subscription: int


class SessionReport(Params, frozen=True):
    """Add an entry to a session's timeline."""

    message: Text
    session_id: str | None = None
    type: TimelineType = TimelineType.MILESTONE
    task_id: str | None = None
    metadata: dict[str, Any] = {}
    at: Happened = None


# A table: one method, one row.
# fmt: off
EVENT_REPORT = Method("event.report", EventReport, Done, Access.WORK, post("/api/events"), "Report what a hook of an agent saw",
    errors=(NotFound, Malformed, IllegalTransition, NotAllowed), example={"event": "PostToolUse", "agent": "shell", "sessionId": "ses_00000000000000000000000000"}, positional=("event",))
EVENT_LIST = Method("event.list", EventList, EventPage, Access.READ, get("/api/events"), "List events after a seq",
    errors=(ResyncRequired,), example={"since": 0})
EVENT_SUBSCRIBE = Method("event.subscribe", EventSubscribe, Subscription, Access.READ, get("/api/events/stream"), "Be sent every event from now, or from a seq, on",
    errors=(ResyncRequired, Busy, Unavailable), example={"topics": ["task"], "since": 42})
EVENT_UNSUBSCRIBE = Method("event.unsubscribe", EventUnsubscribe, Done, Access.READ, post("/api/events/unsubscribe"), "End a subscription of this connection",
    errors=(NotFound,), example={"subscription": 1}, positional=("subscription",))
# fmt: on
METHODS = (EVENT_REPORT, EVENT_LIST, EVENT_SUBSCRIBE, EVENT_UNSUBSCRIBE)
