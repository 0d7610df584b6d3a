"""UI events: the form of events for user interfaces, with the whole entity beside what changed.

User interfaces keep copies of entities and replace them. So ``data`` is the entity at the time the message is made: never older
than the event, and newer for past events. ``change`` is the event's own change. ``event`` has the names that such user
interfaces commonly use (``task:updated``); ``topic`` is the event's type, which distinguishes a change of status from others.
"""

from typing import Any

import msgspec

from maestrod.api.event import Event
from maestrod.api.task import Task
from maestrod.api.token import AccessToken
from maestrod.core.access.remote_token import info
from maestrod.core.reading.views import view
from maestrod.core.world.world import World
from maestrod.rpc.encoded import public_form

#: Suffixes of events that need no ``change``.
_WHOLE = (".created", ".deleted", ".added")

#: What happened to an entity: the word in our events, and in UI events where it differs.
_NAMES = {"status": "updated"}

_encode = msgspec.json.Encoder().encode


def name_of(type_: str) -> str:
    """``task:updated`` of ``task.updated`` and of ``task.status``."""
    kind, _, what = type_.partition(".")
    return f"{kind}:{_NAMES.get(what, what)}"


def is_state(event: Event) -> bool:
    """Whether a later event of the same entity makes this one obsolete. Events that record what happened never are."""
    return event.type.endswith(".updated")


def ui_event(world: World, event: Event) -> bytes:
    """The UI event as JSON."""
    message = {
        "type": "event",
        "event": name_of(event.type),
        "topic": event.type,
        "seq": event.seq,
        "timestamp": event.at,
        "id": event.id,
        "projectId": event.project_id,
        "taskId": event.task_id,
        "sessionId": event.session_id,
        "rootId": event.root_id,
        "data": _entity(world, event),
    }
    if not event.type.endswith(_WHOLE):
        message["change"] = public_form(event).data
    return _encode(message)


def _entity(world: World, event: Event) -> Any:
    """The whole entity. A deleted entity has only its id; a timeline entry is the data of its event."""
    kind, _, what = event.type.partition(".")
    if kind == "request":
        return {}
    if kind == "timeline":
        return public_form(event).data
    entity = world.tables[kind].get(event.id) if kind in world.tables else None
    if isinstance(entity, AccessToken):
        return info(entity)
    if what == "deleted" or entity is None:
        return {"id": event.id}
    return view(world, entity) if isinstance(entity, Task) else entity
