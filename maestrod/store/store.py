"""The store: combines the journal, the files behind it, and recovery. It is the only part of this package that the daemon
opens.

``append`` queues a decision that the world already shows; ``on_durable`` is called on the engine's thread once it survives a
power loss. The store has two threads: the committer flushes the journal, and the writer updates the readable files.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from maestrod.api.errors import MaestroError, Unavailable
from maestrod.api.event import Event, TimelinePage
from maestrod.api.model.base import Entity
from maestrod.api.system import CheckReport, Mode
from maestrod.core.values.policy import Policy
from maestrod.store.archive import archive_tree
from maestrod.store.committer import Committer
from maestrod.store.edits import Edit, Scan, Since, scan_edits
from maestrod.store.files import Files, RealFiles, exists, remove
from maestrod.store.format import open_format
from maestrod.store.fsck import check_files
from maestrod.store.handover import Handover
from maestrod.store.history import Retention, drop_old_segments, events_between
from maestrod.store.journal import Journal
from maestrod.store.layout import FOLDERS, Layout
from maestrod.store.quarantine import quarantine
from maestrod.store.record import encode
from maestrod.store.recovery import Recovered, recover
from maestrod.store.segments import SEGMENT_SIZE, reopen
from maestrod.store.snapshot import Capture
from maestrod.store.timeline import Timelines
from maestrod.store.write_behind import Behind, Key
from maestrod.store.writer import Writer

#: A snapshot is due after this many bytes of journal, or half its own size if that is more.
CHECKPOINT_BYTES = 16 << 20


@dataclass(frozen=True)
class Options:
    """Sizes are in bytes. With ``threads=False``, nothing runs by itself: tests call ``commit`` and ``write_behind``."""

    segment_size: int = SEGMENT_SIZE
    checkpoint_bytes: int = CHECKPOINT_BYTES
    retention: Retention = field(default_factory=Retention)
    threads: bool = True


CallSoon = Callable[[Callable[[], object]], object]


class Store:
    """An open store. ``world`` belongs to the engine; ``report`` says what the start repaired or quarantined.

    ``call_soon`` runs a function on the engine's thread, from any thread (``TrioToken.run_sync_soon``).
    """

    def __init__(
        self,
        layout: Layout,
        files: Files,
        recovered: Recovered,
        call_soon: CallSoon,
        *,
        instance: str,
        options: "Options",
    ) -> None:
        self.layout = layout
        self.instance = instance
        self.world = recovered.world
        self.report = recovered.report
        self.durable_seq = self.world.seq
        self.on_durable: Callable[[int], None] = lambda seq: None
        self.on_failure: Callable[[int], None] = lambda seq: None
        self.on_alert: Callable[[str], None] = lambda message: None
        self._files = files
        self._call_soon = call_soon
        self._options = options
        self._closed = False
        self._read_only = recovered.read_only
        self._journal_bytes = 0
        self._ready_capture: Capture | None = None
        self._notified = False
        loaded = {kind: dict(table) for kind, table in self.world.tables.items()}
        self._scan = Since(self.world.seq, loaded, _modified(files, layout.snapshot), recovered.touched)
        timelines = Timelines(files)
        for owner, events in recovered.timelines.items():
            timelines.resume(layout.timeline(*owner), recovered.trusted_seq, events)
        self._behind = Behind(files, layout, timelines, reflected=recovered.trusted_seq)
        self._handover = Handover(layout, self.world, self._behind)
        self._behind.snapshot_seq = recovered.snapshot_seq
        self._journal: Journal | None = None
        self._committer: Committer | None = None
        self._writer: Writer | None = None
        if self._read_only is None:
            try:
                self._start(recovered)
            except OSError as error:
                self._read_only = f"{error.filename or layout.data_dir} cannot be written: {error.strerror}. Fix that, then restart the daemon"
                self.report.append(self._read_only)

    @classmethod
    def open(
        cls,
        data_dir: Path,
        *,
        files: Files | None = None,
        policy: Policy | None = None,
        call_soon: CallSoon,
        options: "Options | None" = None,
    ) -> "Store":
        """Open the store in ``data_dir``, or create one. The caller must hold the lock of the folder.

        Raises ``BadConfiguration`` for a store of a newer version. A store that cannot be trusted opens read-only.
        """
        files = files or RealFiles()
        layout = Layout(data_dir)
        report: list[str] = []
        found = open_format(files, layout, report)
        layout.make(files)
        with _collector_paused():
            recovered = recover(files, layout, policy)
        recovered.report[:0] = report
        return cls(layout, files, recovered, call_soon, instance=found.instance, options=options or Options())

    def _start(self, recovered: Recovered) -> None:
        self._remove_leftovers(after_crash=self.world.seq > recovered.snapshot_seq)
        end, size = recovered.end, self._options.segment_size
        active = reopen(self._files, end.path, end.offset, size) if end is not None and end.path is not None else None
        self._journal = Journal(
            self.layout.journal, self._files, self, durable_seq=self.durable_seq, active=active, segment_size=size
        )
        self._behind.add(self.durable_seq, {key: (seq, self._current(key)) for key, seq in recovered.touched.items()})
        if recovered.report:
            self._ready_capture = self._capture()  # so that the next start does not repair the same again
        if self._options.threads:
            self._committer = Committer(self._journal)
            self._writer = Writer(self._behind, self._checkpoint_if_due, self.alert)
            self._writer.wake()

    def _remove_leftovers(self, *, after_crash: bool) -> None:
        """Remove temporary files of a daemon that died while writing them. A clean stop leaves none in the large folders."""
        entities = map(self.layout.folder, FOLDERS) if after_crash else ()
        for folder in (self.layout.data_dir, self.layout.journal, *entities):
            for name in self._files.listdir(folder):
                if name.startswith(".") and name.endswith(".tmp"):
                    remove(self._files, folder / name)

    # The engine's interface

    def append(self, events: Sequence[Event]) -> None:
        """Queue one decision, which the world already shows. Without room, raises ``Unavailable`` and queues nothing."""
        if self._journal is None:
            raise self._unavailable()
        line = encode(events)
        self._journal.append(events[0].seq, events[-1].seq, line)
        self._journal_bytes += len(line)
        capture = None
        if self._journal_bytes > max(self._options.checkpoint_bytes, self._behind.snapshot_size // 2):
            self._journal_bytes, capture = 0, self._capture()
        self._handover.note(events, capture)

    def refusal(self) -> MaestroError | None:
        """Why nothing may be changed now: read-only or no space; None if changes are accepted."""
        if self._journal is None:
            return self._unavailable()
        return self._journal.refusal()

    def mode(self) -> Mode:
        """What the store allows."""
        refusal = self.refusal()
        if refusal is None:
            return Mode.OK
        return Mode.NO_SPACE if refusal.reason == "store.no_space" else Mode.READ_ONLY

    def events_since(self, seq: int) -> Iterator[Event]:
        """Every durable event after ``seq``, in order. Raises ``ResyncRequired`` if the journal does not go back that far."""
        return events_between(self._files, self.layout.journal, seq, self.durable_seq)

    def timeline(
        self, session_id: str | None, task_id: str | None, cursor: str | None, *, backward: bool, limit: int
    ) -> TimelinePage:
        """A page of a session's timeline, or of a task's.

        Older versions wrote a session's work on a task only to the session's timeline, so the timelines of the sessions
        that are linked now are read as well.
        """
        paths: list[Path] = []
        if session_id is not None:
            paths.append(self.layout.timeline(session_id, None))
        elif task_id is not None:
            paths.append(self.layout.timeline(None, task_id))
            paths += [self.layout.timeline(each, None) for each in self.world.sessions_of(task_id)]
        return self._behind.timelines.page(paths, task_id, cursor, backward=backward, limit=limit)

    def check(self) -> CheckReport:
        """Check the files on disk, as far as possible while they are being written (slow: run it in a thread)."""
        return check_files(self._files, self.layout)

    def archive(self, root_id: str) -> Path:
        """Write a task's whole tree to ``archive/``, before it is deleted from the world. Returns the path."""
        return archive_tree(self._files, self.layout, self._behind.timelines, self.world, root_id)

    def scan_edits(self) -> Scan:
        """Find entity files that were edited while no daemon ran (slow: run it in a thread, once, after the start).

        Invalid and missing files are restored from the world; the engine must submit valid edits as changes.
        """
        if self._journal is None:
            return Scan()
        found = scan_edits(self._files, self.layout, self._scan)
        self._behind.expect({(edit.kind, edit.id) for edit in found.edits})
        self._behind.add(
            0, {key: (self._scan.seq, self._scan.entity(key)) for key in found.restore if self._is_as_loaded(key)}
        )
        self._wake_writer()
        return found

    def refuse_edit(self, edit: Edit, reason: str) -> str:
        """Quarantine a refused edit and restore its file. Returns a sentence for the user (slow, as above)."""
        warning = quarantine(self._files, self.layout.quarantine, edit.path, self._files.read(edit.path), reason)
        key = (edit.kind, edit.id)
        self._behind.add(0, {key: (self.durable_seq, self._current(key))})
        self._wake_writer()
        return warning

    def checkpoint(self) -> None:
        """Request a snapshot of the present world, to be written soon."""
        self._handover.note_capture(self._capture())
        self._hand_over()

    def close(self) -> None:
        """Commit, write all files, and leave a snapshot, so that the next start reads one file. Blocks while it writes."""
        for thread in (self._committer, self._writer):
            if thread is not None:
                thread.stop()
        self._committer = self._writer = None
        journal, self._journal = self._journal, None
        self._closed = True
        if journal is not None:
            journal.close()
            self._advance(journal.durable_seq)
            self._close_files()
        if isinstance(self._files, RealFiles):
            self._files.release_reserve()

    def _close_files(self) -> None:
        try:
            if self.durable_seq != self.world.seq:
                self._behind.settle()  # the world shows changes that never became durable, so it must not be written as a snapshot
            elif self._behind.snapshot_seq < self.durable_seq or not self._behind.idle:
                self._behind.checkpoint(self._capture())
            drop_old_segments(self._files, self.layout.journal, self._behind.snapshot_seq, self._options.retention)
        except OSError as error:
            self.on_alert(f"closing: {error}; the journal has everything")

    def commit(self) -> None:
        """Commit on this thread, for a store without threads."""
        if self._journal is not None:
            self._journal.commit()

    def write_behind(self) -> None:
        """Write all files on this thread, for a store without threads."""
        if self._journal is not None:
            self._checkpoint_if_due()
            self._behind.settle()

    # Called by the journal (JournalListener), on the committer's thread

    def durable(self, seq: int) -> None:
        """Notify the engine's thread, for several commits at once if it is busy."""
        if not self._notified:
            self._notified = True
            self._call_soon(self._notify)

    def failed(self, seq: int, message: str) -> None:
        """Report the last durable seq to the engine."""
        self._call_soon(lambda: self._fail(seq, message))

    def alert(self, message: str) -> None:
        """Pass on a message for the user."""
        self._call_soon(lambda: self.on_alert(message))

    # On the engine's thread

    def _notify(self) -> None:
        self._notified = False
        if self._journal is not None:
            self._advance(self._journal.durable_seq)

    def _advance(self, seq: int) -> None:
        if seq > self.durable_seq:
            self.durable_seq = seq
            self._hand_over()
            self.on_durable(seq)

    def _fail(self, seq: int, message: str) -> None:
        self._notify()
        self._handover.clear()
        self.on_alert(message)
        self.on_failure(seq)

    def _hand_over(self) -> None:
        """Hand over durable changes to the files behind the journal."""
        self._ready_capture = self._handover.release(self.durable_seq) or self._ready_capture
        self._wake_writer()

    def _is_as_loaded(self, key: Key) -> bool:
        """Whether the engine has not changed an entity since the start. If it has, the file is written anyway."""
        return self._current(key) is self._scan.entity(key)

    def _current(self, key: Key) -> Entity | None:
        return self.world.tables[key[0]].get(key[1])

    def _checkpoint_if_due(self) -> None:
        """Write a snapshot if one is due. Runs on the writer's thread."""
        capture = self._ready_capture
        if capture is not None:
            self._behind.checkpoint(capture)
            drop_old_segments(self._files, self.layout.journal, capture.seq, self._options.retention)
            if self._ready_capture is capture:
                self._ready_capture = None

    def _unavailable(self) -> Unavailable:
        if self._closed:
            return Unavailable("store.closed", "the daemon is stopping; it accepts changes again once it has restarted")
        return Unavailable("store.read_only", f"the store is read-only: {self._read_only}")

    def _capture(self) -> Capture:
        return Capture(self.world.seq, {kind: list(table.values()) for kind, table in self.world.tables.items()})

    def _wake_writer(self) -> None:
        if self._writer is not None:
            self._writer.wake()


def _modified(files: Files, path: Path) -> int:
    """A file's modification time in ns since the epoch; 0 if it is missing."""
    return files.info(path).mtime_ns if exists(files, path) else 0


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Load without the garbage collector, then freeze the loaded objects, which live as long as the daemon.

    100,000 tasks load in a third of the time, and a full collection costs nothing instead of 160 ms.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
