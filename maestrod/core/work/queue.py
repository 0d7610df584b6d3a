"""The state machine of queue items: claims are atomic, at most one item is in progress, and an item and its task change in one
decision.
"""

import enum
from typing import Protocol

import msgspec

from maestrod.api.errors import Conflict, IllegalTransition, NotFound
from maestrod.api.model.ids import queue_id
from maestrod.api.queue import (
    Queue,
    QueueAdd,
    QueueClaim,
    QueueComplete,
    QueueFail,
    QueueItem,
    QueueItemRef,
    QueueItemStatus,
    QueueMove,
    QueueNext,
    QueueSkip,
)
from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.api.task import Strategy, Task, TaskStatus
from maestrod.api.task_category import TaskCategory
from maestrod.core.access.scope import session_for, task_for
from maestrod.core.values.command import Actor
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table
from maestrod.core.work import task
from maestrod.core.work.happened import moment_of
from maestrod.core.world.draft import Draft
from maestrod.core.world.standing import Standing, standing
from maestrod.core.world.task_index import READY, bucket


class ItemEvent(enum.Enum):
    """What can happen to an item."""

    CLAIM = "claim"
    COMPLETE = "complete"
    FAIL = "fail"
    SKIP = "skip"
    REQUEUE = "requeue"
    REMOVE = "remove"


_S = QueueItemStatus
_E = ItemEvent

# fmt: off
TRANSITIONS: Table[QueueItemStatus, ItemEvent] = Table("item", {
    _S.QUEUED: {
        _E.CLAIM: _S.PROCESSING, _E.COMPLETE: ILLEGAL, _E.FAIL: ILLEGAL, _E.SKIP: _S.SKIPPED, _E.REQUEUE: IGNORE, _E.REMOVE: _S.QUEUED,
    },
    _S.PROCESSING: {
        _E.CLAIM: ILLEGAL, _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.SKIP: _S.SKIPPED, _E.REQUEUE: _S.QUEUED, _E.REMOVE: ILLEGAL,
    },
    _S.COMPLETED: {
        _E.CLAIM: ILLEGAL, _E.COMPLETE: IGNORE, _E.FAIL: ILLEGAL, _E.SKIP: ILLEGAL, _E.REQUEUE: ILLEGAL, _E.REMOVE: ILLEGAL,
    },
    _S.FAILED: {
        _E.CLAIM: ILLEGAL, _E.COMPLETE: ILLEGAL, _E.FAIL: IGNORE, _E.SKIP: ILLEGAL, _E.REQUEUE: _S.QUEUED, _E.REMOVE: ILLEGAL,
    },
    _S.SKIPPED: {
        _E.CLAIM: ILLEGAL, _E.COMPLETE: ILLEGAL, _E.FAIL: ILLEGAL, _E.SKIP: IGNORE, _E.REQUEUE: _S.QUEUED, _E.REMOVE: ILLEGAL,
    },
})
# fmt: on

OPEN = (QueueItemStatus.QUEUED, QueueItemStatus.PROCESSING)


def create(draft: Draft, session: Session) -> Queue | None:
    """Create the queue of a new session with strategy ``queue``, with its tasks in order."""
    if session.strategy is not Strategy.QUEUE:
        return None
    items = tuple(_item(draft, task_id, session.id) for task_id in session.task_ids)
    queue = Queue(
        id=queue_id(session.id), session_id=session.id, items=items, created_at=draft.now, updated_at=draft.now
    )
    return draft.put(queue)


def _item(draft: Draft, task_id: str, session_id: str) -> QueueItem:
    """A new item. Raises ``Conflict`` if the task has ended, or is in another session's queue."""
    added = draft.task(task_id)
    if added.status.is_over:
        raise Conflict(
            "task.finished", f"{task_id} is {added.status.value}: retry it first", {"status": added.status.value}
        )
    for other in draft.world.by_session.live_of(task_id):
        if other != session_id and has_open_item(draft, other, task_id):
            raise Conflict("queue.elsewhere", f"{task_id} is in the queue of {other}", {"sessionId": other})
    return QueueItem(task_id=task_id, added_at=draft.now, attempt=added.attempt)


