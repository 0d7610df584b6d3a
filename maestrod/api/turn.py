"""What an agent reports between its start and its end: its turns, and the limits it waits for."""

from maestrod.api.model.base import Entity, Instant
from maestrod.api.model.open_enum import OpenEnum
from maestrod.api.reason import Source


class Outcome(OpenEnum):
    """How a turn ended, as the agent reports it."""

    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    LIMIT = "limit"


class RunningTurn(Entity, frozen=True, tag_field="state", tag="running"):
    """The agent has worked on a prompt since ``since``; ``source`` is how we know, ``attempt`` the process that reported it.

    ``doing`` is a line on what it does now. ``background`` counts tasks beside the turn. ``stall_at`` is when the daemon checks
    whether it still works; ``quiet_since`` is when its screen fell silent in the middle of the turn.
    """

    since: Instant = 0
    source: Source = Source.HOOK
    attempt: int = 1
    background: int = 0
    doing: str = ""
    stall_at: Instant | None = None
    quiet_since: Instant | None = None

    @property
    def running(self) -> bool:
        """Whether the turn runs."""
        return True


class PastTurn(Entity, frozen=True, tag_field="state", tag="over"):
    """The last turn ended at ``since``, with ``outcome``; ``code`` and ``detail`` say more.

    ``background`` counts tasks it left running. ``stall_at`` is when the daemon checks whether they still run.
    """

    outcome: Outcome
    since: Instant = 0
    source: Source = Source.HOOK
    attempt: int = 1
    code: str = ""
    detail: str = ""
    background: int = 0
    stall_at: Instant | None = None

    @property
    def running(self) -> bool:
        """Whether the turn runs."""
        return False


Turn = RunningTurn | PastTurn


class Wait(Entity, frozen=True):
    """A usage limit that a session waits for: why, since when, and until when (staggered, so after the reset itself).

    ``guessed``: the agent did not report when it ends. ``due``: the limit has ended, and the session waits for a free slot.
    ``is_length``: it waits for a duration, not until a time of day, so setting the clock does not change it.
    """

    kind: str
    until: Instant
    since: Instant
    detail: str = ""
    guessed: bool = False
    due: bool = False
    is_length: bool = False


class Limited(Entity, frozen=True):
    """Consecutive usage limits, until a turn completes: how many, and since when."""

    hits: int
    since: Instant
