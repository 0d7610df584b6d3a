"""The names of all files that maestrod makes in its folders. ``maestroctl uninstall --data`` removes these and nothing else.

A name here is a regular expression for a path relative to its folder. ``tests/api/local/test_own_files.py`` compares them with the
code that makes the files, and ``tests/system/test_uninstall.py`` with the folders of a real daemon.
"""

import contextlib
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from maestrod.api.local.address import Paths

#: Kind of entity to its folder. Remembered requests have no files, because only programs use them, and they expire.
ENTITY_FOLDERS: Mapping[str, str] = {
    "project": "projects",
    "task": "tasks",
    "session": "sessions",
    "queue": "queues",
    "plan": "plans",
    "run": "runs",
    "attention": "attention",
    "message": "messages",
    "system": "system",
    "token": "tokens",
}

_ID = r"(?:que_)?[a-z]{3}_[0-9a-z]{26}"
_STORE = (
    r"format|snapshot\.jsonl|reflected\.json",
    r"journal/(?:[0-9]{20}\.jsonl|\.segment-[0-9]+\.tmp)",
    rf"(?:{'|'.join(ENTITY_FOLDERS.values())})/{_ID}\.json",
    r"system/system\.json",
    rf"tasks/{_ID}\.timeline\.jsonl",
    rf"archive/{_ID}\.jsonl",
)
_RUNTIME = (r"maestrod\.sock|bridge\.token|maestrod\.json|\.[0-9]+",)
_FILES = {
    "data": (
        *_STORE,
        r"lock|autostart\.lock|maestrod\.log(?:\.[0-9]+)?|maestrod\.start\.log|bridge\.port|secret\.key",
        rf"hooks/[a-z-]+-[0-9a-f]{{16}}\.json|spool/(?:\.{_ID}|{_ID}\.json)",
        r"tls/(?:certificate|key)\.pem|quarantine/[^/]+\.[0-9]+(?:\.reason\.txt)?|backup/migrating",
        rf"backup/format-[0-9]+(?:-[0-9]+)?/(?:{'|'.join(_STORE)})",
        *(f"run/(?:{name})" for name in _RUNTIME),
    ),
    "runtime": _RUNTIME,
    "configuration": (r"config\.toml",),
}
_LINKS = {"data": (r"programs/(?:hooks|python)|bin/maestroctl",)}
#: Folders of which only our files are removed, and the folder itself if it is then empty.
_STORE_FOLDERS = "|".join(("journal", "archive", *ENTITY_FOLDERS.values()))
_FOLDERS = {
    "data": (
        _STORE_FOLDERS,
        r"hooks|spool|tls|quarantine|backup|programs|bin|run",
        rf"backup/format-[0-9]+(?:-[0-9]+)?(?:/(?:{_STORE_FOLDERS}))?",
    )
}
#: Folders that belong to us with everything in them: agents keep their own files there.
_TREES = {"data": (rf"sessions/{_ID}",)}
#: A file that is being written: ``.NAME.tmp``, ``.NAME.PID`` or ``.NAME.RANDOM``.
_UNFINISHED = re.compile(r"(?P<folder>(?:.*/)?)\.(?P<name>[^/]+)\.(?:tmp|[0-9]+|[a-z0-9_]{8})")


class Own(NamedTuple):
    """What is in a folder: our files, trees and folders, each folder after its content, and what others made."""

    files: tuple[Path, ...]
    trees: tuple[Path, ...]
    folders: tuple[Path, ...]
    foreign: tuple[Path, ...]

    @property
    def is_removable(self) -> bool:
        """Whether something can be removed: a file, a folder without files of others, or the surveyed folder itself."""
        used = {folder for path in self.foreign for folder in path.parents}
        return bool(self.files or self.trees or not self.foreign or set(self.folders) - used)


def folders_of(paths: Paths) -> dict[Path, tuple[str, ...]]:
    """The folders of ``paths`` in the order of removal, each with what it is for. On macOS two of them are the same."""
    found: dict[Path, tuple[str, ...]] = {}
    for folder, kind in ((paths.runtime, "runtime"), (paths.data, "data"), (paths.config, "configuration")):
        found[folder] = (*found.get(folder, ()), kind)
    return found


def survey(folder: Path, kinds: Iterable[str]) -> Own:
    """Sort the content of a folder into ours and others'. Follows no symbolic links, not even at ``folder``."""
    if folder.is_symlink():
        return Own((), (), (), (folder,))
    found: dict[str, list[Path]] = {"file": [], "tree": [], "folder": [], "foreign": []}
    for owner, path in _walk(folder, folder, tuple(kinds)):
        found[owner].append(path)
    return Own(*(tuple(paths) for paths in found.values()))


def remove_own(folder: Path, kinds: Iterable[str]) -> None:
    """Remove what is ours in a folder, then the folders that are empty. Raises ``OSError`` if a file cannot be removed."""
    own = survey(folder, kinds)
    for path in own.trees:
        shutil.rmtree(path)
    for path in own.files:
        path.unlink(missing_ok=True)
    for path in (*own.folders, *(() if folder.is_symlink() else (folder,))):
        with contextlib.suppress(OSError):  # not empty: others use it
            path.rmdir()


def _walk(top: Path, folder: Path, kinds: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    with contextlib.suppress(FileNotFoundError):
        for path in sorted(folder.iterdir()):
            owner = _owner(path, path.relative_to(top).as_posix(), kinds)
            if owner == "folder":
                yield from _walk(top, path, kinds)
            yield owner, path


def _owner(path: Path, relative: str, kinds: tuple[str, ...]) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        if _is_in(_TREES, relative, kinds):
            return "tree"
        return "folder" if _is_in(_FOLDERS, relative, kinds) else "foreign"
    names = _LINKS if stat.S_ISLNK(mode) else _FILES
    unfinished = _UNFINISHED.fullmatch(relative)
    forms = (relative, unfinished["folder"] + unfinished["name"]) if unfinished else (relative,)
    return "file" if any(_is_in(names, form, kinds) for form in forms) else "foreign"


def _is_in(names: Mapping[str, tuple[str, ...]], relative: str, kinds: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, relative) for kind in kinds for pattern in names.get(kind, ()))
