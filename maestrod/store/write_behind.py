"""Writes the files behind the journal: entity files, timelines, the snapshot. No caller waits for them.

Only durable changes are handed over (``add``), so no file contains anything that a crash can undo. Of several changes of one
entity, only the newest is written. ``flush`` writes a limited number of files. ``settle`` also writes the watermark, the seq up
to which all files are complete, so that a start may use the files if the journal is damaged. ``checkpoint`` writes a snapshot
instead, after which older segments of the journal are no longer needed.
"""

import threading
import zlib
from collections.abc import Mapping

import msgspec

from maestrod.api.model.base import Entity
from maestrod.store.entities import encode_file, is_genuine, unknown_members
from maestrod.store.files import Files, atomic_write, exists
from maestrod.store.layout import FOLDERS, Layout
from maestrod.store.quarantine import quarantine, quarantine_folder
from maestrod.store.snapshot import Capture, write_snapshot
from maestrod.store.timeline import Timelines

#: Kind and id.
Key = tuple[str, str]
#: An entity as of a seq; None if it was deleted.
Change = tuple[int, Entity | None]


class _Watermark(msgspec.Struct):
    seq: int
    check: str


def encode_watermark(seq: int) -> bytes:
    """The content of the watermark file: every entity file and timeline reflects all events up to ``seq``, the last of a
    decision.
    """
    return msgspec.json.encode(_Watermark(seq, f"{zlib.crc32(b'%d' % seq):08x}")) + b"\n"


def decode_watermark(data: bytes) -> int:
    """The seq of a watermark; 0 if it is damaged, because the watermark only adds trust."""
    try:
        found = msgspec.json.decode(data, type=_Watermark)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0
    return found.seq if encode_watermark(found.seq) == data else 0


class Behind:
    """The files behind the journal. Call ``add`` on the engine's thread, everything else on the writer's."""

    def __init__(self, files: Files, layout: Layout, timelines: Timelines, *, reflected: int = 0) -> None:
        self.timelines = timelines
        self.snapshot_seq = 0
        self.snapshot_size = 0
        self._files = files
        self._layout = layout
        self._lock = threading.Lock()
        self._dirty: dict[Key, Change] = {}
        self._expected: set[Key] = set()
        self._complete = reflected
        self._reflected = reflected

    @property
    def idle(self) -> bool:
        """Whether nothing is left to write."""
        return not self._dirty and not self.timelines.waiting and self._complete <= self._reflected

    def add(self, seq: int, changes: Mapping[Key, Change]) -> None:
        """Hand over the changes of all decisions up to ``seq``, which are durable."""
        with self._lock:
            self._dirty.update(changes)
            self._complete = max(seq, self._complete)

    def expect(self, edited: set[Key]) -> None:
        """Allow replacing these hand-edited files without a copy, because their edits are being applied."""
        with self._lock:
            self._expected |= edited

    def flush(self, limit: int | None = None) -> bool:
        """Write timelines and up to ``limit`` entity files. Returns whether everything is written."""
        self.timelines.flush()
        with self._lock:
            keys = list(self._dirty)[:limit]
            batch = {key: self._dirty.pop(key) for key in keys}
            done = not self._dirty
        try:
            self._write_entities(batch)
        except OSError:
            with self._lock:
                self._dirty = {**batch, **self._dirty}  # retry later; changes that arrived meanwhile are newer
            raise
        return done

    def settle(self) -> None:
        """Write everything, then the watermark."""
        seq = self._write_all()
        if seq > max(self._reflected, self.snapshot_seq):
            atomic_write(self._files, self._layout.watermark, encode_watermark(seq))
        self._reflected = max(self._reflected, seq)

    def checkpoint(self, capture: Capture) -> None:
        """Write everything, then the snapshot."""
        self._write_all()
        self.snapshot_size = write_snapshot(self._files, self._layout.snapshot, capture)
        self.snapshot_seq = capture.seq
        self._reflected = max(self._reflected, capture.seq)

    def _write_all(self) -> int:
        with self._lock:
            seq = self._complete
        self.flush()
        self.timelines.sync()
        return seq

    def _write_entities(self, batch: Mapping[Key, Change]) -> None:
        folders: dict[str, None] = {}
        for (kind, id_), (seq, entity) in batch.items():
            if kind not in FOLDERS:
                continue
            folders[kind] = None
            if entity is None:
                self._remove(kind, id_)
            else:
                self._replace(kind, id_, seq, entity)
        for kind in folders:
            self._files.fsync_dir(self._layout.folder(kind))

    def _replace(self, kind: str, id_: str, seq: int, entity: Entity) -> None:
        path = self._layout.entity(kind, id_)
        unknown = {}
        try:
            old = self._files.read(path)
            unknown = unknown_members(kind, old)
            if not is_genuine(old) and (kind, id_) not in self._expected:
                quarantine(
                    self._files,
                    self._layout.quarantine,
                    path,
                    old,
                    "edited or damaged while the daemon changed the same entity",
                )
        except IsADirectoryError:
            quarantine_folder(self._files, self._layout.quarantine, path)
        except (FileNotFoundError, PermissionError):
            pass  # nothing to carry over, or not readable: it is replaced all the same
        atomic_write(self._files, path, encode_file(entity, seq, unknown), sync_dir=False)
        self._expected.discard((kind, id_))

    def _remove(self, kind: str, id_: str) -> None:
        path = self._layout.entity(kind, id_)
        if exists(self._files, path):
            self._files.unlink(path)
