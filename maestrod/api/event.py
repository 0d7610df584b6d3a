"""Events (kept in the journal and sent to subscribers) and timeline events (the history of a session, for people)."""

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
    """One change of one entity: ``data`` is the change, not the whole entity (except in ``*.created``).

    ``seq`` is one durable sequence without gaps over all entities. ``type`` is ``<kind>.<what>``; ``id`` is the entity's id, and the
    other ids name what it belongs to, so that a subscriber can filter.
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
    """The kind of a timeline entry."""

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
    """One page of a timeline, oldest first; ``next_cursor`` continues in the page's direction."""

    items: tuple[TimelineEvent, ...] = ()
    next_cursor: str | None = None


class TimelineQuery(Params, frozen=True):
    """Returns one page of the timeline; with ``backward``, pages begin at the newest entry."""

    session_id: str | None = None
    task_id: str | None = None
    cursor: str | None = None
    backward: bool = False
    limit: Limit = 100


class EventReport(Params, frozen=True):
    """Reports an event from an agent's hook. A report with a known ``event_id`` has no effect; ``payload`` is the hook's JSON.

    ``at`` is when it happened, ``pid`` the agent's process if the hook knows it. The daemon uses it to follow agents started by
    hand.
    """

    event: Annotated[str, Meta(min_length=1, max_length=100)]
    agent: str | None = None
    session_id: str | None = None
    event_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    at: Instant | None = None
    pid: Annotated[int, Meta(ge=2)] | None = None
    payload: Any = None


class EventList(Params, frozen=True):
    """Returns events after ``since``, oldest first."""

    since: int = 0
    limit: Limit = 100
    topics: Topics = ()
    session_ids: Filter = ()
    task_ids: Filter = ()
    project_id: str | None = None
    root_id: str | None = None


class EventPage(Entity, frozen=True):
    """One page of events; pass ``seq`` as ``since`` to continue."""

    items: tuple[Event, ...] = ()
    seq: int = 0


class EventSubscribe(Params, frozen=True):
    """Selects the events to receive; with ``since``, all later events come first. An event must match every filter given."""

    since: int | None = None
    topics: Topics = ()
    session_ids: Filter = ()
    task_ids: Filter = ()
    project_id: str | None = None
    root_id: str | None = None


class Subscription(Entity, frozen=True):
    """Events after ``seq`` follow as ``event`` notifications with this ``subscription``."""

    subscription: int
    seq: int


class EventUnsubscribe(Params, frozen=True):
    """Takes the subscription's number."""

    subscription: int


class SessionReport(Params, frozen=True):
    """Takes a message and, optionally, a type and metadata."""

    message: Text
    session_id: str | None = None
    type: TimelineType = TimelineType.MILESTONE
    task_id: str | None = None
    metadata: dict[str, Any] = {}
    at: Happened = None


# A table: one method, one row.
# fmt: off
EVENT_REPORT = Method("event.report", EventReport, Done, Access.WORK, post("/api/events"), "Report an event from an agent's hook",
    errors=(NotFound, Malformed, IllegalTransition, NotAllowed), example={"event": "PostToolUse", "agent": "shell", "sessionId": "ses_00000000000000000000000000"}, positional=("event",))
EVENT_LIST = Method("event.list", EventList, EventPage, Access.READ, get("/api/events"), "List events after a sequence number",
    errors=(ResyncRequired,), example={"since": 0})
EVENT_SUBSCRIBE = Method("event.subscribe", EventSubscribe, Subscription, Access.READ, get("/api/events/stream"), "Subscribe to events",
    errors=(ResyncRequired, Busy, Unavailable), example={"topics": ["task"], "since": 42})
EVENT_UNSUBSCRIBE = Method("event.unsubscribe", EventUnsubscribe, Done, Access.READ, post("/api/events/unsubscribe"), "End a subscription of this connection",
    errors=(NotFound,), example={"subscription": 1}, positional=("subscription",))
# fmt: on
METHODS = (EVENT_REPORT, EVENT_LIST, EVENT_SUBSCRIBE, EVENT_UNSUBSCRIBE)
