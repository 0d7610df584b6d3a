"""A moment that an entity waits for, named by its kind and the entity's id."""

import enum
from typing import NamedTuple


class DeadlineKind(enum.StrEnum):
    """What the passing of the deadline means."""

    REGISTER = "register"  #: a session's agent has shown no sign of life
    TIMEOUT = "timeout"  #: an attempt at a task took too long
    RETRY = "retry"  #: a task may be retried
    ANSWER = "answer"  #: a question was not answered in time
    FINISH = "finish"  #: an agent that should exit has not exited by itself
    WAKE = "wake"  #: a session's usage limit has ended
    LIMIT = "limit"  #: sessions of an agent may start again; the id is the agent's name
    STALL = "stall"  #: an agent has been silent in the middle of a turn
    QUIET = "quiet"  #: the screen of an agent in the middle of a turn has stayed idle

    @property
    def needs_reports(self) -> bool:
        """Whether it judges an agent or user that may have acted in time, so that pending reports are processed first.

        The other kinds only start something.
        """
        return self in _NEED_WORD


_NEED_WORD = frozenset(
    {
        DeadlineKind.REGISTER,
        DeadlineKind.TIMEOUT,
        DeadlineKind.ANSWER,
        DeadlineKind.FINISH,
        DeadlineKind.STALL,
        DeadlineKind.QUIET,
    }
)


class Deadline(NamedTuple):
    """The name of one deadline of one entity; ``World.deadlines`` has its time."""

    kind: DeadlineKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
