"""A process, its kin, and the tag that marks those of an attempt.

The environment tag finds processes that left both the tree and the group: children inherit `MAESTRO_CUSTODY`, which the shim adds.
"""

TAG = "MAESTRO_CUSTODY"


class Process:
    """One row of the process table. `alive` is false for a zombie: it runs no code, it only waits to be reaped. `name` is
    what it calls itself, for people; never its arguments, which may hold secrets.
    """

    __slots__ = ("alive", "name", "parent", "pgid", "pid", "start")

    def __init__(self, pid: int, parent: int, pgid: int, start: str, alive: bool, name: str = "") -> None:
        self.pid = pid
        self.parent = parent
        self.pgid = pgid
        self.start = start
        self.alive = alive
        self.name = name


def descendants(table: dict[int, Process], roots: set[int]) -> dict[int, Process]:
    """The living processes below the roots, the roots themselves left out."""
    children: dict[int, list[Process]] = {}
    for process in table.values():
        children.setdefault(process.parent, []).append(process)
    found: dict[int, Process] = {}
    todo = list(roots)
    while todo:
        for process in children.get(todo.pop(), ()):
            if process.pid not in found and process.pid not in roots:
                found[process.pid] = process
                todo.append(process.pid)
    return {pid: process for pid, process in found.items() if process.alive}


def tag_of(folder: str, attempt: int) -> str:
    """The value that marks an attempt's processes. The folder tells instances apart that hold copies of the same
    sessions.
    """
    return f"{folder}#{attempt}"


def carries_tag(environment: bytes, tag: str) -> bool:
    """Whether a NUL-separated environment, as the kernel shows it, is tagged with an attempt."""
    return f"{TAG}={tag}".encode() in environment.split(b"\0")
