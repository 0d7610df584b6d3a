"""The project's folder, identified by device and inode, not by name; entered again before each command.

A folder that is removed or moved would stay the worker's current one: commands would run where no one sees them, and
checks would prove nothing. The worker keeps the folder that the session began in open, so that its device and inode are
not reused and its new place can be found.
"""

import posix

#: With O_PATH, a folder that may be entered but not read is enough.
_OPEN = getattr(posix, "O_PATH", posix.O_RDONLY) | posix.O_DIRECTORY | posix.O_CLOEXEC


class FolderLost(Exception):
    """The project's folder is gone or was replaced; the text says what happened to it."""


class Workplace:
    """The working directory at construction time, whose name is ``path``."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held = posix.open(".", _OPEN)

    def enter(self) -> None:
        """Change to the folder. Raises ``FolderLost`` unless the path still leads to the same folder."""
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
        """What happened to a folder that cannot be entered."""
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
