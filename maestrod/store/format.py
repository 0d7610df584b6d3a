"""The version of a store, and its migration from older versions.

The ``format`` file is ``{"format": 2, "instance": "..."}``. A folder of a newer version is refused before anything is written.
An older one is migrated step by step with ``MIGRATIONS`` (each from one version to the next), after its files were copied to
``backup/format-<n>/``, or ``backup/format-<n>-2/`` if an earlier upgrade made one. From then on the ``format`` file has the new
number and names the copy in ``migrating``: an older version refuses the folder, and an interrupted migration starts again
from the copy.
"""

import contextlib
import itertools
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from maestrod.api.errors import BadConfiguration, Unavailable
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


class StoreFormat(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of the ``format`` file; ``instance`` identifies this data folder and never changes.

    ``migrating`` is the name of the copy of the folder while a migration is not complete.
    """

    format: int
    instance: str = ""
    migrating: str = ""


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
    if found.format < current or found.migrating:
        found = _migrate(files, layout, found, current, migrations, report)
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
    if stored is not None and (stored.format < FORMAT or stored.migrating):
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
    files: Files,
    layout: Layout,
    found: StoreFormat,
    current: int,
    migrations: Mapping[int, Migration],
    report: list[str],
) -> StoreFormat:
    old = _copied(files, layout, found) if found.migrating else found
    missing = [version for version in range(old.format, current) if version not in migrations]
    if missing:
        raise BadConfiguration(
            "store.unknown_format",
            f"{layout.data_dir} has store format {missing[0]}, which this program cannot read. Nothing was changed",
        )
    try:
        layout.make(files)
        backup = _begin(files, layout, found, current)
        for version in range(old.format, current):
            migrations[version](files, layout)
        new = StoreFormat(current, found.instance)
        _write_format(files, layout, new)
    except OSError as error:
        raise Unavailable(
            "store.migration",
            f"{layout.data_dir} must be converted to store format {current}, and that failed: {error}. Nothing is lost. "
            "The conversion needs about as much free space as the store; start the daemon again once there is enough",
        ) from error
    report.append(
        f"{layout.data_dir}: migrated from store format {old.format} to {current}; the old files are in {backup}"
    )
    return new


def _begin(files: Files, layout: Layout, found: StoreFormat, current: int) -> Path:
    """Copy the store, or after an interruption put the copy back. Returns the copy's folder."""
    folder = layout.data_dir / "backup"
    if found.migrating:
        _copy_store(files, Layout(folder / found.migrating), layout)
        return folder / found.migrating
    backup = _free_name(files, folder, f"format-{found.format}")
    _copy_store(files, layout, Layout(backup))
    _write_format(files, Layout(backup), found)
    _write_format(files, layout, StoreFormat(current, found.instance, backup.name))
    return backup


def _copied(files: Files, layout: Layout, found: StoreFormat) -> StoreFormat:
    """The format of the copy from which a migration started. Raises ``BadConfiguration`` if the copy is gone."""
    backup = layout.data_dir / "backup" / found.migrating
    is_plain = (
        found.migrating == Path(found.migrating).name != ".."
    )  # a folder beside the others, never a path out of the data folder
    copied = read_format(files, Layout(backup)) if is_plain else None
    if copied is None:
        raise BadConfiguration(
            "store.copy_lost",
            f"the conversion of {layout.data_dir} was interrupted, and the copy of the original, {backup}, is gone. "
            "Put it back, or set MAESTRO_HOME to another folder. Nothing was changed",
        )
    return copied


def _write_format(files: Files, layout: Layout, found: StoreFormat) -> None:
    layout.make(files)
    atomic_write(files, layout.format, msgspec.json.encode(found) + b"\n")


def _free_name(files: Files, folder: Path, name: str) -> Path:
    """The first name without a complete copy."""
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(folder / each for each in names if not exists(files, Layout(folder / each).format))


def _copy_store(files: Files, layout: Layout, target: Layout) -> None:
    """Copy the files of a store except its format, durably. What is not a file is left for recovery to report."""
    target.make(files)
    paths = [layout.snapshot, layout.watermark]
    paths += [segment.path for segment in list_segments(files, layout.journal)]
    paths += [path for kind in FOLDERS for path in layout.entity_names(files, kind).values()]
    for path in paths:
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            atomic_write(files, target.data_dir / path.relative_to(layout.data_dir), files.read(path), sync_dir=False)
    for folder in (target.data_dir, *target.folders):
        files.fsync_dir(folder)
