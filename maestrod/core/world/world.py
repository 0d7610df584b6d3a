"""The world: every entity by id, and the indexes derived from them.

``put`` and ``drop`` are the only mutations. Both keep the indexes correct, so the cost of a decision depends on what it
changes, not on the size of the world. ``apply`` applies an event; it is the same code live and on replay.
"""

from collections.abc import Iterable, Iterator
from operator import attrgetter, is_not
from typing import Any

import msgspec

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.event import Event
from maestrod.api.message import Message
from maestrod.api.model.base import Entity
from maestrod.api.plan import Plan
from maestrod.api.project import Project
from maestrod.api.queue import Queue, QueueItem
from maestrod.api.run import Run, RunStatus
from maestrod.api.session import Session
from maestrod.api.system import System
from maestrod.api.task import Task
from maestrod.api.token import AccessToken
from maestrod.core.values.deadline import Deadline
from maestrod.core.values.policy import Policy
from maestrod.core.world.deadlines import NO_DEADLINES, deadlines_of
from maestrod.core.world.entities import KIND_OF, KINDS, RememberedRequest, canonical, patched
from maestrod.core.world.indexes import Links, add_link, drop_link
from maestrod.core.world.session_index import SessionIndex
from maestrod.core.world.task_index import TaskIndex

_SYSTEM = System()

#: The kinds of entity that have deadlines (``deadlines.py``).
_WAITING_KINDS = frozenset({"task", "session", "attention", "system"})
#: The kinds that users refer to by number (``numbering.py``).
_NUMBERED_KINDS = frozenset({"run", "attention"})


