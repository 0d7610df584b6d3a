"""An in-memory file system that can stop after any step, lose what was not synced, and fail as disks do.

The model is stricter than most real ones: data is durable only after fsync of its file, a name only after fsync of its
folder. ``Crash`` is raised at a failpoint and from then on by every operation (the process is dead) until ``reboot``: after
a plain kill the cache survives, after a power loss unsynced writes are dropped, torn or reordered by 512-byte sector.
A failed fsync behaves as on Linux: the pages count as clean afterwards, their data is lost, and a retry reports success.
"""

import errno
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from maestrod.store.files import FileInfo

SECTOR = 512
Loss = Literal["kill", "drop", "tear"]


class Crash(BaseException):
    """The process ended here. Not an ``Exception``, so that no handler in the code under test continues after its own death."""


@dataclass(eq=False)
class Inode:
    """A file: its content for reads, its content after a power loss, and the writes in between."""

    data: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, data) or (size, None)
    mtime_ns: int = 0


@dataclass
class Fault:
    """Fail the ``nth`` operation named ``name`` (and the following ones, ``times`` in all) whose path contains ``path``."""

    name: str
    code: int
    nth: int = 1
    times: int = 1
    path: str = ""


def _replay(content: bytearray, step: tuple[int, bytes | None]) -> None:
    offset, data = step
    if data is None:
        _resize(content, offset)
        return
    if len(content) < offset:
        _resize(content, offset)
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