def has_open_item(draft: Draft, session_id: str, task_id: str) -> bool:
    """Whether a session's queue has given out a task or may still do so."""
    queue = draft.world.queues.get(queue_id(session_id))
    return (
        queue is not None
        and not queue.closed
        and any(item.task_id == task_id and item.status in OPEN for item in queue.items)
    )


def claim(draft: Draft, params: QueueNext, actor: Actor) -> QueueClaim:
    """Claim the next item whose task may start. Returns no item while another one is in progress."""
    queue = _queue_for(draft, actor, params.session_id)
    if queue.closed:
        return QueueClaim(closed=True)
    if any(item.status is QueueItemStatus.PROCESSING for item in queue.items):
        return QueueClaim()
    for item in queue.items:
        if item.status is QueueItemStatus.QUEUED and _startable(draft, item):
            return _give_out(draft, queue, item)
    return QueueClaim(closed=_close_if_done(draft, queue.id))


def _startable(draft: Draft, item: QueueItem) -> bool:
    candidate = draft.world.tasks.get(item.task_id)
    return candidate is not None and bucket(candidate) == READY and not draft.world.by_task.is_held_above(candidate)


def _give_out(draft: Draft, queue: Queue, item: QueueItem) -> QueueClaim:
    status = TRANSITIONS.target(item.status, ItemEvent.CLAIM) or item.status
    taken = msgspec.structs.replace(item, status=status, started_at=draft.now, completed_at=None, reason=None)
    draft.put_item(queue, taken)
    started = task.start(draft, draft.task(item.task_id), queue.session_id)
    return QueueClaim(item=taken, task=started)


def complete(draft: Draft, params: QueueComplete, actor: Actor) -> QueueItem:
    """Complete the item in progress, and its task."""
    return _end(draft, params, actor, ItemEvent.COMPLETE, task.complete, params.summary)


def fail(draft: Draft, params: QueueFail, actor: Actor) -> QueueItem:
    """Fail the item in progress, and the present attempt at its task."""
    return _end(draft, params, actor, ItemEvent.FAIL, task.fail, params.error, params.error)


def skip(draft: Draft, params: QueueSkip, actor: Actor) -> QueueItem:
    """Skip an item and its task."""
    return _end(draft, params, actor, ItemEvent.SKIP, task.skip, params.reason, params.reason)


class _Report(Protocol):
    """What ends the task of an item: ``task.complete``, ``task.fail`` or ``task.skip``."""

    def __call__(self, draft: Draft, task: Task, session_id: str, text: str, /, *, at: int | None) -> Task: ...


def _end(
    draft: Draft,
    params: QueueComplete | QueueFail | QueueSkip,
    actor: Actor,
    event: ItemEvent,
    report: _Report,
    text: str,
    why: str | None = None,
) -> QueueItem:
    queue, item = item_for(draft, actor, params.session_id, params.task_id)
    left = draft.task(item.task_id)
    at = moment_of(draft, params.at, left)
    if _move(draft, queue, item, event, why, at=at) is queue:
        return item
    report(draft, left, queue.session_id, text, at=at)
    return after(draft, queue.id, item.task_id)


def requeue(draft: Draft, params: QueueItemRef, actor: Actor) -> Queue:
    """Put an item back into the queue, and make its task startable again."""
    queue, item = item_for(draft, actor, params.session_id, params.task_id)
    if queue.closed:
        raise IllegalTransition("queue.closed", f"{queue.id} is closed", {"queueId": queue.id})
    if _move(draft, queue, item, ItemEvent.REQUEUE) is queue:
        return queue
    reason = draft.reason(_source(actor), "requeued", "", actor.session_id)
    given = draft.task(item.task_id)
    if given.status is TaskStatus.IN_PROGRESS:
        task.release(draft, given, reason)
    else:
        task.retry(draft, given, reason)
    return draft.queue(queue.id)


