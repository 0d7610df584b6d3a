"""The project files that an orchestrator's prompt lists: those that git tracks, or all in the folder, top level first."""

import os
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from maestrod.api.text.outside_text import sound

#: Enough for a planner to see what a project consists of, and few enough for a prompt.
MOST = 500
#: Seconds that git may take on a cold disk.
_GIT_SECONDS = 10.0
#: Maximum number of folders to read: a tree may have millions without a single file.
_FOLDERS = 5_000
#: Folders to skip without git, because they hold nothing that a person wrote.
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "build", "dist", "target"})


def relevant_files(folder: Path, limit: int = MOST) -> tuple[str, ...]:
    """Up to ``limit`` paths relative to ``folder``, shallow ones first. Reads the disk: call it in a thread."""
    found = _tracked(folder)
    if found is None:
        found = list(_walk(folder, limit))
    return tuple(sorted(found, key=lambda path: (path.count("/"), path))[:limit])


def _tracked(folder: Path) -> list[str] | None:
    """The files that git tracks below the folder; None when it is not a checkout or git is missing."""
    command = ["git", "-C", str(folder), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return [name.decode("utf-8", "replace") for name in listed.stdout.split(b"\0") if name]


def _walk(folder: Path, limit: int) -> Iterator[str]:
    """Yield files breadth first, without hidden and generated folders, until there are enough."""
    waiting, count = deque([""]), 0
    for _ in range(_FOLDERS):
        if not waiting or count >= limit:
            return
        below = waiting.popleft()
        try:
            entries = sorted(os.scandir(folder / below), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                count += 1
                yield sound(path)