class CrashFiles:
    """``Files`` in memory, with failpoints. ``trace`` lists what was done since the last reboot."""

    def __init__(self, *, capacity: int | None = None, descriptors: int = 10_000) -> None:
        self.capacity = capacity
        self.descriptors = descriptors
        self.trace: list[str] = []
        self.faults: list[Fault] = []
        self.short_write: int | None = None
        self._names: dict[Path, Inode | None] = {}  # None is a folder
        self._durable_names: dict[Path, Inode | None] = {}
        self._open: dict[int, tuple[Path, Inode]] = {}
        self._unsynced_names: dict[Path, list[dict[Path, Inode | None]]] = {}  # None is a removed name
        self._next_fd = 100
        self._clock = 1_000
        self._crash_at: int | None = None
        self._crash_before = False
        self._steps = 0
        self._dead = False

    # Failpoints

    def crash_at(self, step: int | None, *, before: bool = False) -> None:
        """Die at the ``step``-th write, fsync, rename, unlink or allocation from now, after it (or before it) happened."""
        self._steps, self._crash_at, self._crash_before = 0, step, before

    def fail(self, name: str, code: int, *, nth: int = 1, times: int = 1, path: str = "") -> None:
        """Let operations named ``name`` raise ``OSError(code)``."""
        self.faults.append(Fault(name, code, nth, times, path))

    def reboot(self, loss: Loss = "kill", seed: int = 0) -> None:
        """Start again after a crash: descriptors are gone, and with a power loss what was not synced."""
        if loss != "kill":
            self._lose_power(tear=loss == "tear", chance=random.Random(seed))
        self._open.clear()
        self.faults.clear()
        self.short_write = None
        self.trace.clear()
        self._dead = False
        self.crash_at(None)

    def copy(self) -> "CrashFiles":
        """The same disk after a crash, to be rebooted in another way; nothing is open."""
        twins: dict[Inode, Inode] = {}

        def twin(names: dict[Path, Inode | None]) -> dict[Path, Inode | None]:
            for inode in names.values():
                if inode is not None and inode not in twins:
                    data, durable = bytearray(inode.data), bytearray(inode.durable)
                    twins[inode] = Inode(data, durable, list(inode.pending), inode.mtime_ns)
            return {path: inode and twins[inode] for path, inode in names.items()}

        disk = CrashFiles(capacity=self.capacity, descriptors=self.descriptors)
        disk._names, disk._durable_names = twin(self._names), twin(self._durable_names)
        disk._unsynced_names = {
            folder: [twin(names) for names in steps] for folder, steps in self._unsynced_names.items()
        }
        disk._next_fd, disk._clock = self._next_fd, self._clock
        return disk

    def _lose_power(self, *, tear: bool, chance: random.Random) -> None:
        inodes = {inode for inode in (*self._names.values(), *self._durable_names.values()) if inode is not None}
        for inode in sorted(inodes, key=lambda each: (len(each.data), bytes(each.data[:64]))):
            content = bytearray(inode.durable)
            for step in self._survivors(inode, chance) if tear else ():
                _replay(content, step)
            inode.data, inode.durable, inode.pending = bytearray(content), bytearray(content), []
        for steps in self._unsynced_names.values():
            for names in steps[: chance.randint(0, len(steps))] if tear else ():
                self._keep_names(names)
        self._unsynced_names.clear()
        self._names = dict(self._durable_names)

    @staticmethod
    def _survivors(inode: Inode, chance: random.Random) -> list[tuple[int, bytes | None]]:
        kept: list[tuple[int, bytes | None]] = []
        in_order = chance.random() < 0.5
        cut = chance.randint(0, len(inode.pending))
        for index, (offset, data) in enumerate(inode.pending):
            if data is None:
                kept.append((offset, None))
            elif in_order and index < cut:
                kept.append((offset, data))
            elif in_order and index == cut:
                kept.append((offset, data[: chance.randint(0, len(data))]))
            elif not in_order:
                kept.extend(_sectors(offset, data, chance))
        return kept

    def _keep_names(self, step: dict[Path, Inode | None]) -> None:
        for path, inode in step.items():
            if inode is None:
                self._durable_names.pop(path, None)
            else:
                self._durable_names[path] = inode

    # Every operation is a step

    def _enter(self, name: str, path: Path) -> None:
        if self._dead:
            raise Crash(name)
        for fault in self.faults:
            if fault.name == name and fault.path in str(path) and fault.times > 0:
                fault.nth -= 1
                if fault.nth <= 0:
                    fault.times -= 1
                    raise OSError(fault.code, os.strerror(fault.code), str(path))

    def _point(self, name: str, path: Path, *, before: bool) -> None:
        if self._dead:
            raise Crash(name)
        if before:
            self._steps += 1
            self.trace.append(f"{name} {path.name}")
        if self._steps == self._crash_at and before == self._crash_before:
            self._dead = True
            raise Crash(f"{'before' if before else 'after'} {name} {path}")

    # Files

    def open(self, path: Path, flags: int) -> int:
        self._enter("open", path)
        if len(self._open) >= self.descriptors:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))
        if flags & os.O_CREAT and path not in self._names and path.parent in self._names:
            self._link(path, Inode(mtime_ns=self._tick()))
        inode = self._inode(path)
        if flags & os.O_TRUNC:
            self._change(inode, (0, None))
        self._next_fd += 1
        self._open[self._next_fd] = (path, inode)
        return self._next_fd

    def close(self, fd: int) -> None:
        if not self._dead:
            del self._open[fd]

    def read(self, path: Path) -> bytes:
        self._enter("read", path)
        return bytes(self._inode(path).data)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        path, inode = self._open[fd]
        self._enter("read", path)
        return bytes(inode.data[offset : offset + size])

    def pwrite(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        path, inode = self._open[fd]
        self._enter("write", path)
        self._point("write", path, before=True)
        taken = bytes(data)
        if self.short_write is not None:
            taken = taken[: self.short_write]
            self.short_write = None
        room = self._room(inode, offset, len(taken))
        if room <= 0 < len(taken):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        taken = taken[:room]
        self._change(inode, (offset, taken))
        self._point("write", path, before=False)
        return len(taken)

    def _room(self, inode: Inode, offset: int, count: int) -> int:
        """How many of ``count`` bytes at ``offset`` fit on the disk."""
        grows = max(0, offset + count - len(inode.data))
        return count if self.capacity is None else count - max(0, grows - max(0, self.capacity - self.used))

    @property
    def used(self) -> int:
        """Bytes on the disk."""
        return sum(len(inode.data) for inode in {*self._names.values()} if inode is not None)

    def size(self, fd: int) -> int:
        return len(self._open[fd][1].data)

    def truncate(self, fd: int, size: int) -> None:
        path, inode = self._open[fd]
        self._enter("truncate", path)
        self._point("truncate", path, before=True)
        self._change(inode, (size, None))
        self._point("truncate", path, before=False)

    def allocate(self, fd: int, size: int) -> None:
        path, inode = self._open[fd]
        self._enter("allocate", path)
        self._point("allocate", path, before=True)
        if self.capacity is not None and size - len(inode.data) > self.capacity - self.used:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if size > len(inode.data):
            self._change(inode, (size, None))
        self._point("allocate", path, before=False)

    def fsync(self, fd: int) -> None:
        path, inode = self._open[fd]
        self._point("fsync", path, before=True)
        try:
            self._enter("fsync", path)
        except OSError:
            inode.pending.clear()
            raise
        for step in inode.pending:
            _replay(inode.durable, step)
        inode.pending.clear()
        self._point("fsync", path, before=False)

    def fdatasync(self, fd: int) -> None:
        self.fsync(fd)

    def fsync_dir(self, path: Path) -> None:
        self._enter("fsync", path)
        self._point("fsync", path, before=True)
        for step in self._unsynced_names.pop(path, []):
            self._keep_names(step)
        self._point("fsync", path, before=False)

    def rename(self, source: Path, target: Path) -> None:
        self._enter("rename", source)
        self._point("rename", source, before=True)
        if source in self._names and self._names[source] is None:
            self._rename_folder(source, target)
            return
        inode = self._inode(source)
        if target in self._names and self._names[target] is None:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        self._names.pop(source)
        self._names[target] = inode
        self._open = {fd: (target if opened is inode else path, opened) for fd, (path, opened) in self._open.items()}
        self._unsynced_names.setdefault(target.parent, []).append({target: inode, source: None})
        self._point("rename", source, before=False)

    def _rename_folder(self, source: Path, target: Path) -> None:
        for names in (self._names, self._durable_names):
            for path in [path for path in names if path == source or source in path.parents]:
                names[target / path.relative_to(source)] = names.pop(path)

    def unlink(self, path: Path) -> None:
        self._enter("unlink", path)
        self._point("unlink", path, before=True)
        self._inode(path)
        self._names.pop(path)
        self._unsynced_names.setdefault(path.parent, []).append({path: None})
        self._point("unlink", path, before=False)

    def mkdir(self, path: Path) -> None:
        """Folders are durable at once, since nothing could be learned from the loss of an empty folder."""
        self._enter("mkdir", path)
        if path in self._names and self._names[path] is None:
            return
        for folder in (path, *path.parents):
            if self._names.get(folder, None) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
            self._names[folder] = None
            self._durable_names[folder] = None

    def listdir(self, path: Path) -> list[str]:
        self._enter("listdir", path)
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return sorted(name.name for name in self._names if name.parts[:-1] == path.parts)

    def info(self, path: Path) -> FileInfo:
        self._enter("info", path)
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        inode = self._names[path]
        return FileInfo(0, 0, is_dir=True) if inode is None else FileInfo(len(inode.data), inode.mtime_ns, is_dir=False)

    # What tests do to a disk from outside

    def damage(self, path: Path, data: bytes) -> None:
        """Replace a file's content durably, as a bad disk or an editor would."""
        self.mkdir(path.parent)
        self._names[path] = self._durable_names[path] = Inode(bytearray(data), bytearray(data), mtime_ns=self._tick())

    def tree(self) -> dict[str, bytes]:
        """Every file with its content."""
        return {str(path): bytes(inode.data) for path, inode in sorted(self._names.items()) if inode is not None}

    def _inode(self, path: Path) -> Inode:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        if (inode := self._names[path]) is None:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        return inode

    def _link(self, path: Path, inode: Inode) -> None:
        self._names[path] = inode
        self._unsynced_names.setdefault(path.parent, []).append({path: inode})

    def _change(self, inode: Inode, step: tuple[int, bytes | None]) -> None:
        _replay(inode.data, step)
        inode.pending.append(step)
        inode.mtime_ns = self._tick()

    def _tick(self) -> int:
        self._clock += 1
        return self._clock


def _sectors(offset: int, data: bytes, chance: random.Random) -> list[tuple[int, bytes]]:
    """The parts of a write that reached the disk if its sectors were written in any order."""
    kept = []
    start = 0
    while start < len(data):
        end = min(len(data), (offset + start) // SECTOR * SECTOR + SECTOR - offset)
        if chance.random() < 0.5:
            kept.append((offset + start, data[start:end]))
        start = end
    return kept
