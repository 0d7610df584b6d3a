"""The lock of a data folder as every process reads it: which daemon holds the folder, and where it listens.

The claim is an exclusive flock(2) on ``<data>/lock`` (``maestrod/host/instance.py``). The kernel drops it when its process ends, so a
held lock is the proof of a living daemon, however the environment of who asks differs from the daemon's; the content says the rest.
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

#: The content is padded to one size, so that one write replaces it whole. Longer content is not ours.
CONTENT_SIZE = 4096

_LINUX_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class Phase(enum.Enum):
    """What the holder is doing: ``offline`` is a command of ``maestrod store``, which serves nobody."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"
    OFFLINE = "offline"


class Holder(Entity, frozen=True):
    """Who holds the lock, as written in it: the process, the boot it belongs to, its version and its socket.

    ``started`` is when the process started, in the kernel's own count (see ``process_start``), so that a later process with the same
    number is not taken for it. ``progress`` is one line about a start that takes long.
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
        """Whether its process number means something to us: the same boot, and the very process where the kernel shows it."""
        ours = boot_id()
        started = process_start(self.pid)
        return (not ours or self.boot_id == ours) and (not self.started or started == self.started)


def boot_id() -> str:
    """What tells this boot of the machine from every other; empty where the kernel has no such id."""
    if sys.platform != "linux":
        return ""
    try:
        return _LINUX_BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


def process_start(pid: int) -> str:
    """When a process started, in clock ticks since the boot (proc(5), field 22); empty where the kernel does not say."""
    fields = process_stat(pid)
    return fields[19] if len(fields) > 19 else ""


def process_stat(pid: int) -> list[str]:
    """What ``/proc/<pid>/stat`` says after the name: state, parent, … (proc(5)); empty where there is no such thing."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def is_stopped(pid: int | None) -> bool:
    """Whether a process is stopped by a signal or a debugger, where the kernel shows it in ``/proc``."""
    return pid is not None and process_stat(pid)[:1] in (["T"], ["t"])


def is_plain_file_of_ours(status: os.stat_result) -> bool:
    """Whether a file with this status can be a lock of ours."""
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid()


def read(descriptor: int) -> Holder | None:
    """What the lock says; its content may be anything, half-written included."""
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
    """The living process that holds the folder; None when there is none, or it has not said yet who it is."""
    descriptor = _open(data)
    if descriptor is None:
        return None
    try:
        return read(descriptor) if _is_locked(descriptor) else None
    finally:
        os.close(descriptor)


def socket_of(data: Path, usual: Path) -> Path:
    """Where the daemon of a data folder listens: where its lock says, else at the usual place."""
    holder = holder_of(data)
    said = "" if holder is None or holder.phase is Phase.OFFLINE else holder.socket
    return Path(said) if said.startswith("/") and _REPLACEMENT not in said else usual


def _open(data: Path) -> int | None:
    """The lock file, if it is there and ours; anything else in its place is no lock."""
    try:
        descriptor = os.open(data / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if is_plain_file_of_ours(os.fstat(descriptor)):
        return descriptor
    os.close(descriptor)
    return None


def _is_locked(descriptor: int) -> bool:
    """Whether somebody has the lock; asking takes a shared one for an instant, which a starting daemon waits out."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks: then no daemon runs on it either
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return False
