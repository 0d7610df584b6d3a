"""The one seam between the store and the file system.

Everything the store does to a disk goes through ``Files``, so that a test can stop the world after any write, fsync or
rename, lose what was not synced, or fill the disk (``tests/kit/parts/crash_files.py``). ``RealFiles`` is the operating system.

Two facts of POSIX shape it. A write may be short, so whoever writes loops (``write_all``). A new or renamed name is durable
only after its folder was synced as well, so whoever replaces a file does four steps (``atomic_write``).
"""

import errno
import os
import stat
import sys
import threading
from pathlib import Path
from typing import NamedTuple, Protocol

#: Descriptors held back for the store, so that a process that ran out of them can still write its state.
RESERVE = 6
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
_ZEROS = bytes(1 << 20)


class FileInfo(NamedTuple):
    """What the store asks about a path: bytes, nanoseconds since the epoch, and whether it is a folder."""

    size: int
    mtime_ns: int
    is_dir: bool


class Files(Protocol):
    """What the store needs of a file system. Every method raises ``OSError`` as the system call does."""

    def open(self, path: Path, flags: int) -> int: ...
    def close(self, fd: int) -> None: ...
    def read(self, path: Path) -> bytes: ...
    def pread(self, fd: int, size: int, offset: int) -> bytes: ...
    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int: ...
    def size(self, fd: int) -> int: ...
    def truncate(self, fd: int, size: int) -> None: ...
    def allocate(self, fd: int, size: int) -> None: ...
    def fsync(self, fd: int) -> None: ...
    def fdatasync(self, fd: int) -> None: ...
    def fsync_dir(self, path: Path) -> None: ...
    def rename(self, source: Path, target: Path) -> None: ...
    def unlink(self, path: Path) -> None: ...
    def mkdir(self, path: Path) -> None: ...
    def listdir(self, path: Path) -> list[str]: ...
    def info(self, path: Path) -> FileInfo: ...


class RealFiles:
    """The operating system's files, with a few descriptors in reserve.

    When a process has no descriptor left, ``open`` gives one of the reserve back and tries again; ``close`` restocks the
    reserve first. So an overload of clients or agents never stops the store from writing.
    """

    def __init__(self, reserve: int = RESERVE) -> None:
        self._lock = threading.Lock()
        self._wanted = reserve
        self._spare: list[int] = []
        self._restock()

    def open(self, path: Path, flags: int) -> int:
        """Open ``path`` with mode 0600; ``O_CREAT`` also makes it."""
        while True:
            try:
                return os.open(path, flags | os.O_CLOEXEC, 0o600)
            except OSError as error:
                if error.errno not in _OUT_OF_DESCRIPTORS or not self._release():
                    raise

    def close(self, fd: int) -> None:
        """Close ``fd`` and fill the reserve up again."""
        os.close(fd)
        if len(self._spare) < self._wanted:
            self._restock()

    def read(self, path: Path) -> bytes:
        """The whole file."""
        fd = self.open(path, os.O_RDONLY)
        try:
            return self.pread(fd, os.fstat(fd).st_size, 0)
        finally:
            self.close(fd)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes from ``offset``: fewer only at the end of the file."""
        data = os.pread(fd, size, offset)
        while 0 < len(data) < size and (more := os.pread(fd, size - len(data), offset + len(data))):
            data += more
        return data

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """Write at ``offset``; returns how many bytes were taken, which may be fewer than given."""
        return os.pwrite(fd, data, offset)

    def size(self, fd: int) -> int:
        """Length of an open file in bytes."""
        return os.fstat(fd).st_size

    def truncate(self, fd: int, size: int) -> None:
        """Cut or extend the file to ``size`` bytes."""
        os.ftruncate(fd, size)

    def allocate(self, fd: int, size: int) -> None:
        """Make the file ``size`` bytes long with room on the disk for all of them; new bytes read as zero."""
        if sys.platform == "darwin":  # has no posix_fallocate
            offset = os.fstat(fd).st_size
            while offset < size:
                offset += os.pwrite(fd, memoryview(_ZEROS)[: size - offset], offset)
        else:
            os.posix_fallocate(fd, 0, size)

    def fsync(self, fd: int) -> None:
        """Flush data and size to the device (on macOS with ``F_FULLFSYNC``: plain fsync stops at the drive's cache)."""
        if sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Flush data, and the size only if it changed."""
        if sys.platform == "darwin":
            self.fsync(fd)
        else:
            os.fdatasync(fd)

    def fsync_dir(self, path: Path) -> None:
        """Make the names in a folder durable."""
        fd = self.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            self.close(fd)

    def rename(self, source: Path, target: Path) -> None:
        """Give ``source`` the name ``target``, replacing what was there in one step."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def mkdir(self, path: Path) -> None:
        """Make a folder of mode 0700, its parents too; there already is fine."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def listdir(self, path: Path) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(entry.name for entry in os.scandir(path))

    def info(self, path: Path) -> FileInfo:
        """Size, time and kind of what ``path`` names."""
        found = path.stat()
        return FileInfo(found.st_size, found.st_mtime_ns, stat.S_ISDIR(found.st_mode))

    def release_reserve(self) -> None:
        """Close the descriptors held back; for a store that closes."""
        while self._release():
            pass
        self._wanted = 0

    def _release(self) -> bool:
        with self._lock:
            if not self._spare:
                return False
            os.close(self._spare.pop())
            return True

    def _restock(self) -> None:
        with self._lock:
            while len(self._spare) < self._wanted:
                try:
                    self._spare.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
                except OSError:
                    return  # still short of descriptors: the next close tries again


def write_all(files: Files, fd: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of ``data`` at ``offset``, however many short writes it takes."""
    view = memoryview(data)
    while view:
        written = files.pwrite(fd, view, offset)
        if written <= 0:
            raise OSError(errno.EIO, "a write took no bytes")
        view = view[written:]
        offset += written


def atomic_write(files: Files, path: Path, data: bytes, *, sync_dir: bool = True) -> None:
    """Replace ``path`` by ``data`` so that a crash leaves the old content or the new, never a mixture.

    ``sync_dir=False`` leaves the last step to a caller that replaces many files of one folder. The temporary file is
    ``.<name>.tmp`` beside the target; it is removed when a step fails.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    fd = files.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        try:
            write_all(files, fd, data, 0)
            files.fsync(fd)
        finally:
            files.close(fd)
        files.rename(temporary, path)
    except OSError:
        remove(files, temporary)
        raise
    if sync_dir:
        files.fsync_dir(path.parent)


def remove(files: Files, path: Path) -> None:
    """Remove ``path`` if it is there and can be removed: for leftovers, whose presence does no harm."""
    try:
        files.unlink(path)
    except OSError:
        pass


def exists(files: Files, path: Path) -> bool:
    """Whether ``path`` names something."""
    try:
        files.info(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
