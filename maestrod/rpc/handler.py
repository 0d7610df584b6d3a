"""How a row is tied to the function that carries it out, where that is more than a pure read or a plain command."""

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
    """A function for a row. One that waits is run as a task; ``streams`` go on after the answer, on the connection."""

    function: Callable[[Context, Any], Any]
    waits: bool
    streams: bool


#: By method name; filled by ``implements`` as the noun's files are imported (``bind.py`` imports them all).
HANDLERS: dict[str, Handler] = {}


def implements(row: Method[P, R], *, streams: bool = False) -> Callable[[Carrier[P, R]], Carrier[P, R]]:
    """Make the decorated function the one that carries out ``row``. A plain function must not block."""

    def register(function: Carrier[P, R]) -> Carrier[P, R]:
        if row.name in HANDLERS:
            raise RuntimeError(f"{row.name} is implemented twice")
        HANDLERS[row.name] = Handler(function, inspect.iscoroutinefunction(function), streams)
        return function

    return register
