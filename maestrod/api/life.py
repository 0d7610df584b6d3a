"""The state of a live session: how it started, whether it is paused, how it is ending, its turn and the limit it waits for.

A session that has ended has none of this, so nothing has to be cleared member by member. ``core/values/lifecycle.py`` describes the
transitions.
"""

from maestrod.api.clock import Clock
from maestrod.api.model.base import Entity
from maestrod.api.reason import Reason
from maestrod.api.turn import Limited, Turn, Wait


class Finishing(Entity, frozen=True, tag_field="kind", tag="finishing"):
    """All tasks are done and the agent may exit by itself; it is stopped when ``clock`` ends. No clock: the stop has been sent."""

    clock: Clock | None = None


class Stopping(Entity, frozen=True, tag_field="kind", tag="stopping"):
    """It is being stopped for ``reason``, which decides what happens to its tasks."""

    reason: Reason


class Spawning(Entity, frozen=True, tag_field="phase", tag="spawning"):
    """Started, without a sign of life yet; it fails if none comes before ``clock`` ends. A session that is being stopped owes none."""

    clock: Clock | None = None
    paused: bool = False
    ending: Stopping | None = None


class Up(Entity, frozen=True, tag_field="phase", tag="up"):
    """The agent has shown a sign of life.

    ``paused`` means its processes are stopped by SIGSTOP. ``turn`` is what the agent itself reports (None: it reports nothing, or
    has no process), ``wait`` a usage limit that it waits for, ``limited`` the consecutive limits.
    """

    paused: bool = False
    ending: Finishing | Stopping | None = None
    turn: Turn | None = None
    wait: Wait | None = None
    limited: Limited | None = None


Live = Spawning | Up
