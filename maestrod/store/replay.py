"""Replay: rebuilds the world from a base (snapshot, nothing, or the entity files) and the journal.

Events are applied in order without a gap. Each entity file has its own seq, so with files as the base, an event
is applied only if it is newer than the file of the entity that it changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from maestrod.api.event import Event
from maestrod.core.world.world import World
from maestrod.store.layout import FOLDERS, Layout, Owner, owners
from maestrod.store.reader import Damage, End, Item, Torn
from maestrod.store.record import Record
from maestrod.store.write_behind import Key


@dataclass
class Gap(Exception):
    """Events ``first`` to ``last`` (None: unknown) are missing from the journal, for ``reason``."""

    first: int
    last: int | None
    reason: str
    is_one_decision: bool = False

    def is_covered(self, seq: int) -> bool:
        """Whether files that reflect every decision up to ``seq`` contain the missing events."""
        return self.last <= seq if self.last is not None else self.is_one_decision and self.first <= seq


@dataclass
class Replay:
    """A world during replay. With ``from_files``, each entity has its own seq in ``versions``."""

    world: World
    layout: Layout
    versions: Mapping[Key, int] = field(default_factory=dict)
    from_files: bool = False
    touched: dict[Key, int] = field(default_factory=dict)
    timelines: dict[Owner, list[Event]] = field(default_factory=dict)
    torn: Torn | None = None
    end: End | None = None
    _damage: list[Damage] = field(default_factory=list)

    def run(self, items: Iterable[Item]) -> None:
        """Apply all items. Raises ``Gap`` if events are missing; the world is then as of the event before."""
        for item in items:
            if isinstance(item, Record):
                self._apply(item)
            elif isinstance(item, Damage):
                self._damage.append(item)
            elif isinstance(item, Torn):
                self.torn = item
            else:
                self._finish(item)

    def _apply(self, record: Record) -> None:
        expected = self.world.seq + 1
        if record.seq > expected:
            raise Gap(expected, record.seq - 1, self._why(expected))
        for event in record.events:
            if event.seq >= expected:
                self._apply_event(event)
        self._damage.clear()

    def _apply_event(self, event: Event) -> None:
        if event.type == "timeline.added":
            for owner in owners(event.session_id, event.task_id):
                if (entries := self.timelines.get(owner)) is None:
                    entries = self.timelines[owner] = []
                entries.append(event)
            self.world.reach(event.seq)
            return
        kind, _, what = event.type.partition(".")
        key = (kind, event.id)
        if event.seq <= self.versions.get(key, 0):
            self.world.reach(event.seq)
            return
        try:
            self.world.apply(event)
        except (KeyError, msgspec.ValidationError) as error:
            if not self._is_gone(key, what):
                raise Gap(
                    event.seq,
                    event.seq,
                    f"event {event.seq} ({event.type} {event.id}) does not fit what is known: {error!r}",
                ) from error
            self.world.reach(event.seq)
        self.touched[key] = event.seq

    def _is_gone(self, key: Key, verb: str) -> bool:
        """Whether the entity's file is already gone because a later event deletes the entity."""
        kind, id_ = key
        return self.from_files and kind in FOLDERS and id_ not in self.world.tables[kind] and verb != "created"

    def _finish(self, end: End) -> None:
        self.end = end
        if not self._damage:
            return
        expected = self.world.seq + 1
        first, last = self._damage[0].first_seq, self._damage[-1].last_seq
        is_one = len(self._damage) == 1 and self._damage[0].is_one_decision
        if (last is not None and last < expected) or (is_one and first < expected):
            return  # the base reflects it: a base ends with a whole decision, and a line is one decision
        raise Gap(expected, last, self._why(expected), is_one_decision=is_one)

    def _why(self, first: int) -> str:
        for damage in self._damage:
            if damage.first_seq >= first or damage.last_seq is None or damage.last_seq >= first:
                return f"{damage.path} line {damage.line_number}: {damage.reason}"
        return f"no segment in {self.layout.journal} has event {first}"
