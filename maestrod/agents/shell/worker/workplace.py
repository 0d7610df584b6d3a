"""The project's folder, known by what it is and not by its name: entered anew before each command, and never another one.

A folder that is removed or moved stays the worker's current one, so commands would go on in a place that nobody sees, and a
check there proves nothing. The one this session began in is held open: that keeps its device and inode its own, and tells
where it went.
"""

import posix

#: Where there is O_PATH, a folder that may be entered but not read will do.
_OPEN = getattr(posix, "O_PATH", posix.O_RDONLY) | posix.O_DIRECTORY | posix.O_CLOEXEC


class FolderLost(Exception):
    """The project's folder is not there any more, or is another one; the text says what became of it."""


class Workplace:
    """The folder that is current when this is made, and ``path``, its name."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held = posix.open(".", _OPEN)

    def enter(self) -> None:
        """Make the folder of that name the current one. Raises ``FolderLost`` unless it still is the same."""
        try:
            posix.chdir(self._path)
            same = posix.stat(".")[1:3] == posix.fstat(self._held)[1:3]  # inode and device
        except OSError as error:
            raise FolderLost(f"the project's folder {self._path} {self._fate(error)}") from error
        if not same:
            moved = self._moved_to()
            where = f"; the one this session began in is now {moved}" if moved else ""
            raise FolderLost(f"the project's folder {self._path} was replaced by another{where}")

    def _fate(self, error: OSError) -> str:
        """What became of a folder that cannot be entered."""
        if isinstance(error, NotADirectoryError):
            return "was replaced by something that is not a folder"
        if not isinstance(error, FileNotFoundError):
            return f"cannot be entered: {error.strerror}"
        moved = self._moved_to()
        return f"was moved to {moved}" if moved else "was removed"

    def _moved_to(self) -> str:
        """Where the folder is now; empty when it was removed."""
        try:
            posix.fchdir(self._held)
            return posix.getcwd()
        except OSError:
            return ""
