"""One daemon per data folder.

The claim is an exclusive flock(2) on ``<data>/lock`` for the life of the process. The kernel releases it however the
process ends, so it is never stale. The lock file is never deleted, because a second daemon would then lock another file
with that name. Its content tells clients where the daemon listens and who it is
(``maestrod/api/local/daemon_lock.py``). Only the holder may touch the socket's path: see ``endpoint.py``.
"""

import fcntl
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from maestrod.api.errors import BadConfiguration, Unavailable
from maestrod.api.local import daemon_lock
from maestrod.api.local.daemon_lock import CONTENT_SIZE, LOCK_FILE, Holder, Phase, is_own_plain_file

#: How often to try to take the lock of a dead holder, and the pause between two tries.
_PATIENCE_TURNS = 50
_TURN_SECONDS = 0.01


class Claim:
    """A held lock. ``holder`` is its content."""

    def __init__(self, descriptor: int, data: Path, holder: Holder) -> None:
        self.holder = holder
        self._descriptor = descriptor
        self._data = data
        self._write()

    def publish(self, phase: Phase, *, socket: Path | None = None, progress: str = "") -> None:
        """Publish what the holder is doing now, and where it listens. A full disk is ignored: clients then know less."""
        path = self.holder.socket if socket is None else _shown(socket)
        self.holder = msgspec.structs.replace(self.holder, phase=phase, socket=path, progress=progress)
        try:
            self._write()
        except BadConfiguration:
            pass

    def is_void(self) -> bool:
        """Whether the file at the lock's path is no longer the held one: the data folder was removed, moved or replaced."""
        held = os.fstat(self._descriptor)
        try:
            there = (self._data / LOCK_FILE).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:  # an unreadable file system is no evidence that the lock is gone
            return False
        return not os.path.samestat(held, there)

    def _write(self) -> None:
        """Replace the lock's content with one write, so that no client reads half of it."""
        try:
            os.pwrite(self._descriptor, msgspec.json.encode(self.holder).ljust(CONTENT_SIZE - 1) + b"\n", 0)
            os.ftruncate(self._descriptor, CONTENT_SIZE)
        except OSError as error:
            raise BadConfiguration("instance.lock", f"cannot write to {self._data}: {error.strerror}") from error


#: Advice when a daemon has the data folder: to a user who starts another one, and to one who works on its files.
ANOTHER_DAEMON = "use it, or set MAESTRO_HOME to start a second one"
STOP_IT_FIRST = "stop it first: maestroctl daemon stop"


class AlreadyRunning(Unavailable):
    """Another daemon owns ``place``, a data folder or a socket path. ``pid`` and ``socket`` are None if unknown."""

    def __init__(self, place: Path, pid: int | None, socket: str | None, *, advice: str = ANOTHER_DAEMON) -> None:
        self.pid = pid
        self.socket = socket
        known = [f"process {pid}"] if pid is not None else []
        known += [f"socket {socket}"] if socket is not None else []
        who = ", ".join(known) or "it is just starting"
        message = f"a daemon already runs on {place} ({who}): {advice}"
        super().__init__("daemon.already_running", message, {"pid": pid, "socket": socket})


@contextmanager
def single_instance(data: Path, socket_path: Path, version: str, *, phase: Phase = Phase.STARTING) -> Iterator[Claim]:
    """Hold the folder ``data`` during the block.

    Raises ``AlreadyRunning`` (exit code 75) when another process holds it, and ``BadConfiguration`` when the lock file is
    unusable: a link, a folder, another user's, or on a full file system.
    """
    descriptor = _open_lock(data)
    try:
        _claim(descriptor, data, STOP_IT_FIRST if phase is Phase.OFFLINE else ANOTHER_DAEMON)
        pid = os.getpid()
        started = daemon_lock.process_start(pid)
        socket = _shown(socket_path)
        holder = Holder(pid=pid, boot_id=boot_id(), version=version, socket=socket, started=started, phase=phase)
        yield Claim(descriptor, data, holder)
    finally:
        os.close(descriptor)


def boot_id() -> str:
    """Identifies this boot of the machine: the kernel's own id, or the time of the boot."""
    if sys.platform == "linux":
        return daemon_lock.boot_id()
    else:  # noqa: RET505 - mypy takes what follows a platform check for dead code
        return f"boot-{psutil.boot_time():.0f}"


def _shown(path: Path) -> str:
    """The path as text. A path that is not UTF-8 becomes inexact, and clients then use the default path."""
    return os.fsencode(path).decode("utf-8", "replace")


def _open_lock(data: Path) -> int:
    """Open or create the lock file of ``data``, which must be a regular file that this user owns."""
    path = data / LOCK_FILE
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        message = f"cannot open the lock {path}: {error.strerror}; it must be a regular file that you own, in a writable folder"
        raise BadConfiguration("instance.lock", message) from error
    if not is_own_plain_file(os.fstat(descriptor)):
        os.close(descriptor)
        raise BadConfiguration("instance.lock", f"{path} is not a regular file that you own: move it away")
    return descriptor


def _claim(descriptor: int, data: Path, advice: str) -> None:
    """Take the lock, or raise an error that names its holder. It is close-on-exec, so no child program inherits it.

    Two holders last only an instant: the child of a daemon that was killed before the child's exec, and a client that
    checks whether a daemon runs. Only a living holder that has written its identity counts.
    """
    for _ in range(_PATIENCE_TURNS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = daemon_lock.read(descriptor)
            if holder is not None and _is_alive(holder):
                break
            select.select([], [], [], _TURN_SECONDS)
        else:
            return
    holder = daemon_lock.read(descriptor)
    if holder is not None and holder.phase is Phase.OFFLINE:
        message = f"`maestrod store` (process {holder.pid}) is using {data}: try again when it has finished"
        raise Unavailable("store.busy", message, {"pid": holder.pid})
    raise AlreadyRunning(data, holder.pid if holder else None, holder.socket if holder else None, advice=advice)


def _is_alive(holder: Holder) -> bool:
    """Whether the process that wrote the lock still runs. A process of another boot or machine does not count."""
    started = daemon_lock.process_start(holder.pid)
    is_same = not started or not holder.started or started == holder.started
    return holder.boot_id == boot_id() and psutil.pid_exists(holder.pid) and is_same
