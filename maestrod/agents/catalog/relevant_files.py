"""The files of a project an orchestrator is told of: what git tracks, or what lies in the folder, the top first."""

import os
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from maestrod.api.text.outside_text import sound

#: Enough for a planner to see what a project is made of, few enough for a prompt.
MOST = 500
#: Seconds git may take on a cold disk.
_GIT_SECONDS = 10.0
#: Folders without git that hold nothing a person wrote.
#: Folders that are looked into at most: a tree may have millions without a single file.
_FOLDERS = 5_000
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "build", "dist", "target"})


def relevant_files(folder: Path, most: int = MOST) -> tuple[str, ...]:
    """Paths relative to ``folder`` as text, shallow ones first, at most ``most``. Reads the disk: run it in a thread."""
    found = _tracked(folder)
    if found is None:
        found = list(_walk(folder, most))
    return tuple(sorted(found, key=lambda path: (path.count("/"), path))[:most])


def _tracked(folder: Path) -> list[str] | None:
    """What git tracks below the folder; None when it is no checkout or git is not there."""
    command = ["git", "-C", str(folder), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, timeout=_GIT_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return [name.decode("utf-8", "replace") for name in listed.stdout.split(b"\0") if name]


def _walk(folder: Path, most: int) -> Iterator[str]:
    """Files by breadth, without hidden and generated folders; stops when there are enough."""
    waiting, count = deque([""]), 0
    for _ in range(_FOLDERS):
        if not waiting or count >= most:
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
