"""A decision in the making: a rule's changes, events and effects.

A draft changes the world at once, so that a rule and the functions it calls see one state with correct indexes. It keeps the
old values. When a rule refuses, ``undo`` restores them, so a refused command changes nothing. ``undo`` also serves when the
store cannot make a decision durable.
"""

from typing import Any, TypeVar

import msgspec

from maestrod.api.attention import Attention
from maestrod.api.event import Event, TimelineEvent, TimelineType
from maestrod.api.message import Message
from maestrod.api.model.base import Entity
from maestrod.api.model.ids import make_id
from maestrod.api.plan import Plan
from maestrod.api.project import Project
from maestrod.api.queue import Queue, QueueItem
from maestrod.api.reason import Reason, Source
from maestrod.api.run import Run
from maestrod.api.session import Session
from maestrod.api.task import Task
from maestrod.core.values.command import Stamp
from maestrod.core.values.effects import Effect
from maestrod.core.values.seen import BLIND, Seen
from maestrod.core.values.signs import NOTHING, Reading
from maestrod.core.world.entities import KIND_OF, difference, whole
from maestrod.core.world.lookup import require
from maestrod.core.world.standing import footprint, standing
from maestrod.core.world.task_index import bucket
from maestrod.core.world.world import World, with_item

E = TypeVar("E", bound=Entity)

#: Number of ids reserved for one decision in the low bits of the stamp's entropy, so that they never wrap around.
_IDS_OF_A_DECISION = 1 << 24


class Decision(msgspec.Struct):
    """The result of a command or fact. Its ``events`` form one line of the journal."""

    events: list[Event]
    effects: list[Effect]
    reply: Any
    draft: "Draft"

    def undo(self) -> None:
        """Restore the world to its state before the decision. Only for the newest decision."""
        self.draft.undo()


