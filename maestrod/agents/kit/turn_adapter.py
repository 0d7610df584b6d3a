"""What adapters share whose agent runs one process per turn: the prompt comes with the start, and questions come by hooks."""

from collections.abc import Sequence

from maestrod.agents.adapter import Keys
from maestrod.agents.kit.keys import typed
from maestrod.api.permission import Permission


class TurnAdapter:
    """A base for such adapters. On a terminal, the agent is one process with its own user interface."""

    def prompt_keys(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """Typed on a terminal. Headless, every prompt comes with a start."""
        return typed(text) if interactive else ()

    def answer(self, key: str, permission: Permission, *, message: str = "") -> bytes:
        """Nothing: the agent asks by its hooks only."""
        return b""
