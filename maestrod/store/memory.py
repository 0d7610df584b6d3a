"""A store without a disk, for tests of other floors: the same contract, verified by the same tests.

Events go through the journal's encoding, so data that could not be written cannot be stored here either. A decision becomes
durable when ``call_soon`` runs, or, with ``hold``, when the test calls ``commit``. A test can also make the store
refuse changes, or fail and lose what was not durable.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from maestrod.api.errors import MaestroError, ResyncRequired, Unavailable
from maestrod.api.event import Event, TimelineEvent, TimelinePage
from maestrod.api.system import CheckReport, Mode
from maestrod.core.values.policy import Policy
from maestrod.core.world.world import World
from maestrod.store.record import decode, encode
from maestrod.store.timeline import parse_cursor
from maestrod.store.timeline_reading import BEHIND_ALL


class MemoryStore:
    """See ``engine.ports.Store``. ``refused`` is the result of ``refusal``."""

    def __init__(
        self, call_soon: Callable[[Callable[[], object]], object], *, policy: Policy | None = None, hold: bool = False
    ) -> None:
        self.world = World(policy)
        self.durable_seq = 0
        self.on_durable: Callable[[int], None] = lambda seq: None
        self.on_failure: Callable[[int], None] = lambda seq: None
        self.on_alert: Callable[[str], None] = lambda message: None
        self.hold = hold
        self.refused: MaestroError | None = None
        self._call_soon = call_soon
        self._events: list[Event] = []

    def append(self, events: Sequence[Event]) -> None:
        """Queue one decision."""
        if self.refused is not None:
            raise self.refused
        self._events += decode(encode(events)[:-1]).events
        if not self.hold:
            self._call_soon(self.commit)

    def commit(self) -> None:
        """Make everything queued durable, on the engine's thread."""
        if self._events and self._events[-1].seq > self.durable_seq:
            self.durable_seq = self._events[-1].seq
            self.on_durable(self.durable_seq)

    def fail(self) -> None:
        """Lose everything that is not durable, and become read-only."""
        self._events = [event for event in self._events if event.seq <= self.durable_seq]
        self.refused = Unavailable("store.read_only", "the store is read-only: a test said so")
        self.on_failure(self.durable_seq)

    def refusal(self) -> MaestroError | None:
        """Why nothing may be changed now, or None."""
        return self.refused

    def mode(self) -> Mode:
        """What the store allows."""
        if self.refused is None:
            return Mode.OK
        return Mode.NO_SPACE if self.refused.reason == "store.no_space" else Mode.READ_ONLY

    def events_since(self, seq: int) -> Iterator[Event]:
        """Every durable event after ``seq``; none is ever removed."""
        if seq > self.durable_seq:
            raise ResyncRequired(
                "event.resync_required", f"event {seq} does not exist; the newest is {self.durable_seq}"
            )
        return iter([event for event in self._events if seq < event.seq <= self.durable_seq])

    def timeline(
        self, session_id: str | None, task_id: str | None, cursor: str | None, *, backward: bool, limit: int
    ) -> TimelinePage:
        """A page of a timeline."""
        seq = parse_cursor(cursor, BEHIND_ALL if backward else 0)
        entries = [
            entry for entry in self._entries(session_id, task_id) if (entry.seq < seq if backward else entry.seq > seq)
        ]
        items = list(islice(reversed(entries) if backward else entries, limit + 1))
        more, items = len(items) > limit, items[:limit]
        next_cursor = str(items[-1].seq) if more else None
        return TimelinePage(items=tuple(reversed(items) if backward else items), next_cursor=next_cursor)

    def check(self) -> CheckReport:
        """A report without problems, because there are no files."""
        return CheckReport(ok=True, counts={"events": len(self._events)})

    def close(self) -> None:
        """Make everything queued durable, and accept no more."""
        self.commit()
        self.refused = Unavailable("store.closed", "the store is closed")

    def _entries(self, session_id: str | None, task_id: str | None) -> Iterator[TimelineEvent]:
        for event in self._events:
            if event.type == "timeline.added" and event.seq <= self.durable_seq:
                entry = msgspec.convert({**event.data, "seq": event.seq}, TimelineEvent)
                if session_id in {None, entry.session_id} and task_id in {None, entry.task_id}:
                    yield entry
