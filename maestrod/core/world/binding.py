"""Binds rows of the contract to the core functions that implement them.

Each kind of binding has its own constructor, so that the type checker compares the function with the row: it must take the
row's parameters and return the row's result. ``rpc/handler.py`` does the same for handlers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from maestrod.api.model.base import Params
from maestrod.api.model.method import Access, Method
from maestrod.core.values.command import Actor
from maestrod.core.values.seen import Seen
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World

P = TypeVar("P", bound=Params)
R = TypeVar("R")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Rule:
    """Changes the world. ``reply`` is the type of its result; the stored reply to a repeated request is decoded as this type."""

    row: Method[Any, Any]
    function: Callable[[Draft, Any, Actor], Any]
    reply: Any
    on_repeat: Callable[[Draft, Any], None] | None = None


@dataclass(frozen=True, slots=True)
class ReadFunction:
    """Reads the world."""

    row: Method[Any, Any]
    function: Callable[[World, Any, Actor], Any]


@dataclass(frozen=True, slots=True)
class Sighted:
    """Reads the world and what the engine sees outside it."""

    row: Method[Any, Any]
    function: Callable[[World, Any, Seen], Any]


Bound = TypeVar("Bound", Rule, ReadFunction, Sighted)


def rule(row: Method[P, R], function: Callable[[Draft, P, Actor], R]) -> Rule:
    """The rule of a method."""
    return Rule(row, function, row.result)


def owner_rule(row: Method[P, R], function: Callable[[Draft, P], R]) -> Rule:
    """The rule of a method that only the owner may call, so the function takes no actor. Raises ``RuntimeError`` for other
    methods.
    """
    if row.access is not Access.OWNER:
        raise RuntimeError(f"{row.name} is not for the owner only")
    return Rule(row, lambda draft, params, actor: function(draft, params), row.result)


def handled_rule(
    row: Method[P, Any],
    function: Callable[[Draft, P, Actor], S],
    reply: type[S],
    on_repeat: Callable[[Draft, S], None] | None = None,
) -> Rule:
    """The rule of a method whose handler builds the result from the rule's reply.

    ``on_repeat`` receives the stored reply when a request is repeated, and may request the effects again that the handler waits
    for.
    """
    return Rule(row, function, reply, on_repeat)


def answer(row: Method[P, R], function: Callable[[World, P, Actor], R]) -> ReadFunction:
    """The answer of a reading method."""
    return ReadFunction(row, function)


def sighted(row: Method[P, R], function: Callable[[World, P, Seen], R]) -> Sighted:
    """The answer of a reading method that needs to see outside the world."""
    return Sighted(row, function)


def by_method(bound: Iterable[Bound]) -> Mapping[str, Bound]:
    """Bindings by method name. Raises ``RuntimeError`` if a method is bound twice."""
    table: dict[str, Bound] = {}
    for each in bound:
        if each.row.name in table:
            raise RuntimeError(f"{each.row.name} is bound twice")
        table[each.row.name] = each
    return table
