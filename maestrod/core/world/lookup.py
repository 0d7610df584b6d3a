"""Looks up entities in the world, for callers that read it."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from maestrod.api.attention import Attention
from maestrod.api.errors import Malformed, NotFound
from maestrod.api.model.base import Entity
from maestrod.core.world.world import World

E = TypeVar("E", bound=Entity)


#: The user-visible name of a kind, where it differs from the name in the contract.
_CALLED = {"attention": "question"}
#: The command that lists a kind.
_LISTED = {
    "attention": "maestroctl inbox",
    **{kind: f"maestroctl {kind} list" for kind in ("message", "plan", "project", "run", "session", "task", "token")},
}


def missing(kind: str, id_: str) -> NotFound:
    """The error for an entity that does not exist, with the command that lists those that do. ``id_`` may be ``#12``."""
    short = id_[:100]
    shown = short if short.startswith("#") else repr(short)
    where = f"; list them with `{_LISTED[kind]}`" if kind in _LISTED else ""
    return NotFound(
        f"{kind}.not_found", f"there is no {_CALLED.get(kind, kind)} {shown}{where}", {"id": short.removeprefix("#")}
    )


def require(table: Mapping[str, E], kind: str, id_: str) -> E:
    """The entity with this id. Raises ``NotFound``."""
    entity = table.get(id_)
    if entity is None:
        raise missing(kind, id_)
    return entity


def named_session(session_id: str | None) -> str:
    """The session that a call is about. The caller must name it, unless it is a session (its id was filled in before)."""
    if session_id is None:
        raise Malformed("session.missing", "name a session: sessionId is missing", {"path": "$.sessionId"})
    return session_id


def open_questions(world: World, askers: Iterable[str]) -> tuple[Attention, ...]:
    """The open questions of these sessions and runs, oldest first. A run asks for the approval of its plan."""
    ids = (id_ for asker in askers for id_ in world.open_questions.get(asker, ()))
    return tuple(world.attention[id_] for id_ in sorted(ids))