class Draft:
    """The only way to change the world while a command is decided.

    ``seen`` has what the engine saw of the outside world, ``reading`` what the command's hook reported.
    """

    def __init__(self, world: World, stamp: Stamp, seen: Seen = BLIND, reading: Reading = NOTHING) -> None:
        self.world = world
        self.stamp = stamp
        self.seen = seen
        self.reading = reading
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        self.dirty: dict[str, None] = {}
        self.moved: dict[str, None] = {}
        self.planners_gone: dict[str, None] = {}
        self.reopened: dict[str, None] = {}
        self.at_turn: dict[str, None] = {}
        self.spent: dict[str, None] = {}
        self._undo: list[tuple[str, str, Entity | None]] = []
        self._first_seq = world.seq
        self._drained = False
        self._ids = 0

    @property
    def now(self) -> int:
        """Wall time of this decision, ms since the epoch."""
        return self.stamp.at

    def new_id(self, prefix: str) -> str:
        """A new, unique id. Later ids sort after earlier ones."""
        self._ids += 1
        entropy = self.stamp.entropy - self.stamp.entropy % _IDS_OF_A_DECISION
        return make_id(prefix, self.stamp.id_time, entropy + self._ids)

    def project(self, id_: str) -> Project:
        """The project, or ``NotFound``."""
        return require(self.world.projects, "project", id_)

    def task(self, id_: str) -> Task:
        """The task, or ``NotFound``."""
        return require(self.world.tasks, "task", id_)

    def session(self, id_: str) -> Session:
        """The session, or ``NotFound``."""
        return require(self.world.sessions, "session", id_)

    def queue(self, id_: str) -> Queue:
        """The queue, or ``NotFound``."""
        return require(self.world.queues, "queue", id_)

    def plan(self, id_: str) -> Plan:
        """The plan, or ``NotFound``."""
        return require(self.world.plans, "plan", id_)

    def run(self, id_: str) -> Run:
        """The run, or ``NotFound``."""
        return require(self.world.runs, "run", id_)

    def question(self, id_: str) -> Attention:
        """The attention entry, or ``NotFound``."""
        return require(self.world.attention, "attention", id_)

    def message(self, id_: str) -> Message:
        """The message, or ``NotFound``."""
        return require(self.world.messages, "message", id_)

    def put(self, entity: E) -> E:
        """Add or change an entity. The event is ``created``, ``status`` when the status changed, else ``updated``."""
        kind = KIND_OF[type(entity)]
        id_: str = entity.id  # type: ignore[attr-defined]  # every struct in KINDS has an id
        old = self.world.tables[kind].get(id_)
        if old is None:
            data, what = whole(entity), "created"
        else:
            data = difference(old, entity)
            if not data:
                return entity
            what = "status" if "status" in data else "updated"
        self._record(kind, id_, old)
        self.world.put(entity)
        self._emit(f"{kind}.{what}", entity, data)
        if isinstance(entity, Task):
            self._touch(old, entity)  # the table of tasks holds tasks only
        elif isinstance(entity, Session) and entity.run_id is not None and entity.usage != (old and old.usage):
            self.spent[entity.run_id] = None
        return entity

    def change(self, entity: E, **members: Any) -> E:
        """``put`` with some members replaced. Sets ``updated_at``, if the entity has it and any member changed."""
        if all(getattr(entity, name) == value for name, value in members.items()):
            return entity
        if "updated_at" in entity.__struct_fields__:
            members.setdefault("updated_at", self.now)
        return self.put(msgspec.structs.replace(entity, **members))

    def put_item(self, queue: Queue, item: QueueItem) -> Queue:
        """Add or change one item of a queue: the event carries the item only."""
        self._record("queue", queue.id, queue)
        updated = with_item(queue, item)
        self.world.put(updated)
        self._emit("queue.item", updated, whole(item))
        return updated

    def drop(self, entity: Entity) -> None:
        """Remove an entity."""
        kind = KIND_OF[type(entity)]
        id_: str = entity.id  # type: ignore[attr-defined]  # every struct in KINDS has an id
        self._record(kind, id_, entity)
        self._emit(f"{kind}.deleted", entity, {})  # before the entity is gone: the event says where it belonged
        self.world.drop(kind, id_)
        if isinstance(entity, Task):
            self._touch(entity, None)

    def timeline(
        self,
        type_: TimelineType,
        message: str,
        *,
        session_id: str | None = None,
        task_id: str | None = None,
        source: Source = Source.REPORT,
        metadata: dict[str, Any] | None = None,
    ) -> TimelineEvent:
        """Add an entry to the timeline of a session, of a task, or of both."""
        entry = TimelineEvent(
            id=self.new_id("evt"),
            type=type_,
            timestamp=self.now,
            message=message,
            session_id=session_id,
            task_id=task_id,
            metadata=metadata or {},
            source=source,
            seq=self.world.seq + 1,
        )
        self._emit("timeline.added", entry, whole(entry))
        return entry

    def drain(self) -> None:
        """Start no more sessions. This is kept in memory only, so it ends with the daemon."""
        self._drained = not self.world.draining
        self.world.draining = True

    def effect(self, effect: Effect) -> None:
        """Request an effect, to be carried out once this decision is durable."""
        self.effects.append(effect)

    def reason(self, source: Source, code: str, detail: str = "", by: str | None = None) -> Reason:
        """A reason with the present time."""
        return Reason(source=source, code=code, detail=detail, at=self.now, by=by)

    def undo(self) -> None:
        """Restore the world to its state before this draft."""
        revived = set()
        for kind, id_, old in reversed(self._undo):
            if old is None:
                self.world.drop(kind, id_)
                continue
            if id_ not in self.world.tables[kind]:
                revived.add(kind)
            self.world.put(old)
        for kind in revived:
            self.world.sort(kind)
        self._undo.clear()
        self.world.seq = self._first_seq
        if self._drained:
            self.world.draining = False

    def _record(self, kind: str, id_: str, old: Entity | None) -> None:
        self._undo.append((kind, id_, old))

    def _touch(self, old: Task | None, new: Task | None) -> None:
        """Remember the tasks whose roll-up, dependencies or sessions must be checked again because of this change."""
        task = new or old
        if task is None:
            return
        if old is None or new is None or old.parent_id != new.parent_id:
            self.dirty[task.id] = None
            self._touch_above(old)
            self._touch_above(new)
        else:
            self._touch_in_place(old, new)
        if old is None or new is None or standing(old) is not standing(new):
            self.dirty.update(dict.fromkeys(self.world.dependents(task.id)))

    def _touch_in_place(self, old: Task, new: Task) -> None:
        differs = footprint(old) != footprint(new)
        if differs:
            self.dirty[new.id] = None
        if new.parent_id is not None and (differs or old.progress != new.progress or old.leaves != new.leaves):
            self.dirty[new.parent_id] = None
        if bucket(old) != bucket(new):
            self.moved[new.id] = None

    def _touch_above(self, task: Task | None) -> None:
        """A task was added or removed, so every task above it has another number of leaves."""
        above = task.parent_id if task is not None else None
        while above is not None and above in self.world.tasks:
            self.dirty[above] = None
            above = self.world.tasks[above].parent_id

    def _emit(self, type_: str, entity: Entity, data: dict[str, Any]) -> None:
        self.world.seq += 1
        belongs = _belongs(self.world, entity)
        self.events.append(Event(seq=self.world.seq, at=self.now, type=type_, data=data, **belongs))


def _belongs(world: World, entity: Any) -> dict[str, Any]:
    """The ids that an event carries so that subscribers can filter."""
    project_id = getattr(entity, "project_id", None) or None
    session_id = getattr(entity, "session_id", None) or None
    task_id = getattr(entity, "task_id", None) or getattr(entity, "root_task_id", None)
    if isinstance(entity, Task):
        task_id = entity.id
    elif isinstance(entity, Session):
        session_id = entity.id
        task_id = entity.task_ids[0] if len(entity.task_ids) == 1 else entity.unit_task_id
    elif isinstance(entity, Project):
        project_id = entity.id
    if session_id is not None and project_id is None and session_id in world.sessions:
        project_id = world.sessions[session_id].project_id
    root_id = _root(world, task_id, session_id)
    if project_id is None and root_id is not None and root_id in world.tasks:
        project_id = world.tasks[root_id].project_id
    return {"id": entity.id, "project_id": project_id, "session_id": session_id, "task_id": task_id, "root_id": root_id}


def _root(world: World, task_id: str | None, session_id: str | None) -> str | None:
    if task_id is not None and task_id in world.tasks:
        return world.root_of(task_id)
    session = world.sessions.get(session_id) if session_id is not None else None
    if session is None:
        return None
    if session.run_id is not None and session.run_id in world.runs:
        return world.runs[session.run_id].root_task_id
    return world.root_of(session.task_ids[0]) if session.task_ids else None
