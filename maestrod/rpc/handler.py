"""Binds a row to the handler that carries it out, for rows that are neither a pure read nor a plain command."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from maestrod.api.model.base import Params
from maestrod.api.model.method import Method
from maestrod.rpc.context import Context

P = TypeVar("P", bound=Params)
R = TypeVar("R")
Carrier = Callable[[Context, P], R | Awaitable[R]]


@dataclass(frozen=True, slots=True)
class Handler:
    """The function for a row. One that ``waits`` runs as a task; one that ``streams`` keeps sending notifications after the
    answer.
    """

    function: Callable[[Context, Any], Any]
    waits: bool
    streams: bool


#: Handlers by method name. ``implements`` fills it when the files of the nouns are imported (``bind.py`` imports all).
HANDLERS: dict[str, Handler] = {}


def implements(row: Method[P, R], *, streams: bool = False) -> Callable[[Carrier[P, R]], Carrier[P, R]]:
    """Register the decorated function as the handler of ``row``. A synchronous function must not block."""

    def register(function: Carrier[P, R]) -> Carrier[P, R]:
        if row.name in HANDLERS:
            raise RuntimeError(f"{row.name} is implemented twice")
        HANDLERS[row.name] = Handler(function, inspect.iscoroutinefunction(function), streams)
        return function

    return register
