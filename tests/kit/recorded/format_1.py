"""Sessions and tasks in format 1 of the store: the reverse of the migration, to compare with what 0.1 recorded."""

from typing import Any

import msgspec

from maestrod.api.clock import Clock
from maestrod.api.life import Spawning
from maestrod.api.model.base import Entity
from maestrod.api.session import Session
from maestrod.api.task import Task
from maestrod.api.turn import PastTurn, RunningTurn
from maestrod.core.values.lifecycle import clock_of
from maestrod.core.world.entities import canonical
from maestrod.core.world.sparse import sparse


def line(entity: Entity) -> bytes:
    """A line of 0.1's ``world.jsonl``."""
    members = msgspec.json.decode(canonical(entity))
    if isinstance(entity, Session):
        members.pop("live", None)
        members |= _live(entity)
    elif isinstance(entity, Task):
        members.pop("clock", None)
        members |= _clock(entity.clock)
    return msgspec.json.encode(members, order="sorted")


def _clock(clock: Clock | None) -> dict[str, Any]:
    if clock is None:
        return {}
    return {"deadline": clock.deadline} if clock.deadline is not None else {"timeoutLeft": clock.left}


def _live(session: Session) -> dict[str, Any]:
    found: dict[str, Any] = {name: True for name in ("paused", "stopping", "finishing") if getattr(session, name)}
    found |= _clock(clock_of(session))
    if isinstance(session.live, Spawning) or session.live is None:
        return found
    if session.wait is not None:
        found["wait"] = _sparse(session.wait)
    if session.limited is not None:
        found |= {"limitHits": session.limited.hits, "limitedSince": session.limited.since}
    return found | ({} if session.turn is None else _turn(session.turn))


def _turn(turn: RunningTurn | PastTurn) -> dict[str, Any]:
    members = _sparse(turn)
    watch: dict[str, Any] = {name: members.pop(name) for name in ("stallAt", "quietSince") if name in members}
    is_running = members.pop("state") == "running"
    return {"turn": members | ({"running": True} if is_running else {}), **watch}


def _sparse(value: msgspec.Struct) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.to_builtins(sparse(value))
    return members
