"""Recovery: what a start trusts, and in which order.

1. The snapshot, if it is intact; else an empty world, if the journal begins with event 1; else the entity files.
2. The journal from there on. A torn last commit is cut, because it was not acknowledged.
3. If acknowledged events cannot be read (a damaged line, a missing segment), the entity files are used, provided the watermark
   says that all of them reflect at least the missing events. Later events are applied as usual.
4. If no copy covers the missing events, the store opens read-only with the world before them, and reports the file and line. It
  is never opened empty over existing data.

Unreadable data is copied to ``quarantine/`` and named in the report.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from maestrod.api.event import Event
from maestrod.api.model.base import Entity
from maestrod.core.values.policy import Policy
from maestrod.core.world.entities import RememberedRequest
from maestrod.core.world.world import World
from maestrod.store.entities import BadEntityFile, decode_file
from maestrod.store.files import Files
from maestrod.store.layout import FOLDERS, Layout, Owner
from maestrod.store.quarantine import quarantine, quarantine_folder
from maestrod.store.reader import Damage, End, Item, read_journal
from maestrod.store.replay import Gap, Replay
from maestrod.store.segments import list_segments
from maestrod.store.snapshot import BadSnapshot, Snapshot, read_snapshot
from maestrod.store.write_behind import Key, decode_watermark


@dataclass
class Recovered:
    """What a start loaded. ``report`` has sentences for the user; ``read_only`` is why nothing may be changed, or None.

    ``trusted_seq``: files and timelines are complete up to here. ``touched`` has the entities changed since, ``timelines``
    the entries since, by session or task. ``end`` is where the journal continues (None: in a new segment).
    """

    world: World
    report: list[str]
    read_only: str | None = None
    snapshot_seq: int = 0
    trusted_seq: int = 0
    touched: dict[Key, int] = field(default_factory=dict)
    timelines: dict[Owner, list[Event]] = field(default_factory=dict)
    end: End | None = None


def recover(files: Files, layout: Layout, policy: Policy | None = None, *, keep_copies: bool = True) -> Recovered:
    """Load the world of ``layout``. Writes only to ``quarantine/``, and without ``keep_copies`` not even there."""
    return _Recovery(files, layout, policy, layout.quarantine if keep_copies else None).run()


@dataclass(frozen=True)
class _FileBase:
    """The entities from their files, and the problems of unreadable files."""

    entities: list[Entity]
    versions: dict[Key, int]
    lost: list[str]


class _Recovery:
    def __init__(self, files: Files, layout: Layout, policy: Policy | None, copies: Path | None) -> None:
        self.copies = copies
        self.files = files
        self.layout = layout
        self.policy = policy
        self.report: list[str] = []
        self.quarantined: set[tuple[Path, int]] = set()
        self.watermark = self._read_watermark()
        self.first_seq = next((each.first_seq for each in list_segments(files, layout.journal)), None)

    def run(self) -> Recovered:
        snapshot = self._read_snapshot()
        floor = max(self.watermark, snapshot.seq if snapshot else 0)
        if snapshot is None and self.first_seq != 1 and self._has_entity_files():
            return self._from_files(None, max(floor, (self.first_seq or 1) - 1), None)
        if snapshot is None and self.first_seq not in {None, 1}:
            missing = Gap(
                1,
                (self.first_seq or 1) - 1,
                "the journal does not begin with event 1, and there is neither a snapshot nor entity files",
            )
            return self._read_only(Replay(World(self.policy), self.layout), missing)
        replay = Replay(
            self._world(snapshot.entities if snapshot else (), snapshot.seq if snapshot else 0), self.layout
        )
        try:
            replay.run(self._items(replay.world.seq))
            self._check_reached(replay, floor, "had been acknowledged")
        except Gap as gap:
            if gap.is_covered(self.watermark):
                return self._from_files(snapshot, self.watermark, (replay, gap))
            return self._read_only(replay, gap)
        return self._done(replay, snapshot, floor)

    def _check_reached(self, replay: Replay, seq: int, because: str) -> None:
        """Raise ``Gap`` if the journal ends before an event that is known to have existed."""
        if replay.world.seq < seq:
            reason = f"the journal in {self.layout.journal} ends before event {seq}, which {because}"
            raise Gap(replay.world.seq + 1, seq, reason)

    def _from_files(self, snapshot: Snapshot | None, floor: int, cause: tuple[Replay, Gap] | None) -> Recovered:
        """Load the entity files, which reflect at least every event up to ``floor``, and replay the journal from there."""
        base = self._read_entity_files()
        if cause is not None and base.lost:
            return self._read_only(*cause)
        requests = [entity for entity in snapshot.entities if isinstance(entity, RememberedRequest)] if snapshot else []
        newest = max(base.versions.values(), default=0)
        floor = floor if self.first_seq is not None else max(floor, newest)
        replay = Replay(self._world([*base.entities, *requests], floor), self.layout, base.versions, from_files=True)
        self.report.append(
            f"the world was rebuilt from the entity files as of event {floor}"
            + (f": {cause[1].reason}" if cause else "")
        )
        try:
            replay.run(self._items(floor))
            self._check_reached(replay, newest, "an entity file reflects")
        except Gap as gap:
            return self._read_only(replay, gap)
        recovered = self._done(replay, snapshot, floor)
        if base.lost:
            recovered.read_only = "these entities exist in no other copy: " + "; ".join(base.lost)
        return recovered

    def _done(self, replay: Replay, snapshot: Snapshot | None, floor: int) -> Recovered:
        if replay.torn is not None:
            self.report.append(
                f"{replay.torn.path}: cut {len(replay.torn.rest)} bytes of a commit that was never acknowledged"
            )
        touched = {key: seq for key, seq in replay.touched.items() if seq > floor}
        replay.world.index()
        end = replay.end if replay.end and replay.end.path and replay.end.next_seq == replay.world.seq + 1 else None
        return Recovered(
            replay.world, self.report, None, snapshot.seq if snapshot else 0, floor, touched, replay.timelines, end
        )

    def _read_only(self, replay: Replay, gap: Gap) -> Recovered:
        missing = (
            f"event {gap.first}" if gap.last == gap.first else f"events {gap.first} to {gap.last or 'an unknown one'}"
        )
        reason = (
            f"{missing} cannot be read ({gap.reason}), and no other copy covers them. The daemon shows the state before them. "
            "Restore an intact copy of that file, or export this state with `maestroctl store export` and import it into an empty folder"
        )
        self.report.append(reason)
        replay.world.index()
        return Recovered(replay.world, self.report, reason, trusted_seq=replay.world.seq, timelines=replay.timelines)

    def _items(self, after: int) -> Iterator[Item]:
        for item in read_journal(self.files, self.layout.journal, after):
            if isinstance(item, Damage) and (item.path, item.line_number) not in self.quarantined:
                self.quarantined.add((item.path, item.line_number))
                where = f"line {item.line_number}: {item.reason}"
                self.report.append(quarantine(self.files, self.copies, item.path, item.line + b"\n", where))
            yield item

    def _world(self, entities: Iterable[Entity], seq: int) -> World:
        world = World(self.policy)
        world.fill(entities)
        world.reach(seq)
        return world

    def _read_snapshot(self) -> Snapshot | None:
        path = self.layout.snapshot
        try:
            data = self.files.read(path)
        except FileNotFoundError:
            return None
        except IsADirectoryError:
            self.report.append(quarantine_folder(self.files, self.copies, path))
            return None
        except OSError as error:
            self.report.append(f"{path}: cannot be read: {error.strerror}")
            return None
        try:
            return read_snapshot(data)
        except BadSnapshot as error:
            self.report.append(quarantine(self.files, self.copies, path, data, f"not a whole snapshot: {error}"))
            return None

    def _read_watermark(self) -> int:
        try:
            return decode_watermark(self.files.read(self.layout.watermark))
        except OSError:
            return 0  # without it, fewer gaps are covered

    def _has_entity_files(self) -> bool:
        return any(self.layout.entity_names(self.files, kind) for kind in FOLDERS)

    def _read_entity_files(self) -> _FileBase:
        base = _FileBase([], {}, [])
        for kind in FOLDERS:
            for id_, path in self.layout.entity_names(self.files, kind).items():
                try:
                    data = self.files.read(path)
                except OSError as error:
                    base.lost.append(f"{path}: {error.strerror}")
                    continue
                try:
                    found = decode_file(kind, id_, data)
                except BadEntityFile as error:
                    base.lost.append(quarantine(self.files, self.copies, path, data, str(error)))
                    continue
                base.entities.append(found.entity)
                base.versions[kind, id_] = found.seq
        return base
