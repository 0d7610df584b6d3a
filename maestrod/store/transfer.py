"""Moves a whole store: ``export`` writes it as one archive, ``import_archive`` creates a store from an archive.

An archive has the entities and timelines, but not the output logs, manifests and the secret key. An import
needs an empty folder, because two histories cannot be merged, and nothing is ever overwritten.
"""

from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

from maestrod.api.errors import Conflict, Malformed, NotFound
from maestrod.api.event import Event, TimelineEvent
from maestrod.core.world.entities import whole
from maestrod.core.world.world import World
from maestrod.store.archive import Archive, archive_lines, entries_of, read_archive
from maestrod.store.files import Files, RealFiles, exists
from maestrod.store.format import open_format, read_format, refuse_older
from maestrod.store.layout import FOLDERS, Layout, owners
from maestrod.store.recovery import recover
from maestrod.store.snapshot import Capture
from maestrod.store.timeline import Timelines
from maestrod.store.write_behind import Behind


def export(data_dir: Path, stream: BinaryIO, files: Files | None = None) -> list[str]:
    """Write the readable part of the store to ``stream``, without changing the store. Returns sentences about unreadable parts.

    Raises ``NotFound`` if there is no store, ``BadConfiguration`` for a store of an older version.
    """
    files = files or RealFiles(reserve=0)
    layout = Layout(data_dir)
    found = read_format(files, layout)
    if found is None:
        raise NotFound("store.not_found", f"there is no store in {data_dir}")
    refuse_older(layout, found)
    recovered = recover(files, layout, keep_copies=False)
    timelines = Timelines(files)
    for owner, events in recovered.timelines.items():
        timelines.resume(layout.timeline(*owner), recovered.trusted_seq, events)
    entities = list(recovered.world.entities())
    stream.writelines(archive_lines(recovered.world.seq, entities, entries_of(timelines, layout, entities)))
    return recovered.report


def import_archive(stream: Iterable[bytes], data_dir: Path, files: Files | None = None) -> int:
    """Create a store in ``data_dir`` from an archive. Returns the seq of its last event.

    Raises ``Conflict`` if there is a store already, ``Malformed`` for a damaged archive; then nothing was written.
    """
    files = files or RealFiles(reserve=0)
    layout = Layout(data_dir)
    if any(exists(files, path) for path in (layout.format, layout.snapshot, layout.journal)):
        raise Conflict(
            "store.exists", f"{data_dir} already has a store; import into an empty folder (set MAESTRO_HOME)"
        )
    archive = read_archive(stream)
    world = _world(archive)
    timelines = _timelines(files, layout, archive.entries)
    layout.make(files)
    behind = Behind(files, layout, timelines)
    changes = {(kind, id_): (archive.seq, world.tables[kind][id_]) for kind in FOLDERS for id_ in world.tables[kind]}
    behind.add(archive.seq, changes)
    behind.checkpoint(Capture(archive.seq, {kind: list(table.values()) for kind, table in world.tables.items()}))
    open_format(files, layout, [])
    return archive.seq


def _world(archive: Archive) -> World:
    """The world of an archive. Ids are checked, because they become file names."""
    world = World()
    for entity in archive.entities:
        _check_name(entity.id)  # type: ignore[attr-defined]  # every struct in KINDS has an id
    world.load(archive.entities)
    return world


def _check_name(id_: str) -> None:
    if not id_ or "/" in id_ or "\0" in id_ or id_.startswith("."):
        raise Malformed("archive.bad_id", f"{id_!r} in the archive is not an id")


def _timelines(files: Files, layout: Layout, entries: Iterable[TimelineEvent]) -> Timelines:
    timelines = Timelines(files)
    for entry in sorted(entries, key=attrgetter("seq")):
        event = Event(seq=entry.seq, at=entry.timestamp, type="timeline.added", id=entry.id, data=whole(entry))
        for owner in owners(entry.session_id, entry.task_id):
            _check_name(owner[0] or owner[1] or "")
            timelines.add(layout.timeline(*owner), event)
    return timelines
