"""Finds entity files that users edited while the daemon was down.

A file whose check does not match was edited (``entities.py``). Only files modified after the snapshot are opened, because the
snapshot is the last file that a daemon writes. An edit that is invalid, or based on an older state than the world's, goes to
quarantine with the reason, and the file is written again. A missing file is written again too, because deleting an entity needs
a command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from maestrod.api.model.base import Entity
from maestrod.store.entities import BadEntityFile, EntityFile, decode_file
from maestrod.store.files import Files, remove
from maestrod.store.layout import FOLDERS, Layout
from maestrod.store.quarantine import quarantine, quarantine_folder
from maestrod.store.write_behind import Key


class Edit(NamedTuple):
    """A valid edit: ``entity`` is in the file, ``current`` in the world (None if the world does not have it)."""

    kind: str
    id: str
    entity: Entity
    current: Entity | None
    path: Path


class Since(NamedTuple):
    """The state that a start loaded. The files are compared with it, whatever the engine has decided since.

    Files modified after ``mtime_ns`` are opened; ``touched`` has the seqs of entities changed after the snapshot.
    """

    seq: int
    loaded: Mapping[str, Mapping[str, Entity]]
    mtime_ns: int
    touched: Mapping[Key, int]

    def entity(self, key: Key) -> Entity | None:
        """The entity as it was loaded."""
        return self.loaded[key[0]].get(key[1])


@dataclass
class Scan:
    """The result: edits to submit, files to write again, and warnings for the user."""

    edits: list[Edit] = field(default_factory=list)
    restore: set[Key] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def scan_edits(files: Files, layout: Layout, since: Since) -> Scan:
    """Scan the entity files. It is safe while the engine runs, because it reads nothing that changes."""
    scanning = _Scanning(files, layout, since)
    for kind in FOLDERS:
        paths = layout.entity_names(files, kind)
        scanning.found.restore.update((kind, id_) for id_ in since.loaded[kind].keys() - paths.keys())
        for id_, path in paths.items():
            scanning.look((kind, id_), path)
    return scanning.found


class _Scanning:
    def __init__(self, files: Files, layout: Layout, since: Since) -> None:
        self.files = files
        self.layout = layout
        self.since = since
        self.found = Scan()

    def look(self, key: Key, path: Path) -> None:
        try:
            info = self.files.info(path)
            if info.is_dir:
                self._restore(key, quarantine_folder(self.files, self.layout.quarantine, path))
            elif info.mtime_ns > self.since.mtime_ns or self.since.entity(key) is None:
                self._judge(key, path, self.files.read(path))
        except FileNotFoundError:
            return  # removed since the folder was listed
        except OSError as error:
            self.found.warnings.append(f"{path}: cannot be read: {error.strerror}; the journal's copy is used")

    def _judge(self, key: Key, path: Path, data: bytes) -> None:
        kind, id_ = key
        current = self.since.entity(key)
        try:
            file = decode_file(kind, id_, data)
            problem = _problem(file, self.since.touched.get(key, 0))
        except BadEntityFile as error:
            self._restore(
                key, quarantine(self.files, self.layout.quarantine, path, data, f"not a valid {kind}: {error}")
            )
            return
        if problem is not None:
            self._restore(key, quarantine(self.files, self.layout.quarantine, path, data, problem))
        elif file.edited and file.entity != current:
            self.found.edits.append(Edit(kind, id_, file.entity, current, path))
        elif not file.edited and current is None and file.seq <= self.since.seq:
            remove(self.files, path)  # the entity was deleted, but a crash came before its file was removed

    def _restore(self, key: Key, reason: str) -> None:
        self.found.warnings.append(reason)
        self.found.restore.add(key)


def _problem(file: EntityFile, touched: int) -> str | None:
    if file.edited and touched > file.seq:
        return f"edited as of event {file.seq}, but the daemon had changed it up to event {touched}; repeat the edit by hand"
    return None
