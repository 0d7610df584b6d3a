"""A process, its descendants, and the tag that marks the processes of an attempt.

The tag finds processes that left both the tree and the group: the shim adds `MAESTRO_CUSTODY` to the agent's
environment, and children inherit it.
"""

TAG = "MAESTRO_CUSTODY"


class Process:
    """One row of the process table. `alive` is false for a zombie, which runs no code and only waits to be reaped.
    `name` is the command name, for people; never the arguments, which may hold secrets.
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
    """The living descendants of the roots, without the roots."""
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
    """The value that marks an attempt's processes. The folder distinguishes instances with copies of the same
    sessions.
    """
    return f"{folder}#{attempt}"


def carries_tag(environment: bytes, tag: str) -> bool:
    """Whether a NUL-separated environment, as the kernel shows it, is tagged with an attempt."""
    return f"{TAG}={tag}".encode() in environment.split(b"\0")
