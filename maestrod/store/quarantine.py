"""Quarantine: copies unreadable data to ``quarantine/``, with a note that says where it came from, so that nothing is lost."""

import itertools
from pathlib import Path

from maestrod.store.files import Files, atomic_write, exists


def quarantine(files: Files, folder: Path | None, source: Path, data: bytes, reason: str) -> str:
    """Keep a copy of ``data``, which was found in ``source``. Returns a sentence for the report.

    If the disk is full, no copy is kept. Without ``folder``, none is made (a check changes nothing).
    """
    if folder is None:
        return f"{source}: {reason}"
    try:
        files.mkdir(folder)
        copy = _free_name(files, folder, source.name)
        atomic_write(files, copy, data)
        atomic_write(files, copy.with_name(f"{copy.name}.reason.txt"), f"{source}: {reason}\n".encode())
    except OSError as error:
        return f"{source}: {reason} (no copy could be kept: {error.strerror})"
    return f"{source}: {reason} (copy kept in {copy})"


def _free_name(files: Files, folder: Path, name: str) -> Path:
    return next(path for number in itertools.count(1) if not exists(files, path := folder / f"{name}.{number}"))


def quarantine_folder(files: Files, folder: Path | None, source: Path) -> str:
    """Move away a folder whose name belongs to a file. Returns a sentence for the report."""
    if folder is None:
        return f"{source}: is a folder, but must be a file"
    files.mkdir(folder)
    target = _free_name(files, folder, source.name)
    files.rename(source, target)
    return f"{source}: was a folder, but must be a file (moved to {target})"
