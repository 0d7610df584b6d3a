"""A moment that an entity waits for, by what for and by whose it is."""

import enum
from typing import NamedTuple


class DeadlineKind(enum.StrEnum):
    """What is to happen at the moment."""

    REGISTER = "register"  #: the agent of a session has shown no sign of life
    TIMEOUT = "timeout"  #: an attempt at a task has taken too long
    RETRY = "retry"  #: a task may be tried again
    ANSWER = "answer"  #: nobody has answered a question
    FINISH = "finish"  #: an agent that was let go has not ended by itself
    WAKE = "wake"  #: a session has sat out a usage limit
    LIMIT = "limit"  #: agents of a kind may be started again; the id is the agent's name
    STALL = "stall"  #: an agent in the middle of a turn has said nothing
    QUIET = "quiet"  #: the screen of an agent in the middle of a turn has stayed idle

    @property
    def needs_word(self) -> bool:
        """Whether it judges somebody who may have reported in time, so that reports are heard first; the others begin something."""
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
    """Names one moment of one entity; when it is says ``World.deadlines``."""

    kind: DeadlineKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
