"""The interface between the store and the file system.

Everything that the store does to a disk goes through ``Files``. So a test can crash after any write, fsync or rename, lose what
was not synced, or fill the disk (``tests/kit/parts/crash_files.py``). ``RealFiles`` uses the operating system.

Two facts of POSIX shape it. A write may be short, so writers loop (``write_all``). A new or renamed name is durable
only after its folder was synced as well, so replacing a file takes four steps (``atomic_write``).
"""

import errno
import os
import stat
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

#: File descriptors reserved for the store, so that a process that has none left can still write its state.
RESERVE = 6
_OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
_ZEROS = bytes(1 << 20)


class FileInfo(NamedTuple):
    """Size in bytes, modification time in ns since the epoch, and whether it is a folder."""

    size: int
    mtime_ns: int
    is_dir: bool


class Files(Protocol):
    """The file system calls of the store. Every method raises ``OSError`` as the system call does."""

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
    """The operating system's files, with a few file descriptors in reserve.

    When the process has no descriptor left, ``open`` closes one of the reserve and retries; ``close`` refills the
    reserve first. So too many clients or agents never stop the store from writing.
    """

    def __init__(self, reserve: int = RESERVE) -> None:
        self._lock = threading.Lock()
        self._target = reserve
        self._spare: list[int] = []
        self._restock()

    def open(self, path: Path, flags: int) -> int:
        """Open ``path``; with ``O_CREAT``, create it with mode 0600."""
        while True:
            try:
                return os.open(path, flags | os.O_CLOEXEC, 0o600)
            except OSError as error:
                if error.errno not in _OUT_OF_DESCRIPTORS or not self._release():
                    raise

    def close(self, fd: int) -> None:
        """Close ``fd`` and refill the reserve."""
        os.close(fd)
        if len(self._spare) < self._target:
            self._restock()

    def read(self, path: Path) -> bytes:
        """The whole file."""
        fd = self.open(path, os.O_RDONLY)
        try:
            return self.pread(fd, os.fstat(fd).st_size, 0)
        finally:
            self.close(fd)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes from ``offset``; fewer only at the end of the file."""
        data = os.pread(fd, size, offset)
        while 0 < len(data) < size and (more := os.pread(fd, size - len(data), offset + len(data))):
            data += more
        return data

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        """Write at ``offset``. Returns how many bytes were written, which may be fewer than given."""
        return os.pwrite(fd, data, offset)

    def size(self, fd: int) -> int:
        """Length of an open file in bytes."""
        return os.fstat(fd).st_size

    def truncate(self, fd: int, size: int) -> None:
        """Cut or extend the file to ``size`` bytes."""
        os.ftruncate(fd, size)

    def allocate(self, fd: int, size: int) -> None:
        """Extend the file to ``size`` bytes, with disk space for all of them; new bytes are zero."""
        if sys.platform == "darwin":  # has no posix_fallocate
            offset = os.fstat(fd).st_size
            while offset < size:
                offset += os.pwrite(fd, memoryview(_ZEROS)[: size - offset], offset)
        else:
            os.posix_fallocate(fd, 0, size)

    def fsync(self, fd: int) -> None:
        """Flush data and size to the device (on macOS with ``F_FULLFSYNC``, because fsync stops at the drive's cache)."""
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
        """Rename ``source`` to ``target``, atomically replacing what was there."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def mkdir(self, path: Path) -> None:
        """Create a folder of mode 0700 and its parents, unless it exists."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def listdir(self, path: Path) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(entry.name for entry in os.scandir(path))

    def info(self, path: Path) -> FileInfo:
        """Size, modification time and kind of ``path``."""
        found = path.stat()
        return FileInfo(found.st_size, found.st_mtime_ns, stat.S_ISDIR(found.st_mode))

    def release_reserve(self) -> None:
        """Close the reserved descriptors, when the store closes."""
        while self._release():
            pass
        self._target = 0

    def _release(self) -> bool:
        with self._lock:
            if not self._spare:
                return False
            os.close(self._spare.pop())
            return True

    def _restock(self) -> None:
        with self._lock:
            while len(self._spare) < self._target:
                try:
                    self._spare.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
                except OSError:
                    return  # still short of descriptors: the next close tries again


def write_all(files: Files, fd: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of ``data`` at ``offset``, in as many short writes as needed."""
    view = memoryview(data)
    while view:
        written = files.pwrite(fd, view, offset)
        if written <= 0:
            raise OSError(errno.EIO, "no bytes were written")
        view = view[written:]
        offset += written


def atomic_write(files: Files, path: Path, data: bytes, *, sync_dir: bool = True) -> None:
    """Replace ``path`` with ``data`` so that a crash leaves the old content or the new, never a mixture. See ``atomic_write_chunks``."""
    atomic_write_chunks(files, path, (data,), sync_dir=sync_dir)


def atomic_write_chunks(files: Files, path: Path, chunks: Iterable[bytes], *, sync_dir: bool = True) -> int:
    """The same for content in chunks, which need not fit into memory. Returns the size in bytes.

    ``sync_dir=False`` leaves the last step to a caller that replaces many files of one folder. The temporary file is
    ``.<name>.tmp`` in the same folder; it is removed if a step fails.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    fd = files.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    size = 0
    try:
        try:
            for chunk in chunks:
                write_all(files, fd, chunk, size)
                size += len(chunk)
            files.fsync(fd)
        finally:
            files.close(fd)
        files.rename(temporary, path)
    except OSError:
        remove(files, temporary)
        raise
    if sync_dir:
        files.fsync_dir(path.parent)
    return size


def remove(files: Files, path: Path) -> None:
    """Remove ``path`` if possible; for harmless leftovers."""
    try:
        files.unlink(path)
    except OSError:
        pass


def exists(files: Files, path: Path) -> bool:
    """Whether ``path`` exists."""
    try:
        files.info(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
