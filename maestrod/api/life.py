"""What only a living session has: how it came up, whether it is held, how it is ending, its turn and the limit it sits out.

A session that has ended has none of it, so nothing has to be cleared one by one. ``core/values/lifecycle.py`` tells what moves what.
"""

from maestrod.api.clock import Clock
from maestrod.api.model.base import Entity
from maestrod.api.reason import Reason
from maestrod.api.turn import Limited, Turn, Wait


class Finishing(Entity, frozen=True, tag_field="kind", tag="finishing"):
    """All is done and the agent is let go; it is stopped when ``clock`` ends. No clock: it has been stopped."""

    clock: Clock | None = None


class Stopping(Entity, frozen=True, tag_field="kind", tag="stopping"):
    """Its end is wanted, for ``reason``: what becomes of its work depends on that."""

    reason: Reason


class Spawning(Entity, frozen=True, tag_field="phase", tag="spawning"):
    """Started, and no sign of life yet; it has failed when there is none until ``clock`` ends. One that is being stopped owes none."""

    clock: Clock | None = None
    paused: bool = False
    ending: Stopping | None = None


class Up(Entity, frozen=True, tag_field="phase", tag="up"):
    """The agent has shown itself.

    ``paused`` means its processes are stopped by SIGSTOP. ``turn`` is what the agent itself says it does (None: it says nothing, or
    there is no process), ``wait`` a usage limit that it sits out, ``limited`` the limits met in a row.
    """

    paused: bool = False
    ending: Finishing | Stopping | None = None
    turn: Turn | None = None
    wait: Wait | None = None
    limited: Limited | None = None


Live = Spawning | Up
