"""What an agent says of itself between its start and its end: its turns, and the limits it waits for."""

from maestrod.api.model.base import Entity, Instant
from maestrod.api.reason import Source


class Turn(Entity, frozen=True):
    """What the agent does by its own word: whether a turn runs, since when, and how we know.

    ``outcome`` is how the last one ended: ``completed``, ``failed``, ``interrupted`` or ``limit``; ``code`` and ``detail`` say more.
    ``background`` counts what goes on of it after its end. ``doing`` is a line on what it does now.
    """

    running: bool = False
    since: Instant = 0
    source: Source = Source.HOOK
    attempt: int = 1
    outcome: str | None = None
    code: str = ""
    detail: str = ""
    background: int = 0
    doing: str = ""


class Wait(Entity, frozen=True):
    """A usage limit that a session sits out: why, since when, and until when (staggered, so after the reset itself).

    ``guessed``: nobody said when it ends. ``due``: the time has come, and the session waits for a free slot. ``is_length``: it waits
    for a while and not for a moment of the wall clock, so a clock that is set does not change it.
    """

    kind: str
    until: Instant
    since: Instant
    detail: str = ""
    guessed: bool = False
    due: bool = False
    is_length: bool = False
