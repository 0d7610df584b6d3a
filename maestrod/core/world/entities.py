"""The kinds of entity in the world, and how their changes become data and back.

A patch holds the members that differ, as JSON values. Events carry patches and the journal stores them, so the cost of a change
depends on the change, not on the size of the entity.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from maestrod.api.attention import Attention
from maestrod.api.event import TimelineEvent
from maestrod.api.message import Message
from maestrod.api.model.base import Entity, Instant
from maestrod.api.plan import Plan
from maestrod.api.project import Project
from maestrod.api.queue import Queue, QueueItem
from maestrod.api.run import Run
from maestrod.api.session import Session
from maestrod.api.system import System
from maestrod.api.task import Task
from maestrod.api.token import AccessToken
from maestrod.core.world.sparse import holds_entities, sparse_value


class RememberedRequest(Entity, frozen=True):
    """The first reply (as JSON) to a call that carried a ``requestId``, stored to answer a repeated call."""

    id: str
    method: str
    digest: str
    reply: Any
    at: Instant


#: Kind (the part of an event's type before the dot) to struct.
KINDS: Mapping[str, type[Entity]] = {
    "project": Project,
    "task": Task,
    "session": Session,
    "queue": Queue,
    "plan": Plan,
    "run": Run,
    "attention": Attention,
    "message": Message,
    "system": System,
    "token": AccessToken,
    "request": RememberedRequest,
}

KIND_OF: Mapping[type[Entity], str] = {struct: kind for kind, struct in KINDS.items()}


def whole(entity: msgspec.Struct) -> dict[str, Any]:
    """The entity as JSON values for an event or a file, without members that equal their default."""
    data: dict[str, Any] = msgspec.to_builtins(sparse_value(entity))
    return data


def canonical(entity: Entity) -> bytes:
    """The entity as one line of JSON; equal entities give equal lines.

    The encoder alone omits a default only if it is the identical object, which a number read from a file is not.
    """
    defaults = _DEFAULTS[type(entity)]
    data = {name: value for name, value in whole(entity).items() if name not in defaults or value != defaults[name]}
    return msgspec.json.encode(data, order="sorted")


def _defaults(struct: type[Entity]) -> dict[str, Any]:
    return {
        field.encode_name: msgspec.to_builtins(field.default)
        for field in msgspec.structs.fields(struct)
        if field.default is not msgspec.NODEFAULT
    }


_DEFAULTS: Mapping[type[Entity], dict[str, Any]] = {struct: _defaults(struct) for struct in KIND_OF}


def difference(old: Entity, new: Entity) -> dict[str, Any]:
    """The members of ``new`` that differ from ``old``, as JSON values by wire name."""
    changed = {}
    for name, wire in zip(new.__struct_fields__, new.__struct_encode_fields__, strict=True):
        value = getattr(new, name)
        before = getattr(old, name)
        if value is not before and value != before:
            changed[wire] = msgspec.to_builtins(sparse_value(value))
    return changed


def patched(old: Entity, data: Mapping[str, Any]) -> Entity:
    """``old`` with the members of ``data``; raises ``msgspec.ValidationError`` when they do not fit."""
    members = _MEMBERS[type(old)]
    changed = {}
    for wire, value in data.items():
        if wire in members:
            name, type_ = members[wire]
            changed[name] = msgspec.convert(value, type_)
    return msgspec.structs.replace(old, **changed)


def complete(type_: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The ``data`` of an event as subscribers receive it: every entity in it has all its members.

    Data from the journal of an older version that no longer fits its struct is passed on as it was written.
    """
    kind, _, what = type_.partition(".")
    struct = _IN_EVENTS.get(type_) or (KINDS.get(kind) if what == "created" else None)
    if struct is not None:
        return dict(_completed(data, struct))
    parts = _PARTS.get(kind, {})
    return {name: _completed(value, parts[name]) if name in parts else value for name, value in data.items()}


def _completed(value: Any, type_: Any) -> Any:
    try:
        return msgspec.to_builtins(msgspec.convert(value, type_))
    except msgspec.ValidationError:
        return value


#: Events whose data is neither an entity of their kind nor a change of it.
_IN_EVENTS: Mapping[str, type[Entity]] = {"timeline.added": TimelineEvent, "queue.item": QueueItem}

#: By wire name: the types of the members that may hold entities.
_PARTS: Mapping[str, dict[str, Any]] = {
    kind: {
        field.encode_name: field.type
        for field in msgspec.structs.fields(struct)
        if holds_entities(inspect.type_info(field.type))
    }
    for kind, struct in KINDS.items()
}

#: By wire name: the member's name in Python, and its type.
_MEMBERS: Mapping[type[Entity], dict[str, tuple[str, Any]]] = {
    struct: {field.encode_name: (field.name, field.type) for field in msgspec.structs.fields(struct)}
    for struct in KIND_OF
}
