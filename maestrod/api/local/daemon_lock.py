"""The lock of a data folder: says to every process which daemon holds the folder, and where it listens.

The lock is an exclusive flock(2) on ``<data>/lock`` (``maestrod/host/instance.py``). The kernel releases it when its process
ends, so a held lock proves that a daemon runs, even if the reader's environment differs from the daemon's. The content has the
details.
"""

import enum
import fcntl
import os
import stat
import sys
from pathlib import Path

import msgspec

from maestrod.api.model.base import Entity

#: Name of the file in the data folder.
LOCK_FILE = "lock"

#: The content is padded to one size, so that a single write replaces all of it. Longer content is not valid.
CONTENT_SIZE = 4096

_LINUX_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Phase(enum.Enum):
    """What the holder is doing; ``offline`` is a command of ``maestrod store``, which serves no clients."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"
    OFFLINE = "offline"


class Holder(Entity, frozen=True):
    """The content of the lock: the process that holds it, its boot, its version and its socket.

    ``started`` is when the process started, in the kernel's count (see ``process_start``), so that a later process with the
    same pid is not mistaken for it. ``progress`` is one line about a start that takes long.
    """

    pid: int
    boot_id: str
    version: str
    socket: str
    started: str = ""
    phase: Phase = Phase.SERVING
    progress: str = ""

    @property
    def is_here(self) -> bool:
        """Whether its pid is valid here: it is of the same boot, and the same process as far as the kernel shows it."""
        ours = boot_id()
        started = process_start(self.pid)
        return (not ours or self.boot_id == ours) and (not self.started or started == self.started)


def boot_id() -> str:
    """The id of this boot of the machine; empty where the kernel has none."""
    if sys.platform != "linux":
        return ""
    try:
        return _LINUX_BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When a process started, in clock ticks since the boot (proc(5), field 22); empty where the kernel does not show it."""
    fields = process_stat(pid)
    return fields[19] if len(fields) > 19 else ""


def process_stat(pid: int) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` after the name: state, parent, … (proc(5)); empty where there is no such file."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def is_stopped(pid: int | None) -> bool:
    """Whether a process is stopped by a signal or a debugger, as far as ``/proc`` shows it."""
    return pid is not None and process_stat(pid)[:1] in (["T"], ["t"])


def is_own_plain_file(status: os.stat_result) -> bool:
    """Whether a file with this status can be our lock."""
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid()


def read(descriptor: int) -> Holder | None:
    """The content of the lock; None if it is invalid, for example half-written."""
    try:
        return msgspec.json.decode(os.pread(descriptor, CONTENT_SIZE, 0), type=Holder)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def is_held(data: Path) -> bool:
    """Whether a living process holds the folder."""
    descriptor = _open(data)
    if descriptor is None:
        return False
    try:
        return _is_locked(descriptor)
    finally:
        os.close(descriptor)


def holder_of(data: Path) -> Holder | None:
    """The living process that holds the folder; None if there is none, or it has not written its content yet."""
    descriptor = _open(data)
    if descriptor is None:
        return None
    try:
        return read(descriptor) if _is_locked(descriptor) else None
    finally:
        os.close(descriptor)


def socket_of(data: Path, usual: Path) -> Path:
    """The socket of a data folder's daemon: the one in its lock, else the usual one."""
    holder = holder_of(data)
    said = "" if holder is None or holder.phase is Phase.OFFLINE else holder.socket
    return Path(said) if said.startswith("/") and _REPLACEMENT not in said else usual


def _open(data: Path) -> int | None:
    """The file descriptor of the lock file; None if it is missing or not our regular file."""
    try:
        descriptor = os.open(data / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if is_own_plain_file(os.fstat(descriptor)):
        return descriptor
    os.close(descriptor)
    return None


def _is_locked(descriptor: int) -> bool:
    """Whether a process holds the lock. The check takes a shared lock for an instant, for which a starting daemon waits."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks, on which no daemon runs either
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
