"""What the engine and the methods need of the floors below, as Protocols: each has a real part and a verified fake."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from maestrod.api.errors import MaestroError
from maestrod.api.event import Event, TimelinePage
from maestrod.api.session import StopResult
from maestrod.api.skill import AgentInfo, Persona, Skill
from maestrod.api.system import CheckReport, Mode
from maestrod.api.terminal import OutputPage
from maestrod.core.values.seen import FolderNames, Question, Seen
from maestrod.core.values.signs import Reading


class Store(Protocol):
    """Durability. ``append`` only queues; ``on_durable(seq)`` is called on the engine's thread when it is on disk."""

    durable_seq: int
    on_durable: Callable[[int], None]
    on_failure: Callable[[int], None]

    def append(self, events: Sequence[Event]) -> None:
        """Queue one decision, whose events have consecutive seqs. Raises ``Unavailable`` and queues nothing without room."""

    def refusal(self) -> MaestroError | None:
        """Why nothing can be changed now, or None."""

    def mode(self) -> Mode:
        """What the store allows."""

    def events_since(self, seq: int) -> Iterable[Event]:
        """Every durable event after ``seq``. Raises ``ResyncRequired`` when some are gone."""

    def timeline(
        self, session_id: str | None, task_id: str | None, cursor: str | None, *, backward: bool, limit: int
    ) -> TimelinePage:
        """A page of a timeline; entries not yet written behind are included."""

    def check(self) -> CheckReport:
        """Check the files against the world (slow: run it in a thread)."""


class Terminals(Protocol):
    """The running agents, as far as methods touch them directly."""

    async def send(self, session_id: str, data: bytes) -> None:
        """Type. Raises ``Unavailable`` when nobody reads."""

    async def resize(self, session_id: str, columns: int, rows: int) -> None:
        """Set the terminal's size."""

    def size(self, session_id: str) -> tuple[int, int]:
        """Columns and rows of the terminal, as far as they are known: those it began with, or that were set last."""

    def output(self, session_id: str, offset: int, limit: int) -> OutputPage:
        """A piece of the log."""

    def tail(self, session_id: str, lines: int, limit: int) -> OutputPage:
        """The last lines of the log."""

    async def wait_output(self, session_id: str, beyond: int) -> None:
        """Return when there is output after the offset, or the session has ended."""


class Stops(Protocol):
    """What became of the stops that decisions wanted."""

    def report(self, session_id: str) -> AbstractContextManager[Callable[[], Awaitable[StopResult]]]:
        """What waits for the report of the next stop of a session to end; entered before that stop is decided.

        The wait raises ``Unavailable`` when the session could not be stopped.
        """


class Eyes(Protocol):
    """Looks at the outside world for rules that must know it (``core/values/seen.py``)."""

    async def look(self, question: Question) -> Seen:
        """Answer within a bounded time. Raises ``Unavailable`` without an answer."""


#: Reads a hook's payload: agent, event, and the agent's own JSON. Never raises: an unreadable payload has no signs.
HookReader = Callable[[str, str, Any], Reading]


class Catalog(Protocol):
    """Skills, personas and agents."""

    def skills(self, working_dir: str | None) -> tuple[tuple[Skill, ...], tuple[str, ...]]:
        """Skills by the search order, and warnings."""

    def personas(self, working_dir: str | None) -> tuple[tuple[Persona, ...], tuple[str, ...]]:
        """Personas by the search order, and warnings."""

    def known_names(self, working_dir: str | None) -> FolderNames:
        """The names of both."""

    def agents(self) -> tuple[AgentInfo, ...]:
        """The adapters."""

    def reload(self) -> None:
        """Forget what was read."""
