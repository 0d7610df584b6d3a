"""Complete transition tables: for every state and event a target state, ``IGNORE`` or ``ILLEGAL``.

A table with holes hides decisions. These tables have none, and a test counts the cells. ``IGNORE`` means that the event is true
but changes nothing (a second start of a started task); ``ILLEGAL`` means that its sender is wrong about the state.
"""

import enum
from collections.abc import Mapping
from typing import Final, Generic, TypeVar

from maestrod.api.errors import IllegalTransition

S = TypeVar("S", bound=enum.Enum)
E = TypeVar("E", bound=enum.Enum)


class Special(enum.Enum):
    """Cells that are not a state."""

    IGNORE = "ignore"
    ILLEGAL = "illegal"


IGNORE: Final = Special.IGNORE
ILLEGAL: Final = Special.ILLEGAL


class Table(Generic[S, E]):
    """The complete state × event table of one noun."""

    def __init__(self, noun: str, cells: Mapping[S, Mapping[E, S | Special]]) -> None:
        self.noun = noun
        self.cells = cells

    def target(self, state: S, event: E) -> S | None:
        """The next state, or None to stay. Raises ``IllegalTransition``."""
        cell = self.cells[state][event]
        if cell is ILLEGAL:
            code, detail = f"{self.noun}.illegal_transition", {"status": state.value, "event": event.value}
            raise IllegalTransition(code, f"a {self.noun} that is {state.value} cannot {event.value}", detail)
        return None if cell is IGNORE else cell
