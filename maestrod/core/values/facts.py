"""What the daemon finds out by itself: facts enter the engine by the same inbox as commands."""

import msgspec

from maestrod.api.process import Exit, ProcessIdentity
from maestrod.api.reason import Source
from maestrod.api.system import ClockMark
from maestrod.core.values.deadline import Deadline
from maestrod.core.values.signs import Sign


class Fact(msgspec.Struct, frozen=True, tag=True):
    """Base of all facts."""


class Launched(Fact, frozen=True):
    """A session's agent was started (or found running by a new daemon, ``adopted``); ``warning`` is for people."""

    session_id: str
    attempt: int
    process: ProcessIdentity
    adopted: bool = False
    warning: str = ""


class LaunchFailed(Fact, frozen=True):
    """A session's agent could not be started. ``retryable``: the machine was short of something (EAGAIN, EMFILE)."""

    session_id: str
    attempt: int
    code: str
    message: str
    retryable: bool = False


class EndedProcess(msgspec.Struct, frozen=True):
    """A process that was ended along with an agent, and what it called itself."""

    pid: int
    name: str


class EndedAlong(msgspec.Struct, frozen=True):
    """What was ended along with an agent: ``count`` processes, the first of them by name."""

    processes: tuple[EndedProcess, ...] = ()
    count: int = 0


class Exited(Fact, frozen=True):
    """A session's agent ended. ``verdict`` is the adapter's judgement: ``completed``, ``failed`` or ``stopped``.

    ``tail`` is the last lines of its output, ``along`` what was ended with it.
    """

    session_id: str
    attempt: int
    exit: Exit
    verdict: str
    tail: str = ""
    along: EndedAlong = EndedAlong()


class Lost(Fact, frozen=True):
    """A session's process is gone and nobody knows how it ended."""

    session_id: str
    attempt: int
    detail: str
    along: EndedAlong = EndedAlong()


class Woke(Fact, frozen=True):
    """A deadline of the world (``World.deadlines``) has passed."""

    deadline: Deadline


class DaemonStarted(Fact, frozen=True):
    """The daemon has found its sessions again. Scheduling follows every decision, and what the last daemon gave back waits for one."""


class ClockMoved(Fact, frozen=True):
    """The wall clock was set by ``step`` ms, or the machine slept for ``slept`` ms; ``mark`` is how the clocks stand now.

    Both are 0 after a start of the machine, when nobody knows.
    """

    mark: ClockMark
    step: int = 0
    slept: int = 0


class Edited(Fact, frozen=True):
    """A person changed an entity's file while the daemon was down; ``data`` is the validated entity as JSON."""

    kind: str
    id: str
    data: bytes


class Draining(Fact, frozen=True):
    """The daemon is about to stop its sessions: from now on it starts no new ones. Nothing of this is kept, so it is never refused."""


class StoppingSessions(Fact, frozen=True):
    """The daemon stops and takes its sessions with it: the next daemon starts their work again."""


class Signed(Fact, frozen=True):
    """Signs read from what an agent prints (``stream``: lines of its output, ``screen``: its terminal's title).

    ``read_to`` is the offset in the output after what they were read from: the next daemon goes on reading there.
    """

    session_id: str
    attempt: int
    source: Source
    signs: tuple[Sign, ...]
    read_to: int = 0


class NotDelivered(Fact, frozen=True):
    """A message could not be written to its agent at all, so it may be tried again."""

    session_id: str
    attempt: int
    message_id: str
    detail: str


class Withdrawn(Fact, frozen=True):
    """The hook that waited for an answer is gone, and the daemon was there to see it."""

    attention_id: str


class Probed(Fact, frozen=True):
    """What a look at a silent agent found: whether it shows any life (``busy``), and how that was seen."""

    session_id: str
    attempt: int
    busy: bool
    detail: str
