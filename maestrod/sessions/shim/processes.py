"""The process table: which processes exist, who their parents are, and whether a pid still belongs to the same process.

A process is identified by (boot id, pid, start time), never by a pid alone: pids are reused. `start` is compared as
text and is valid only within one boot: clock ticks since boot from field 22 of `/proc/PID/stat` (proc(5)) on Linux, the
start date of `ps` on other systems.
"""

import posix

from .process import Process, carries_tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .ps import Ps

    ProcessTable: TypeAlias = "ProcFs | Ps"

_ENVIRONMENT_LIMIT = (
    4 << 20
)  # more than the kernel lets a process start with (2 MiB of arguments and environment by default)


class ProcFs:
    """The process table of Linux, read from `/proc`."""

    def boot_id(self) -> str:
        """The id of this boot of the machine."""
        return _read("/proc/sys/kernel/random/boot_id").decode().strip()

    def start_of(self, pid: int, *, ended: bool = False) -> str | None:
        """Start time of the living process with this pid, None when there is none. With `ended`, also of a zombie."""
        process = self._process(pid)
        return process.start if process is not None and (process.alive or ended) else None

    def table(self) -> dict[int, Process]:
        """All processes, by pid."""
        found = (self._process(int(name)) for name in posix.listdir("/proc") if name.isdigit())
        return {process.pid: process for process in found if process is not None}

    def tagged(self, table: dict[int, Process], tag: str) -> dict[int, Process]:
        """The living processes of this user that carry a tag in their environment."""
        me = posix.getuid()
        return {
            pid: process
            for pid, process in table.items()
            if process.alive and _owner(pid) == me and carries_tag(_environment(pid), tag)
        }

    def _process(self, pid: int) -> Process | None:
        try:
            stat = _read(f"/proc/{pid}/stat", 1024)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return None  # any other error, such as a lack of descriptors, must not pass for "no such process"
        # The name in parentheses may hold parentheses and spaces: count the fields after the last parenthesis.
        behind = stat.rfind(b")")
        fields = stat[behind + 2 :].split()
        # A leader that ended while other threads run looks like a zombie too, but the process still works.
        alive = fields[0] not in (b"Z", b"X") or int(fields[17]) > 1
        name = stat[stat.find(b"(") + 1 : behind].decode("utf-8", "replace")
        return Process(pid, int(fields[1]), int(fields[2]), fields[19].decode(), alive, name)


def _read(path: str, limit: int = 4096) -> bytes:
    fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        return posix.read(fd, limit)
    finally:
        posix.close(fd)


def _owner(pid: int) -> int:
    try:
        return posix.stat(f"/proc/{pid}").st_uid
    except OSError:
        return -1


def _environment(pid: int) -> bytes:
    parts = []
    size = 0
    try:
        fd = posix.open(f"/proc/{pid}/environ", posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return b""
    try:
        while size < _ENVIRONMENT_LIMIT and (part := posix.read(fd, 65536)):
            parts.append(part)
            size += len(part)
    except OSError:
        return b""
    finally:
        posix.close(fd)
    return b"".join(parts)


def _system_table() -> "ProcessTable":
    try:
        posix.stat("/proc/self/stat")
    except OSError:
        from .ps import Ps

        return Ps()
    return ProcFs()


system = _system_table()
"""The process table of this system."""
