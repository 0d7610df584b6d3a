"""One daemon per data folder.

The claim is an exclusive flock(2) on ``<data>/lock``, held for life: the kernel drops it when the process ends, however it
ends, so nothing about it can be stale. The lock file is never deleted (a second daemon would lock another file of that name),
and what is written in it is for messages only. Only the holder may touch the socket's path: see ``endpoint.py``.
"""

import fcntl
import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from maestrod.api.base import Entity
from maestrod.api.errors import BadConfiguration, Unavailable

#: Longer content is not ours.
_CONTENT_LIMIT = 4096

#: How long a dead holder's lock is waited for, in all and between two looks.
_PATIENCE_TURNS = 50
_TURN_SECONDS = 0.01

_LINUX_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Holder(Entity, frozen=True):
    """Who holds the lock, as written in it: the process, the boot it belongs to, its version and its socket."""

    pid: int
    boot_id: str
    version: str
    socket: str


class AlreadyRunning(Unavailable):
    """Another daemon owns ``place``, a data folder or a socket path. ``pid`` and ``socket`` are None where not known."""

    def __init__(self, place: Path, pid: int | None, socket: str | None) -> None:
        self.pid = pid
        self.socket = socket
        known = [f"process {pid}"] if pid is not None else []
        known += [f"socket {socket}"] if socket is not None else []
        who = ", ".join(known) or "it is just starting"
        message = f"a daemon already runs on {place} ({who}): use that one, or set MAESTRO_HOME for a second one"
        super().__init__("daemon.already_running", message, {"pid": pid, "socket": socket})


@contextmanager
def single_instance(data: Path, socket_path: Path, version: str) -> Iterator[Holder]:
    """Hold the folder ``data`` for the length of the block.

    Raises ``AlreadyRunning`` (exit code 75) when another process holds it, and ``BadConfiguration`` when the lock file cannot
    be one: a link, a folder, another user's, on a file system that is full.
    """
    descriptor = _open_lock(data)
    try:
        _claim(descriptor, data)
        holder = Holder(pid=os.getpid(), boot_id=boot_id(), version=version, socket=str(socket_path))
        _write(descriptor, holder, data)
        yield holder
    finally:
        os.close(descriptor)


def boot_id() -> str:
    """What tells this boot of the machine from every other: the kernel's own id, or the time it came up."""
    if sys.platform == "linux":
        return _LINUX_BOOT_ID.read_text("ascii").strip()
    else:  # noqa: RET505 - mypy takes what follows a platform check for dead code
        return f"boot-{psutil.boot_time():.0f}"


def _open_lock(data: Path) -> int:
    """Open or create the lock file of ``data``, which has to be a plain file of ours."""
    path = data / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        message = f"cannot open the lock {path}: {error.strerror}; it has to be a plain file of yours in a folder you can write"
        raise BadConfiguration("instance.lock", message) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
        os.close(descriptor)
        raise BadConfiguration("instance.lock", f"{path} is not a plain file of yours: move it away")
    return descriptor


def _claim(descriptor: int, data: Path) -> None:
    """Take the lock now or say who has it. Other programs' children never inherit it: it is close-on-exec.

    A daemon that was killed while it started a child leaves the lock to it for the instant before its exec is over: a
    holder that is dead is given that instant.
    """
    for _ in range(_PATIENCE_TURNS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read(descriptor)
            if holder is None or (holder.boot_id == boot_id() and psutil.pid_exists(holder.pid)):
                break
            select.select([], [], [], _TURN_SECONDS)
        else:
            return
    holder = _read(descriptor)
    raise AlreadyRunning(data, holder.pid if holder else None, holder.socket if holder else None)


def _read(descriptor: int) -> Holder | None:
    """What the lock says; its content may be anything, half-written included."""
    try:
        return msgspec.json.decode(os.pread(descriptor, _CONTENT_LIMIT, 0), type=Holder)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _write(descriptor: int, holder: Holder, data: Path) -> None:
    """Replace the lock's content."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(holder) + b"\n", 0)
    except OSError as error:
        raise BadConfiguration("instance.lock", f"cannot write to {data}: {error.strerror}") from error