class World:
    """All state. Read it freely; change it only through a ``Draft`` (decisions) or ``apply`` (replay)."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.seq = 0
        self.draining = False  # the daemon is about to stop its sessions and starts no new ones
        self.projects: dict[str, Project] = {}
        self.tasks: dict[str, Task] = {}
        self.sessions: dict[str, Session] = {}
        self.queues: dict[str, Queue] = {}
        self.plans: dict[str, Plan] = {}
        self.runs: dict[str, Run] = {}
        self.attention: dict[str, Attention] = {}
        self.messages: dict[str, Message] = {}
        self.systems: dict[str, System] = {}
        self.tokens: dict[str, AccessToken] = {}
        self.requests: dict[str, RememberedRequest] = {}
        self.tables: dict[str, dict[str, Any]] = {
            "project": self.projects,
            "task": self.tasks,
            "session": self.sessions,
            "queue": self.queues,
            "plan": self.plans,
            "run": self.runs,
            "attention": self.attention,
            "message": self.messages,
            "system": self.systems,
            "token": self.tokens,
            "request": self.requests,
        }
        self.by_session = SessionIndex()
        self.by_task = TaskIndex(self.tasks, self.by_session.unit_is_live)
        self.open_questions: Links = {}
        self.owed_answers: Links = {}
        self.open_messages: Links = {}
        self.plans_of_task: Links = {}
        self.runs_of_root: Links = {}
        self.planning: dict[str, None] = {}
        self.awaiting: dict[str, None] = {}
        self.approvals: dict[str, None] = {}
        self.unnumbered: dict[str, None] = {}
        self.by_number: dict[tuple[str, int], str] = {}
        self.token_of_digest: dict[str, str] = {}
        self.deadlines: dict[Deadline, int] = {}
        self.moved_deadlines: set[Deadline] = set()
        self._is_indexed = True

    def take_moved_deadlines(self) -> set[Deadline]:
        """The deadlines that were added, moved or removed since the last call."""
        moved, self.moved_deadlines = self.moved_deadlines, set()
        return moved

    def move_all_deadlines(self) -> None:
        """Mark every deadline as moved, so that the timers check all of them."""
        self.moved_deadlines.update(self.deadlines)

    def reach(self, seq: int) -> None:
        """Set the sequence number of the last event."""
        self.seq = seq

    @property
    def system(self) -> System:
        """The state of the whole system."""
        return self.systems.get(_SYSTEM.id, _SYSTEM)

    def children(self, task_id: str) -> list[str]:
        """Ids of a task's subtasks in the order they were made."""
        return sorted(self.by_task.children.get(task_id, ()))

    def dependents(self, task_id: str) -> list[str]:
        """Ids of the tasks that wait for a task, oldest first."""
        return sorted(self.by_task.dependents.get(task_id, ()))

    def sessions_of(self, task_id: str) -> list[str]:
        """Ids of the sessions linked to a task, oldest first."""
        return sorted(self.by_session.of_task.get(task_id, ()))

    def runs_of(self, root_id: str) -> list[str]:
        """Ids of the runs of a root, oldest first."""
        return sorted(self.runs_of_root.get(root_id, ()))

    def subtree(self, task_id: str) -> Iterator[str]:
        """A task's id and those of all below it, parents before children."""
        stack = [task_id]
        while stack:
            current = stack.pop()
            yield current
            stack.extend(reversed(self.children(current)))

    def root_of(self, task_id: str) -> str:
        """The id of the task at the top of a task's tree."""
        task = self.tasks.get(task_id)
        while task is not None and task.parent_id is not None:
            task_id = task.parent_id
            task = self.tasks.get(task_id)
        return task_id

    def put(self, entity: Entity) -> None:
        """Add an entity or replace the one with its id."""
        kind = KIND_OF[type(entity)]
        table = self.tables[kind]
        id_: str = entity.id  # type: ignore[attr-defined]  # every struct in KINDS has an id
        old = table.get(id_)
        table[id_] = entity
        if self._is_indexed:
            self._index(kind, old, entity)

    def drop(self, kind: str, id_: str) -> None:
        """Remove an entity. A task must have no children left."""
        old = self.tables[kind].pop(id_)
        if self._is_indexed:
            self._index(kind, old, None)

    def load(self, entities: Iterable[Entity]) -> None:
        """Fill an empty world; the entities may come in any order."""
        self.fill(entities)
        self.index()

    def fill(self, entities: Iterable[Entity]) -> None:
        """Fill the tables of an empty world, without indexes. That is enough to ``apply`` later events; call ``index``
        afterwards.
        """
        self._is_indexed = False
        for entity in entities:
            self.put(entity)

    def index(self) -> None:
        """Build all indexes from the tables. The result equals that of one ``put`` per entity, in a fraction of the time."""
        self._is_indexed = True
        for kind, table in self.tables.items():
            self.sort(kind)
            if kind != "task":
                for entity in table.values():
                    self._index(kind, None, entity)
        self.by_task.load()
        for task in self.tasks.values():
            if task.not_before is not None or task.deadline is not None:
                self._index_deadlines(None, task)

    def sort(self, kind: str) -> None:
        """Restore creation order in a table, which loading or an undo may have changed."""
        table = self.tables[kind]
        made = sorted(table.values(), key=_made if kind == "request" else _ID)
        if any(map(is_not, made, table.values())):
            table.clear()
            table.update(zip(map(_ID, made), made, strict=True))

    def apply(self, event: Event) -> None:
        """Apply an event. Raises ``KeyError`` or ``msgspec.ValidationError`` if it does not fit the world."""
        kind, _, what = event.type.partition(".")
        if kind in KINDS:
            self._apply(kind, what, event)
        self.seq = event.seq

    def _apply(self, kind: str, verb: str, event: Event) -> None:
        if verb == "created":
            self.put(msgspec.convert(event.data, KINDS[kind]))
        elif verb == "deleted":
            self.drop(kind, event.id)
        elif kind == "queue" and verb == "item":
            self.put(with_item(self.queues[event.id], msgspec.convert(event.data, QueueItem)))
        else:
            self.put(patched(self.tables[kind][event.id], event.data))

    def entities(self) -> Iterator[Entity]:
        """All entities, sorted by kind and id."""
        for kind in KINDS:
            table = self.tables[kind]
            for id_ in sorted(table):
                yield table[id_]

    def dump(self) -> bytes:
        """The whole world as canonical JSON lines: equal worlds give equal bytes."""
        return b"\n".join(canonical(entity) for entity in self.entities())

    def _index(self, kind: str, old: Any, new: Any) -> None:
        if kind == "task":
            self.by_task.update(old, new)
        elif kind == "session":
            for unit in self.by_session.update(old, new):
                self.by_task.refresh_unit(unit)
        elif kind == "attention":
            self._index_attention(old, new)
        elif kind == "message":
            self._index_message(old, new)
        elif kind == "token":
            self._index_token(old, new)
        elif kind == "plan":
            _link(self.plans_of_task, old, new, "root_task_id")
        elif kind == "run":
            _link(self.runs_of_root, old, new, "root_task_id")
            self._index_planning(old, new)
        if kind in _WAITING_KINDS:
            self._index_deadlines(old, new)
        if kind in _NUMBERED_KINDS:
            self._index_number(kind, old, new)

    def _index_planning(self, old: Run | None, new: Run | None) -> None:
        """Index runs without a plan (the scheduler starts their planners), runs that wait for approval, and runs without a
        number.
        """
        for ids, is_there in (
            (self.planning, new is not None and new.status is RunStatus.PLANNING),
            (self.awaiting, new is not None and new.status is RunStatus.AWAITING_APPROVAL),
            (self.unnumbered, new is not None and not new.number),
        ):
            _mark(ids, old, new, is_there=is_there)

    def _index_attention(self, old: Attention | None, new: Attention | None) -> None:
        """Index open questions by session or run, and answers that an agent may still wait for by session."""
        for question, change in ((old, drop_link), (new, add_link)):
            if question is not None and question.is_open:
                change(self.open_questions, question.session_id or question.run_id or "", question.id)
            elif question is not None and question.on_stream:
                change(self.owed_answers, question.session_id, question.id)
        is_open = new is not None and new.is_open
        approval = is_open and new is not None and new.kind is AttentionKind.APPROVAL
        _mark(self.approvals, old, new, is_there=approval)
        _mark(self.unnumbered, old, new, is_there=is_open and new is not None and not new.number)

    def _index_number(self, kind: str, old: Any, new: Any) -> None:
        if old is not None and old.number:
            self.by_number.pop((kind, old.number), None)
        if new is not None and new.number:
            self.by_number[kind, new.number] = new.id

    def _index_message(self, old: Message | None, new: Message | None) -> None:
        if old is not None and not old.status.is_over:
            drop_link(self.open_messages, old.session_id, old.id)
        if new is not None and not new.status.is_over:
            add_link(self.open_messages, new.session_id, new.id)

    def _index_token(self, old: AccessToken | None, new: AccessToken | None) -> None:
        if old is not None:
            self.token_of_digest.pop(old.digest, None)
        if new is not None:
            self.token_of_digest[new.digest] = new.id

    def _index_deadlines(self, old: Entity | None, new: Entity | None) -> None:
        before = deadlines_of(old) if old is not None else NO_DEADLINES
        after = deadlines_of(new) if new is not None else NO_DEADLINES
        if before == after:
            return
        for key in before.keys() - after.keys():
            self.deadlines.pop(key, None)
            self.moved_deadlines.add(key)
        for key, at in after.items():
            if before.get(key) != at:
                self.deadlines[key] = at
                self.moved_deadlines.add(key)


_ID = attrgetter("id")


def _made(request: RememberedRequest) -> tuple[int, str]:
    """Sort key of requests by creation time. Other ids sort by time; the ids of requests are chosen by callers."""
    return (request.at, request.id)


def _mark(ids: dict[str, None], old: Any, new: Any, *, is_there: bool) -> None:
    """Add an id to a set or remove it, as ``is_there`` says."""
    if is_there:
        ids[new.id] = None
    elif old is not None:
        ids.pop(old.id, None)


def _link(links: Links, old: Any, new: Any, member: str) -> None:
    if old is not None and (new is None or getattr(old, member) != getattr(new, member)):
        drop_link(links, getattr(old, member), old.id)
    if new is not None:
        add_link(links, getattr(new, member), new.id)


def with_item(queue: Queue, item: QueueItem) -> Queue:
    """The queue with this task's item replaced, or added at the end."""
    items = list(queue.items)
    for index, existing in enumerate(items):
        if existing.task_id == item.task_id:
            items[index] = item
            break
    else:
        items.append(item)
    return msgspec.structs.replace(queue, items=tuple(items))
