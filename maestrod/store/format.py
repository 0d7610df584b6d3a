"""The version of a store, and its migration from older versions.

The ``format`` file is ``{"format": 2, "instance": "..."}``. A folder of a newer version is refused before anything is written.
An older one is migrated step by step with ``MIGRATIONS`` (each from one version to the next), after its files were copied to
``backup/format-<n>/``. While a migration runs, ``backup/migrating`` names its copy, and an interrupted migration starts again
from there. Any other copy belongs to an earlier migration that is done, after which the user returned to the older version:
the next copy gets a name of its own (``backup/format-<n>-2/``).
"""

import itertools
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from maestrod.api.errors import BadConfiguration
from maestrod.store import from_format_1
from maestrod.store.files import Files, atomic_write, exists
from maestrod.store.layout import FOLDERS, Layout
from maestrod.store.quarantine import quarantine
from maestrod.store.segments import list_segments

FORMAT = 2
#: Bytes to read for a snapshot's first line, more than it has.
_HEAD = 4096
Migration = Callable[[Files, Layout], None]
MIGRATIONS: Mapping[int, Migration] = {1: from_format_1.migrate}


class StoreFormat(msgspec.Struct, frozen=True):
    """The content of the ``format`` file; ``instance`` identifies this data folder and never changes."""

    format: int
    instance: str = ""


class _SnapshotHeader(msgspec.Struct):
    snapshot: int = 0


def open_format(
    files: Files,
    layout: Layout,
    report: list[str],
    *,
    current: int = FORMAT,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> StoreFormat:
    """The format of the folder, created or migrated if needed. Raises ``BadConfiguration`` (exit code 78) for a newer one."""
    found = read_format(files, layout)
    refuse_newer(files, layout, found, current)
    if found is None:
        if exists(files, layout.format):
            data = files.read(layout.format)
            report.append(quarantine(files, layout.quarantine, layout.format, data, "not a format file; written again"))
        written = _snapshot_format(files, layout)
        found = StoreFormat(written or current, secrets.token_hex(8))
        _write_format(files, layout, found)
    elif found.format == current:
        _end_migration(files, layout)
        return found
    if found.format < current:
        _migrate(files, layout, found.format, current, migrations, report)
        found = StoreFormat(current, found.instance)
        _write_format(files, layout, found)
    _end_migration(files, layout)
    return found


def refuse_newer(files: Files, layout: Layout, stored: StoreFormat | None, current: int = FORMAT) -> None:
    """Raise ``BadConfiguration`` if the folder has a newer version than this program supports."""
    newest = max(stored.format if stored else 0, _snapshot_format(files, layout))
    if newest > current:
        raise BadConfiguration(
            "store.newer_format",
            f"{layout.data_dir} was written by a newer version (store format {newest}, this program supports {current}). "
            "Nothing was changed. Start the newer version, or set MAESTRO_HOME to another folder",
        )


def refuse_older(layout: Layout, stored: StoreFormat | None) -> None:
    """Raise ``BadConfiguration`` if the folder must be migrated before it can be read."""
    if stored is not None and stored.format < FORMAT:
        raise BadConfiguration(
            "store.older_format",
            f"{layout.data_dir} was written by an older version (store format {stored.format}, this program reads {FORMAT}). "
            "Start the daemon once: it migrates the store and keeps a backup",
        )


def read_format(files: Files, layout: Layout) -> StoreFormat | None:
    """The content of the ``format`` file; None if it is missing or damaged."""
    try:
        return msgspec.json.decode(files.read(layout.format), type=StoreFormat)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _snapshot_format(files: Files, layout: Layout) -> int:
    try:
        first, _, _ = _head(files, layout.snapshot).partition(b"\n")
        return msgspec.json.decode(first, type=_SnapshotHeader).snapshot
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return 0  # missing or damaged: recovery reports it


def _head(files: Files, path: Path) -> bytes:
    fd = files.open(path, os.O_RDONLY)
    try:
        return files.pread(fd, _HEAD, 0)
    finally:
        files.close(fd)


def _migrate(
    files: Files, layout: Layout, stored: int, current: int, migrations: Mapping[int, Migration], report: list[str]
) -> None:
    missing = [version for version in range(stored, current) if version not in migrations]
    if missing:
        raise BadConfiguration(
            "store.unknown_format",
            f"{layout.data_dir} has store format {missing[0]}, which this program cannot read. Nothing was changed",
        )
    layout.make(files)
    backup = _interrupted(files, layout)
    if backup is None:
        backup = _free_name(files, layout.data_dir / "backup", f"format-{stored}")
        _copy_store(files, layout, Layout(backup))
        atomic_write(files, _marker(layout), backup.name.encode())
    else:
        _copy_store(files, Layout(backup), layout)
    for version in range(stored, current):
        migrations[version](files, layout)
    report.append(f"{layout.data_dir}: migrated from store format {stored} to {current}; the old files are in {backup}")


def _write_format(files: Files, layout: Layout, found: StoreFormat) -> None:
    layout.make(files)
    atomic_write(files, layout.format, msgspec.json.encode(found) + b"\n")


def _marker(layout: Layout) -> Path:
    return layout.data_dir / "backup" / "migrating"


def _interrupted(files: Files, layout: Layout) -> Path | None:
    """The copy from which a migration started that has not ended."""
    if not exists(files, _marker(layout)):
        return None
    return layout.data_dir / "backup" / files.read(_marker(layout)).decode()


def _end_migration(files: Files, layout: Layout) -> None:
    if exists(files, _marker(layout)):
        files.unlink(_marker(layout))
        files.fsync_dir(_marker(layout).parent)


def _free_name(files: Files, folder: Path, name: str) -> Path:
    """The first name without a complete copy."""
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(folder / each for each in names if not exists(files, Layout(folder / each).format))


def _copy_store(files: Files, layout: Layout, target: Layout) -> None:
    """Copy the files of a store. The format file comes last, so a copy that has one is complete."""
    target.make(files)
    paths = [layout.snapshot, layout.watermark]
    paths += [segment.path for segment in list_segments(files, layout.journal)]
    paths += [path for kind in FOLDERS for path in layout.entity_names(files, kind).values()]
    for path in paths:
        if exists(files, path):
            atomic_write(files, _in(target, layout, path), files.read(path), sync_dir=False)
    for folder in {_in(target, layout, path).parent for path in paths}:
        if exists(files, folder):
            files.fsync_dir(folder)
    atomic_write(files, target.format, files.read(layout.format))


def _in(target: Layout, layout: Layout, path: Path) -> Path:
    return target.data_dir / path.relative_to(layout.data_dir)
