"""Parts of an engine in tests: a stopped clock, and a store whose disk the test controls."""

from collections.abc import Callable, Iterable, Sequence

import trio

from maestrod.api.errors import MaestroError, Unavailable
from maestrod.api.event import Event, TimelinePage
from maestrod.api.system import CheckReport, Mode


class FixedClock:
    """A clock that the test sets, with fixed random bits. With ``boot``, jumps of the wall clock are noticed."""

    def __init__(self, now: int = 1_700_000_000_000, boot: str = "") -> None:
        self.now = now
        self.stepped = 0
        self.slept = 0
        self._boot = boot
        self._changed = trio.Event()

    def wall(self) -> int:
        return self.now

    def steady(self) -> int:
        return self.now - self.stepped

    def awake(self) -> int:
        return self.now - self.stepped - self.slept

    def boot(self) -> str:
        return self._boot

    async def changed(self) -> None:
        await self._changed.wait()

    def set_by(self, ms: int) -> None:
        """Set the wall clock, as a user would."""
        self.now += ms
        self.stepped += ms
        self._tell()

    def sleep_for(self, ms: int) -> None:
        """Let the machine sleep."""
        self.now += ms
        self.slept += ms
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def entropy(self) -> int:
        return 7


class HeldStore:
    """Keeps appended events, which become durable when the test calls ``flush`` (at once with ``instant``)."""

    def __init__(self, *, instant: bool = False) -> None:
        self.instant = instant
        self.lines: list[Sequence[Event]] = []
        self.refused: MaestroError | None = None
        self.full = False
        self.durable_seq = 0
        self.on_durable: Callable[[int], None] = lambda seq: None
        self.on_failure: Callable[[int], None] = lambda seq: None

    def append(self, events: Sequence[Event]) -> None:
        if self.full:
            raise Unavailable("store.no_space", "no room for this one")
        self.lines.append(events)
        if self.instant:
            self.flush()

    def flush(self) -> None:
        if self.lines:
            self.durable_seq = self.lines[-1][-1].seq
            self.on_durable(self.durable_seq)

    def fail(self) -> None:
        self.refused = Unavailable("store.read_only", "the disk is gone")
        self.on_failure(self.durable_seq)

    def refusal(self) -> MaestroError | None:
        return self.refused

    def mode(self) -> Mode:
        return Mode.OK if self.refused is None else Mode.READ_ONLY

    def events_since(self, seq: int) -> Iterable[Event]:
        return [event for line in self.lines for event in line if seq < event.seq <= self.durable_seq]

    def timeline(
        self, session_id: str | None, task_id: str | None, cursor: str | None, *, backward: bool, limit: int
    ) -> TimelinePage:
        return TimelinePage()

    def check(self) -> CheckReport:
        return CheckReport(ok=True)
