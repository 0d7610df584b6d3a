"""What the daemon finds out by itself. Facts enter the engine through the same inbox as commands."""

import enum

import msgspec

from maestrod.api.process import Exit, ProcessIdentity
from maestrod.api.reason import Source
from maestrod.api.system import ClockMark
from maestrod.core.values.deadline import Deadline
from maestrod.core.values.signs import Sign


class Fact(msgspec.Struct, frozen=True, tag=True):
    """Base of all facts."""


class Launched(Fact, frozen=True):
    """A session's agent was started, or a new daemon found it running (``adopted``). ``warning`` is for users."""

    session_id: str
    attempt: int
    process: ProcessIdentity
    adopted: bool = False
    warning: str = ""


class LaunchFailed(Fact, frozen=True):
    """A session's agent could not be started. ``retryable``: the machine was short of a resource (EAGAIN, EMFILE)."""

    session_id: str
    attempt: int
    code: str
    message: str
    retryable: bool = False


class EndedProcess(msgspec.Struct, frozen=True):
    """A process that was ended along with an agent, and its name."""

    pid: int
    name: str


class EndedAlong(msgspec.Struct, frozen=True):
    """The processes that were ended along with an agent: how many, and the first of them by name."""

    processes: tuple[EndedProcess, ...] = ()
    count: int = 0


class Judgement(enum.Enum):
    """What the end of an agent's process means for its session, as the adapter judges it."""

    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


class Exited(Fact, frozen=True):
    """A session's agent ended. ``judgement`` is the adapter's.

    ``tail`` is the last lines of its output; ``ended_along`` lists the processes that were ended with it.
    """

    session_id: str
    attempt: int
    exit: Exit
    judgement: Judgement
    tail: str = ""
    ended_along: EndedAlong = EndedAlong()


class Lost(Fact, frozen=True):
    """A session's process is gone, and its end was not recorded."""

    session_id: str
    attempt: int
    detail: str
    ended_along: EndedAlong = EndedAlong()


class Woke(Fact, frozen=True):
    """A deadline of the world (``World.deadlines``) has passed."""

    deadline: Deadline


class DaemonStarted(Fact, frozen=True):
    """The daemon has adopted its sessions. This decision schedules the work that the last daemon gave back."""


class ClockMoved(Fact, frozen=True):
    """The wall clock was set by ``step`` ms, or the machine slept for ``slept`` ms; ``mark`` has the present clock readings.

    Both are 0 after the machine has started, because then neither is known.
    """

    mark: ClockMark
    step: int = 0
    slept: int = 0


class Edited(Fact, frozen=True):
    """A user edited an entity's file while the daemon was down; ``data`` is the validated entity as JSON."""

    kind: str
    id: str
    data: bytes


class Draining(Fact, frozen=True):
    """The daemon is about to stop its sessions and starts no new ones from now on. It changes no entity, so it is never
    refused.
    """


class StoppingSessions(Fact, frozen=True):
    """The daemon stops along with its sessions; the next daemon starts their work again."""


class Signed(Fact, frozen=True):
    """Signs read from an agent's output (``source`` is ``stream`` for lines, ``screen`` for the terminal's title).

    ``read_to`` is the offset in the output log up to which it was read; the next daemon continues there.
    """

    session_id: str
    attempt: int
    source: Source
    signs: tuple[Sign, ...]
    read_to: int = 0


class NotDelivered(Fact, frozen=True):
    """No part of a message could be written to its agent, so it may be retried."""

    session_id: str
    attempt: int
    message_id: str
    detail: str


class Withdrawn(Fact, frozen=True):
    """The hook that waited for an answer disconnected while the daemon was running."""

    attention_id: str


class Probed(Fact, frozen=True):
    """The result of checking a silent agent: whether it is ``busy``, and the evidence for that."""

    session_id: str
    attempt: int
    busy: bool
    detail: str
