"""The process table without `/proc` (macOS): parses the output of `ps`.

It is slower than `/proc` (one program per query) and coarser (start times have a resolution of one second). It cannot
see the tag of a process whose environment the system hides from `ps`. It is used only when something is launched,
adopted or stopped. Formats: `ps(1)` of macOS and of procps; `-E` shows the environment on macOS, `e` on procps.
"""

import posix
import sys

from .process import TAG, Process

_ENVIRONMENT = "-axEww" if sys.platform == "darwin" else "axeww"
_COLUMNS = "pid=,ppid=,pgid=,stat=,lstart=,comm="
_PATHS = ("/bin/ps", "/usr/bin/ps")


def run(argv: list[str]) -> tuple[bytes, int]:
    """Run a program; returns its standard output and its pid. OSError when it cannot be started."""
    reader, writer = posix.pipe()
    actions = [(posix.POSIX_SPAWN_DUP2, writer, 1), (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0)]
    try:
        pid = posix.posix_spawn(
            argv[0], argv, {"PATH": "/bin:/usr/bin:/sbin:/usr/sbin", "LC_ALL": "C"}, file_actions=actions
        )
    except OSError:
        posix.close(reader)
        raise
    finally:
        posix.close(writer)
    parts = []
    while part := posix.read(reader, 65536):
        parts.append(part)
    posix.close(reader)
    posix.waitpid(pid, 0)
    return b"".join(parts), pid


def _program() -> str:
    for path in _PATHS:
        if posix.access(path, posix.X_OK):
            return path
    return _PATHS[0]


def parse_table(text: str) -> dict[int, Process]:
    """Parse rows of `pid ppid pgid stat lstart comm`, where lstart is five words (`Fri Nov 20 05:17:29 2026`) and comm
    is a name or, on macOS, a path.
    """
    table = {}
    for line in text.splitlines():
        words = line.split(None, 9)
        if len(words) >= 9 and words[0].isdigit():
            pid, parent, pgid = (int(word) for word in words[:3])
            table[pid] = Process(pid, parent, pgid, " ".join(words[4:9]), words[3][0] not in "ZX", _name(words[9:]))
    return table


def _name(rest: list[str]) -> str:
    return rest[0].rstrip().rpartition("/")[2] if rest else ""


def parse_tagged(text: str, tag: str) -> set[int]:
    """The pids of `pid command environment` rows that carry the tag. `ps` does not separate variables from arguments:
    both match.
    """
    wanted = f" {TAG}={tag} "
    return {int(line.split(None, 1)[0]) for line in text.splitlines() if wanted in f"{line} "}


class Ps:
    """The process table of a system without `/proc`, read with `ps`."""

    def boot_id(self) -> str:
        """The id of this boot: the time of the boot."""
        return run(["/usr/sbin/sysctl", "-n", "kern.boottime"])[0].decode().strip()

    def start_of(self, pid: int, *, ended: bool = False) -> str | None:
        """Start time of the living process with this pid, None when there is none. With `ended`, also of a zombie."""
        process = _ask_table(["-o", _COLUMNS, "-p", str(pid)]).get(pid)
        return process.start if process is not None and (process.alive or ended) else None

    def table(self) -> dict[int, Process]:
        """All processes, by pid."""
        return _ask_table(["-axo", _COLUMNS])

    def tagged(self, table: dict[int, Process], tag: str) -> dict[int, Process]:
        """The living processes that carry a tag in the environment that `ps` shows."""
        listing, _ = run([_program(), _ENVIRONMENT, "-o", "pid=,command="])
        pids = parse_tagged(listing.decode(errors="replace"), tag)
        return {pid: process for pid, process in table.items() if pid in pids and process.alive}


def _ask_table(arguments: list[str]) -> dict[int, Process]:
    """Run `ps` and parse its table, without the row of `ps` itself: as our child it would always be a descendant."""
    listing, own = run([_program(), *arguments])
    table = parse_table(listing.decode(errors="replace"))
    table.pop(own, None)
    return table
