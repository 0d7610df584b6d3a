"""Quarantine: nothing unreadable is thrown away. A copy goes to ``quarantine/`` with a note that says where it came from."""

import itertools
from pathlib import Path

from maestrod.store.files import Files, atomic_write, exists


def quarantine(files: Files, folder: Path | None, source: Path, data: bytes, reason: str) -> str:
    """Keep ``data``, which was found in ``source``; returns the sentence for the report.

    A full disk only costs the copy; without a ``folder`` none is wanted (a check changes nothing).
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
    """Move a folder that stands where a file belongs out of the way; returns the sentence for the report."""
    if folder is None:
        return f"{source}: a folder stands where a file belongs"
    files.mkdir(folder)
    target = _free_name(files, folder, source.name)
    files.rename(source, target)
    return f"{source}: a folder stood where a file belongs (moved to {target})"
