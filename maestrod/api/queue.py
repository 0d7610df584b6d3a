"""Queues: the tasks of a session with strategy ``queue``, claimed one at a time."""

from maestrod.api.errors import Conflict, IllegalTransition, Malformed, NotAllowed, NotFound, TimedOut
from maestrod.api.model.base import Entity, Happened, Instant, Milliseconds, Params, Text
from maestrod.api.model.method import Access, Method, delete, get, post
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.task import Task


class QueueItemStatus(OpenEnum):
    """The status of an item; ``core/work/queue.py`` has the table of transitions."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


class QueueItem(Entity, frozen=True):
    """A task in a queue."""

    task_id: str
    status: QueueItemStatus = QueueItemStatus.QUEUED
    added_at: Instant = 0
    started_at: Instant | None = None
    completed_at: Instant | None = None
    reason: str | None = None
    attempt: int = 1


class Queue(Entity, frozen=True):
    """A session's queue, in working order. No more items can be claimed from a closed queue."""

    id: str
    session_id: str
    items: tuple[QueueItem, ...] = ()
    closed: bool = False
    created_at: Instant = 0
    updated_at: Instant = 0


class QueueRef(Params, frozen=True):
    """Takes the session's id; defaults to the caller's own session."""

    session_id: str | None = None


class QueueNext(Params, frozen=True):
    """With ``wait``, the call returns when an item is available, the queue closes, or ``timeout_ms`` has passed."""

    session_id: str | None = None
    wait: bool = False
    timeout_ms: Milliseconds | None = None


class QueueClaim(Entity, frozen=True):
    """The result of a claim: the item and its task, or neither. ``closed``: no more items will follow."""

    item: QueueItem | None = None
    task: Task | None = None
    closed: bool = False


class QueueItemRef(Params, frozen=True):
    """Takes the item's task id; defaults to the item being processed."""

    task_id: str | None = None
    session_id: str | None = None


class QueueComplete(Params, frozen=True):
    """The task defaults to the item being processed."""

    task_id: str | None = None
    session_id: str | None = None
    summary: Text = ""
    at: Happened = None


class QueueFail(Params, frozen=True):
    """Takes the error; the task defaults to the item being processed."""

    error: Text
    task_id: str | None = None
    session_id: str | None = None
    at: Happened = None


class QueueSkip(Params, frozen=True):
    """The task defaults to the item being processed."""

    task_id: str | None = None
    session_id: str | None = None
    reason: Text = ""
    at: Happened = None


class QueueAdd(Params, frozen=True):
    """Adds the task at the end, or at ``position`` among the queued items."""

    task_id: str
    session_id: str | None = None
    position: int | None = None


class QueueMove(Params, frozen=True):
    """``position`` counts from 0 among the queued items; 0 is next."""

    task_id: str
    position: int
    session_id: str | None = None


_SESSION = {"sessionId": "ses_00000000000000000000000000"}
_TASK = {"taskId": "tsk_00000000000000000000000000"}
_MOVE = (NotFound, Malformed, IllegalTransition, NotAllowed)
_BASE = "/api/sessions/{sessionId}/queue"

# A table: one method, one row.
# fmt: off
QUEUE_GET = Method("queue.get", QueueRef, Queue, Access.READ, get(_BASE), "Show a session's queue",
    errors=(NotFound, Malformed), example=_SESSION)
QUEUE_NEXT = Method("queue.next", QueueNext, QueueClaim, Access.WORK, post(_BASE + "/next"), "Claim the next item",
    errors=(NotFound, Malformed, Conflict, TimedOut, NotAllowed), example=_SESSION, waits=True)
QUEUE_COMPLETE = Method("queue.complete", QueueComplete, QueueItem, Access.WORK, post(_BASE + "/complete"), "Report an item as completed",
    errors=_MOVE, example=_SESSION, positional=("task_id",))
QUEUE_FAIL = Method("queue.fail", QueueFail, QueueItem, Access.WORK, post(_BASE + "/fail"), "Report an item as failed",
    errors=_MOVE, example={**_SESSION, "error": "exit code 2"}, positional=("error",))
QUEUE_SKIP = Method("queue.skip", QueueSkip, QueueItem, Access.WORK, post(_BASE + "/skip"), "Skip an item",
    errors=_MOVE, example=_SESSION, positional=("task_id",))
QUEUE_ADD = Method("queue.add", QueueAdd, Queue, Access.WORK, post(_BASE + "/items"), "Add a task to a queue",
    errors=(*_MOVE, Conflict), example={**_SESSION, **_TASK}, positional=("task_id",))
QUEUE_REMOVE = Method("queue.remove", QueueItemRef, Queue, Access.WORK, delete(_BASE + "/items/{taskId}"), "Remove a queued item",
    errors=_MOVE, example={**_SESSION, **_TASK}, positional=("task_id",))
QUEUE_MOVE = Method("queue.move", QueueMove, Queue, Access.WORK, post(_BASE + "/items/{taskId}/move"), "Move a queued item to another position",
    errors=_MOVE, example={**_SESSION, **_TASK, "position": 0}, positional=("task_id", "position"))
QUEUE_REQUEUE = Method("queue.requeue", QueueItemRef, Queue, Access.WORK, post(_BASE + "/items/{taskId}/requeue"), "Return a claimed, failed or skipped item to the queue",
    errors=_MOVE, example={**_SESSION, **_TASK}, positional=("task_id",))
# fmt: on
METHODS = (
    QUEUE_GET,
    QUEUE_NEXT,
    QUEUE_COMPLETE,
    QUEUE_FAIL,
    QUEUE_SKIP,
    QUEUE_ADD,
    QUEUE_REMOVE,
    QUEUE_MOVE,
    QUEUE_REQUEUE,
)
