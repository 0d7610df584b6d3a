"""Answers the domain's questions about folders, and about the skills and personas in them (``core/values/seen.py``).

Each look runs in a thread, so that the event loop never waits. A file system that does not answer, such as a mount of a
dead server, costs a bounded time: the thread is then abandoned.
"""

import os
import stat
import threading
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import TypeVar

import trio

from maestrod.api.errors import Unavailable
from maestrod.api.project import FolderIdentity
from maestrod.core.values.folders import Identities, Place, as_written
from maestrod.core.values.seen import FolderNames, FoldersAt, NamesIn, PlaceAt, Question, Seen
from maestrod.host.instance import boot_id

#: Seconds that a file system may take.
PATIENCE = 2.0
#: Seconds that a whole look may take, and how many looks run at once, including abandoned ones.
LOOK_SECONDS = 10.0
_LOOKS = 20

#: How many paths in one look may take that long.
_STUCK_LIMIT = 3

T = TypeVar("T")


class RealEyes:
    """The real ``Eyes`` (``engine/ports.py``). ``names`` lists the personas and skills available in a folder."""

    def __init__(self, names: Callable[[str | None], FolderNames], patience: float = PATIENCE) -> None:
        self._names = names
        self._patience = patience
        self._boot = boot_id()
        self._limiter = trio.CapacityLimiter(_LOOKS)

    async def look(self, question: Question) -> Seen:
        """Answer in a thread. Raises ``Unavailable`` when it takes too long."""
        with trio.move_on_after(LOOK_SECONDS):
            return await trio.to_thread.run_sync(self.seen, question, abandon_on_cancel=True, limiter=self._limiter)
        raise Unavailable(
            "folder.slow", f"a folder did not answer within {LOOK_SECONDS:.0f} s: check its file system and try again"
        )

    def seen(self, question: Question) -> Seen:
        """Answer in the calling thread."""
        match question:
            case PlaceAt(path):
                return Seen(places={path: _look(self._boot, self._patience, path)})
            case FoldersAt(paths):
                return Seen(folders={**dict.fromkeys(paths), **_identify(self._boot, self._patience, paths)})
            case NamesIn(folder):
                return Seen(known={folder or "": self._names(folder)})
        raise AssertionError(f"unknown question: {question}")


def _look(boot: str, patience: float, path: str) -> Place:
    slow = Place(path, (path,), problem=f"{path} does not answer: check its file system")
    return _in_time(lambda: _place(boot, path), patience, slow)


def _place(boot: str, path: str) -> Place:
    try:
        resolved = str(Path(path).resolve(strict=True))
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its symbolic links form a loop"
        missing = isinstance(error, FileNotFoundError)
        problem = f"there is no folder {path}" if missing else f"{path} cannot be used as a working directory: {reason}"
        return Place(path, (path,), problem=problem)
    if not _is_text(resolved):
        return Place(path, (path,), problem=f"the path of {path} is not UTF-8: rename that folder")
    place = as_written(resolved)
    identities = _stats(boot, place.around, {}, str)
    if resolved not in identities:
        return Place(path, (path,), problem=f"{path} is not a folder")
    return Place(resolved, place.around, identities)


def _is_text(path: str) -> bool:
    """Whether a path can be stored and sent to clients: UTF-8 only."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _identify(boot: str, patience: float, paths: Collection[str]) -> Identities:
    """Identify the folders at the paths. A path that does not answer is skipped; after a few of those the look ends."""
    found: dict[str, FolderIdentity] = {}
    rest = list(dict.fromkeys(paths))
    for _ in range(_STUCK_LIMIT):
        seen: list[str] = []
        piece = rest
        if _in_time(partial(_stats, boot, piece, found, seen.append), patience, None) is not None:
            break
        rest = piece[len(seen) + 1 :]
    return dict(found)


def _stats(
    boot: str, paths: Collection[str], found: dict[str, FolderIdentity], done: Callable[[str], object]
) -> dict[str, FolderIdentity]:
    """Add the identities of the paths that are folders to ``found``; calls ``done`` after each path."""
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - hundreds of them in a row
        except (OSError, ValueError):
            pass
        else:
            if stat.S_ISDIR(status.st_mode):
                found[path] = FolderIdentity(device=status.st_dev, inode=status.st_ino, boot_id=boot)
        done(path)
    return found


def _in_time(work: Callable[[], T], patience: float, otherwise: T) -> T:
    """The result of ``work``, or ``otherwise`` if it takes too long; its thread then ends when the file system answers."""
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(work()), name="folders", daemon=True)
    thread.start()
    thread.join(patience)
    return results[0] if results else otherwise
