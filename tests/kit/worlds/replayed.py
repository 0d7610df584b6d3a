"""Repeats decisions, here or in another process: a world as bytes, and the result of each decision as bytes."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import msgspec

from maestrod.api.errors import MaestroError
from maestrod.api.model.base import Entity
from maestrod.api.protocol.registry import METHODS
from maestrod.core.decide import decide
from maestrod.core.rules import FACTS
from maestrod.core.values.command import OWNER, Actor, Command, Stamp
from maestrod.core.values.facts import Fact, Signed
from maestrod.core.values.policy import Policy
from maestrod.core.values.seen import Seen, Unseen
from maestrod.core.values.signs import NOTHING, Reading, Sign
from maestrod.core.world.entities import KIND_OF, KINDS
from maestrod.core.world.world import World

#: What was decided, when, and from what was seen.
Step = tuple[Command | Fact, Stamp, Seen]

if TYPE_CHECKING:
    AnySign = Sign
    AnyFact = Fact
else:  # every one that there is, so that each can be read by its tag
    AnySign = reduce(or_, Sign.__subclasses__())
    AnyFact = reduce(or_, FACTS)


class _Saved(msgspec.Struct):
    """A world and its policy."""

    policy: Policy
    seq: int
    draining: bool
    entities: list[tuple[str, msgspec.Raw]]


def saved(world: World) -> bytes:
    """A world as bytes."""
    entities = [(KIND_OF[type(entity)], msgspec.Raw(msgspec.json.encode(entity))) for entity in world.entities()]
    return msgspec.json.encode(_Saved(world.policy, world.seq, world.draining, entities))


def restored(data: bytes) -> World:
    """The world that was saved."""
    found = msgspec.json.decode(data, type=_Saved)
    world = World(found.policy)
    world.load(_entity(kind, line) for kind, line in found.entities)
    world.reach(found.seq)
    world.draining = found.draining
    return world


class _Step(msgspec.Struct):
    """A step as JSON. Signs are stored beside a fact, which names only their base class."""

    stamp: Stamp
    seen: Seen
    signs: tuple[AnySign, ...] = ()
    fact: AnyFact | None = None
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"null")
    actor: Actor = OWNER
    reading: Reading = NOTHING


def written(script: Iterable[Step]) -> bytes:
    """A script as bytes."""
    return msgspec.json.encode([_written(*step) for step in script])


def _written(entry: Command | Fact, stamp: Stamp, seen: Seen) -> _Step:
    if isinstance(entry, Signed):
        return _Step(stamp, seen, entry.signs, fact=msgspec.structs.replace(entry, signs=()))
    if isinstance(entry, Fact):
        return _Step(stamp, seen, fact=entry)
    reading = msgspec.structs.replace(entry.reading, signs=())
    params = msgspec.Raw(msgspec.json.encode(entry.params))
    return _Step(stamp, seen, entry.reading.signs, None, entry.method, params, entry.actor, reading)


def read(data: bytes) -> list[Step]:
    """The script that was written."""
    return [(_entry(step), step.stamp, step.seen) for step in msgspec.json.decode(data, type=list[_Step])]


def _entry(step: _Step) -> Command | Fact:
    if step.fact is not None:
        fact: Fact = msgspec.structs.replace(step.fact, signs=step.signs) if step.signs else step.fact
        return fact
    params = msgspec.json.decode(step.params, type=METHODS[step.method].params)
    return Command(step.method, params, step.actor, msgspec.structs.replace(step.reading, signs=step.signs))


def _entity(kind: str, line: msgspec.Raw) -> Entity:
    entity: Entity = msgspec.json.decode(line, type=KINDS[kind])
    return entity


def outcomes(world: World, script: Sequence[Step]) -> list[bytes]:
    """The outcome of each decision, and the world after the last."""
    return [*(msgspec.json.encode(_outcome(world, *step)) for step in script), world.dump()]


def _outcome(world: World, entry: Command | Fact, stamp: Stamp, seen: Seen) -> Any:
    try:
        decision = decide(world, entry, stamp, seen)
    except MaestroError as refusal:
        return {"refused": refusal.reason, "message": refusal.message, "details": refusal.details}
    except Unseen as unseen:
        return {"unseen": unseen.question}
    return {"events": decision.events, "effects": decision.effects, "reply": decision.reply}
