"""Holds the changes of each decision until it is durable and the files may be written.

Entities never change in place, so a reference keeps the state right after the decision, whatever is decided later.
"""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from maestrod.api.event import Event
from maestrod.core.world.world import World
from maestrod.store.layout import Layout, Owner, owners
from maestrod.store.snapshot import Capture
from maestrod.store.write_behind import Behind, Change, Key

#: Maximum number of cached paths.
_PATHS = 1000


class _Awaited(NamedTuple):
    seq: int
    changes: dict[Key, Change]
    timelines: list[Event]
    capture: Capture | None


class Handover:
    """Decisions on their way to ``behind``, in order. Used on the engine's thread only."""

    def __init__(self, layout: Layout, world: World, behind: Behind) -> None:
        self._layout = layout
        self._tables = world.tables
        self._behind = behind
        self._awaited: deque[_Awaited] = deque()
        self._paths: dict[Owner, Path] = {}

    def note(self, events: Sequence[Event], capture: Capture | None) -> None:
        """Add a decision that the world shows and the journal has queued."""
        changes: dict[Key, Change] = {}
        timelines = []
        for event in events:
            kind = event.type.partition(".")[0]
            if kind == "timeline":
                timelines.append(event)
            elif kind in self._tables:
                changes[kind, event.id] = (event.seq, self._tables[kind].get(event.id))
        self._awaited.append(_Awaited(events[-1].seq, changes, timelines, capture))

    def note_capture(self, capture: Capture) -> None:
        """Add a snapshot to be written once all of it is durable."""
        self._awaited.append(_Awaited(capture.seq, {}, [], capture))

    def release(self, seq: int) -> Capture | None:
        """Hand over everything up to ``seq``. Returns the newest capture in it."""
        changes: dict[Key, Change] = {}
        capture = None
        while self._awaited and self._awaited[0].seq <= seq:
            awaited = self._awaited.popleft()
            changes.update(awaited.changes)
            for event in awaited.timelines:
                for owner in owners(event.session_id, event.task_id):
                    self._behind.timelines.add(self._path(owner), event)
            capture = awaited.capture or capture
        self._behind.add(seq, changes)
        return capture

    def _path(self, owner: Owner) -> Path:
        """The path of the owner's timeline. Cached, because making a path costs more than writing an entry."""
        path = self._paths.get(owner)
        if path is None:
            if len(self._paths) >= _PATHS:
                self._paths.clear()
            path = self._paths[owner] = self._layout.timeline(*owner)
        return path

    def clear(self) -> None:
        """Drop everything that will never be durable."""
        self._awaited.clear()
