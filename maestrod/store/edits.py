"""Entity files that people edited while the daemon was down.

A file whose check does not fit was edited (``entities.py``). Only files modified after the snapshot are opened: the snapshot
is the last thing a daemon writes. An edit based on an older state than the world's is not guessed at: it goes to quarantine,
with the reason, and the file is written anew. So is one that is not valid. A missing file is written again: removing things
is a command, not the absence of a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from maestrod.api.base import Entity
from maestrod.core.world import World
from maestrod.store.behind import Key
from maestrod.store.entities import BadEntityFile, EntityFile, decode_file
from maestrod.store.files import Files, remove
from maestrod.store.layout import FOLDERS, Layout
from maestrod.store.quarantine import quarantine, quarantine_folder


class Edit(NamedTuple):
    """A valid edit: ``entity`` is what the file says, ``current`` what the world has (None: the file is of a new entity)."""

    kind: str
    id: str
    entity: Entity
    current: Entity | None
    path: Path


class Since(NamedTuple):
    """Files modified after ``mtime_ns`` are looked at; ``touched`` are the seqs of entities changed after the snapshot."""

    mtime_ns: int
    touched: Mapping[Key, int]


@dataclass
class Scan:
    """What was found: edits to submit, files to write anew, sentences for a person."""

    edits: list[Edit] = field(default_factory=list)
    restore: set[Key] = field(default_factory=set)
    report: list[str] = field(default_factory=list)


def scan_edits(files: Files, layout: Layout, world: World, since: Since) -> Scan:
    """Look through the entity files. Safe beside a running engine: what changes meanwhile is newer than any edit."""
    scan = Scan()
    for kind in FOLDERS:
        paths = layout.entity_names(files, kind)
        known = set(world.tables[kind])
        scan.restore.update((kind, id_) for id_ in known - paths.keys())
        for id_, path in paths.items():
            _look(files, layout, world, since, scan, (kind, id_), path)
    return scan


def _look(files: Files, layout: Layout, world: World, since: Since, scan: Scan, key: Key, path: Path) -> None:
    kind, id_ = key
    try:
        info = files.info(path)
        if info.is_dir:
            scan.report.append(quarantine_folder(files, layout.quarantine, path))
            scan.restore.add(key)
            return
        if info.mtime_ns <= since.mtime_ns and id_ in world.tables[kind]:
            return
        data = files.read(path)
    except FileNotFoundError:
        return  # removed since we listed the folder
    except OSError as error:
        scan.report.append(f"{path}: cannot be read: {error.strerror}; the journal's copy is used")
        return
    try:
        found = decode_file(kind, id_, data)
        problem = _problem(found, since.touched.get(key, 0))
    except BadEntityFile as error:
        found, problem = None, f"not a valid {kind}: {error}"
    _judge(files, layout, world, scan, key, path, data, found, problem)


def _judge(
    files: Files,
    layout: Layout,
    world: World,
    scan: Scan,
    key: Key,
    path: Path,
    data: bytes,
    found: EntityFile | None,
    problem: str | None,
) -> None:
    kind, id_ = key
    current = world.tables[kind].get(id_)
    if found is None or problem is not None:
        scan.report.append(quarantine(files, layout.quarantine, path, data, problem or "unreadable"))
        scan.restore.add(key)
    elif not found.edited:
        if current is None:
            remove(files, path)  # of an entity that was deleted; the crash came before its file went
    elif found.entity != current:
        scan.edits.append(Edit(kind, id_, found.entity, current, path))


def _problem(found: EntityFile, touched: int) -> str | None:
    if found.edited and touched > found.seq:
        return f"edited as of event {found.seq}, but the daemon had changed it up to event {touched}; take the edit over by hand"
    return None
