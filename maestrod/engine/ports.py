"""The Protocols through which the engine and the methods use other floors. Each has a real implementation and a verified fake."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from maestrod.api.errors import MaestroError
from maestrod.api.event import Event, TimelinePage
from maestrod.api.model.base import Entity
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
        """Queue one decision, whose events have consecutive seqs. Without room, raises ``Unavailable`` and queues nothing."""

    def refusal(self) -> MaestroError | None:
        """Why nothing can be changed now, or None."""

    def mode(self) -> Mode:
        """What the store allows."""

    def events_since(self, seq: int) -> Iterable[Event]:
        """Every durable event after ``seq``. Raises ``ResyncRequired`` if some are gone."""

    def timeline(
        self, session_id: str | None, task_id: str | None, cursor: str | None, *, backward: bool, limit: int
    ) -> TimelinePage:
        """A page of a timeline, including entries that are not yet in its file."""

    def check(self) -> CheckReport:
        """Check the files against the world (slow: run it in a thread)."""


class EditedFile(Protocol):
    """An entity file that a user edited; ``entity`` is what it says now."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def entity(self) -> Entity: ...
    @property
    def path(self) -> Path: ...


EditT = TypeVar("EditT", bound=EditedFile)
EditT_co = TypeVar("EditT_co", bound=EditedFile, covariant=True)


class FoundEdits(Protocol[EditT_co]):
    """What a scan found: valid edits, and a warning for each of the others."""

    @property
    def edits(self) -> Sequence[EditT_co]: ...
    @property
    def warnings(self) -> Sequence[str]: ...


class EditableFiles(Protocol[EditT]):
    """The readable files of a store, which users may edit while no daemon runs. Both are slow: run them in a thread."""

    def scan_edits(self) -> FoundEdits[EditT]:
        """Find the edits."""

    def refuse_edit(self, edit: EditT, reason: str) -> str:
        """Put a refused edit aside and restore its file. Returns a sentence for the user."""


class Terminals(Protocol):
    """The terminals of running agents, for methods that use them directly."""

    async def send(self, session_id: str, data: bytes) -> None:
        """Type into the terminal. Raises ``Unavailable`` if nothing reads it."""

    async def resize(self, session_id: str, columns: int, rows: int) -> None:
        """Set the terminal's size."""

    def size(self, session_id: str) -> tuple[int, int]:
        """Columns and rows of the terminal: those it began with, or those set last."""

    def output(self, session_id: str, offset: int, limit: int) -> OutputPage:
        """A part of the output log."""

    def tail(self, session_id: str, lines: int, limit: int) -> OutputPage:
        """The last lines of the output log."""

    async def wait_output(self, session_id: str, beyond: int) -> None:
        """Return when there is output after the offset, or the session has ended."""


class Stops(Protocol):
    """Reports on stops that decisions requested."""

    def report(self, session_id: str) -> AbstractContextManager[Callable[[], Awaitable[StopResult]]]:
        """A context that yields a function which waits for the report of a session's next stop. Enter it before the stop is
        decided.

        The function raises ``Unavailable`` if the session could not be stopped.
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
        """Skills in search order, and warnings."""

    def personas(self, working_dir: str | None) -> tuple[tuple[Persona, ...], tuple[str, ...]]:
        """Personas in search order, and warnings."""

    def known_names(self, working_dir: str | None) -> FolderNames:
        """The names of the personas and skills."""

    def agents(self) -> tuple[AgentInfo, ...]:
        """The adapters."""

    def reload(self) -> None:
        """Drop the cache."""
