"""How a row is tied to the function that carries it out, where that is more than a pure read or a plain command."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from maestrod.api.protocol.registry import AnyMethod
from maestrod.rpc.context import Context

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Handler:
    """A function for a row. One that waits is run as a task; ``streams`` go on after the answer, on the connection."""

    function: Callable[[Context, Any], Any]
    waits: bool
    streams: bool


#: By method name; filled by ``implements`` as the noun's files are imported (``bind.py`` imports them all).
HANDLERS: dict[str, Handler] = {}


def implements(row: AnyMethod, *, streams: bool = False) -> Callable[[F], F]:
    """Make the decorated function the one that carries out ``row``. A plain function must not block."""

    def register(function: F) -> F:
        if row.name in HANDLERS:
            raise RuntimeError(f"{row.name} is implemented twice")
        HANDLERS[row.name] = Handler(function, inspect.iscoroutinefunction(function), streams)
        return function

    return register