def add(draft: Draft, params: QueueAdd, actor: Actor) -> Queue:
    """Add a task to a queue and to its session."""
    queue = _queue_for(draft, actor, params.session_id)
    added = task_for(draft, actor, params.task_id)
    if queue.closed:
        raise IllegalTransition("queue.closed", f"{queue.id} is closed", {"queueId": queue.id})
    if any(item.task_id == added.id for item in queue.items):
        raise Conflict("queue.has_task", f"{added.id} is already in {queue.id}", {"taskId": added.id})
    queue = draft.put_item(queue, _item(draft, added.id, queue.session_id))
    if params.position is not None:
        queue = _place(draft, queue, added.id, params.position)
    session = draft.session(queue.session_id)
    if added.id not in session.task_ids:
        draft.change(session, task_ids=(*session.task_ids, added.id))
    return queue


def remove(draft: Draft, params: QueueItemRef, actor: Actor) -> Queue:
    """Remove a queued item from the queue. Its task stays with the session."""
    queue, item = item_for(draft, actor, params.session_id, params.task_id)
    _take_out(draft, queue, item)
    _close_if_done(draft, queue.id)
    return draft.queue(queue.id)


def _take_out(draft: Draft, queue: Queue, item: QueueItem) -> None:
    TRANSITIONS.target(item.status, ItemEvent.REMOVE)
    draft.change(queue, items=tuple(other for other in queue.items if other.task_id != item.task_id))


def move(draft: Draft, params: QueueMove, actor: Actor) -> Queue:
    """Move a queued item to another position among the queued ones."""
    queue, item = item_for(draft, actor, params.session_id, params.task_id)
    if item.status is not QueueItemStatus.QUEUED:
        raise IllegalTransition("item.illegal_transition", f"an item that is {item.status.value} cannot be moved")
    return _place(draft, queue, item.task_id, params.position)


def give_back(draft: Draft, session_id: str) -> None:
    """Close the queue of a session that has ended, after its tasks were settled: open items end or return to the queue."""
    queue = draft.world.queues.get(queue_id(session_id))
    if queue is None:
        return
    for item in queue.items:
        left = draft.world.tasks.get(item.task_id)
        if item.status in OPEN and left is not None:
            queue = _follow_task(draft, queue, item, left, ended=True)
    if not queue.closed:
        draft.change(queue, closed=True)


def follow_task(draft: Draft, session_id: str, moved: Task) -> None:
    """Bring the item in line with a task that was changed outside its queue."""
    queue = draft.world.queues.get(queue_id(session_id))
    if queue is None:
        return
    for item in queue.items:
        if item.task_id == moved.id and item.status in OPEN:
            queue = _follow_task(draft, queue, item, moved)
    _close_if_done(draft, queue.id)


def let_go(draft: Draft, session_id: str, task_id: str) -> None:
    """Remove the queued item of a task that leaves the session. Raises ``IllegalTransition`` if the item is in progress."""
    queue = draft.world.queues.get(queue_id(session_id))
    if queue is not None:
        for item in queue.items:
            if item.task_id == task_id and item.status in OPEN:
                _take_out(draft, queue, item)


_FOLLOWS = {
    TaskCategory.COMPLETED: QueueItemStatus.COMPLETED,
    TaskCategory.FAILED: QueueItemStatus.FAILED,
    TaskCategory.SKIPPED: QueueItemStatus.SKIPPED,
    TaskCategory.CANCELLED: QueueItemStatus.SKIPPED,
}


def _follow_task(draft: Draft, queue: Queue, item: QueueItem, moved: Task, *, ended: bool = False) -> Queue:
    """Bring an open item in line with its task. ``ended``: the session has ended, so none of its items is in progress."""
    status = _FOLLOWS.get(moved.status.category)
    if status is not None:
        detail = moved.status_reason.detail if moved.status_reason is not None else None
        over = msgspec.structs.replace(item, status=status, completed_at=draft.now, reason=detail)
        return draft.put_item(queue, over)
    if item.status is QueueItemStatus.PROCESSING:
        return _unfinished(draft, queue, item, moved, ended=ended)
    works = any(other.status is QueueItemStatus.PROCESSING for other in queue.items)
    if moved.status is TaskStatus.IN_PROGRESS and not (ended or works or queue.closed):
        begun = msgspec.structs.replace(item, status=QueueItemStatus.PROCESSING, started_at=draft.now)
        return draft.put_item(queue, begun)
    return queue


def _unfinished(draft: Draft, queue: Queue, item: QueueItem, moved: Task, *, ended: bool) -> Queue:
    """Settle an item in progress whose task has not ended: it returns to the queue, or fails if the attempt did."""
    if not ended and moved.status.category in {TaskCategory.ACTIVE, TaskCategory.BLOCKED}:
        return queue
    if moved.not_before is not None and not ended:
        detail = moved.status_reason.detail if moved.status_reason is not None else None
        failed = msgspec.structs.replace(item, status=QueueItemStatus.FAILED, completed_at=draft.now, reason=detail)
        return draft.put_item(queue, failed)
    back = msgspec.structs.replace(item, status=QueueItemStatus.QUEUED, attempt=moved.attempt, started_at=None)
    return draft.put_item(queue, back)


def _source(actor: Actor) -> Source:
    return Source.USER if actor.is_owner else Source.REPORT


def _queue_for(draft: Draft, actor: Actor, session_id: str | None) -> Queue:
    session = session_for(draft, actor, session_id)
    queue = draft.world.queues.get(queue_id(session.id))
    if queue is None:
        detail = {"sessionId": session.id, "strategy": session.strategy.value}
        raise NotFound(
            "queue.not_found", f"{session.id} has strategy {session.strategy.value}: it has no queue", detail
        )
    return queue


def item_for(draft: Draft, actor: Actor, session_id: str | None, task_id: str | None) -> tuple[Queue, QueueItem]:
    """The named item, or the one in progress. Raises ``NotFound``."""
    queue = _queue_for(draft, actor, session_id)
    for item in queue.items:
        if item.task_id == task_id or (task_id is None and item.status is QueueItemStatus.PROCESSING):
            return queue, item
    what = f"no task {task_id!r}" if task_id is not None else "no item in progress"
    raise NotFound("queue.item_not_found", f"{queue.id} has {what}", {"taskId": task_id})


def _move(
    draft: Draft, queue: Queue, item: QueueItem, event: ItemEvent, why: str | None = None, *, at: int | None = None
) -> Queue:
    status = TRANSITIONS.target(item.status, event)
    if status is None:
        return queue
    over = status not in OPEN
    moved = msgspec.structs.replace(
        item,
        status=status,
        started_at=item.started_at if over else None,
        completed_at=(at or draft.now) if over else None,
        reason=(why or None) and str(why)[:2000],
    )
    return draft.put_item(queue, moved)


def after(draft: Draft, id_: str, task_id: str) -> QueueItem:
    """The item's present state. The reply is not the whole queue, because it may be long and is stored with the request."""
    _close_if_done(draft, id_)
    return next(item for item in draft.queue(id_).items if item.task_id == task_id)


def _close_if_done(draft: Draft, id_: str) -> bool:
    """Close a queue that has nothing left to give out.

    The queue of a unit also closes if all other items wait for tasks of other sessions, because those may need its slot. The
    unit gets another session when they are done. An empty queue stays open for its first item.
    """
    queue = draft.queue(id_)
    if queue.closed:
        return True
    scheduled = draft.session(queue.session_id).unit_task_id is not None
    if not queue.items or any(_has_future(draft, item, scheduled=scheduled) for item in queue.items):
        return False
    draft.change(queue, closed=True)
    return True


def _has_future(draft: Draft, item: QueueItem, *, scheduled: bool) -> bool:
    """Whether an item is in progress, or may be claimed now or later."""
    left = draft.world.tasks.get(item.task_id) if item.status in OPEN else None
    if left is None:
        return False
    if item.status is QueueItemStatus.PROCESSING or left.status is TaskStatus.IN_PROGRESS:
        return True
    if left.status.is_over or standing(left) is Standing.FAILED or left.not_before is not None:
        return False
    return _startable(draft, item) or not scheduled


def _place(draft: Draft, queue: Queue, task_id: str, position: int) -> Queue:
    """Put a queued item at ``position`` among the queued ones; all other items keep their positions."""
    waiting = [item for item in queue.items if item.status is QueueItemStatus.QUEUED]
    moving = next(item for item in waiting if item.task_id == task_id)
    waiting.remove(moving)
    waiting.insert(max(0, min(position, len(waiting))), moving)
    order = iter(waiting)
    items = tuple(next(order) if item.status is QueueItemStatus.QUEUED else item for item in queue.items)
    return draft.change(queue, items=items)
