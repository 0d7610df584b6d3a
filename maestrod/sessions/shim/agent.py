"""Start the agent on a terminal or pipes, in its own session and process group; explain why when it cannot be started.

`posix_spawn` with SETSID makes the agent a session leader before its file actions run, so the slave side of the
pseudo-terminal that it opens there becomes its controlling terminal (checked on Linux: `tty`, `/dev/tty` and job
control work). The shim keeps the slave open as well, so that the master does not report an end of file when the agent
merely closes its descriptors.
"""

import posix
import sys
from errno import EACCES, ENOENT, ENOTDIR, errorcode
from fcntl import ioctl
from termios import TIOCSWINSZ

from .signals import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Ignored signals stay ignored through exec, and Python ignores SIGPIPE and SIGXFSZ. KILL and STOP cannot be reset.
_FIXED = {9, 17 if sys.platform == "darwin" else 19}
_RESET = [number for number in range(1, 32) if number not in _FIXED]
_NEVER_IN_PATH = (ENOENT, ENOTDIR)


class StartError(Exception):
    """The agent could not be started: the system's error and a sentence for people."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.errno_name = errorcode.get(number, str(number))
        self.message = message


class Agent:
    """The running agent and the shim's ends of its terminal or pipes.

    `output` is read, `typed` is written. `keep` is the slave that is held open, `errors` the pipe of a separate standard
    error; each is -1 where there is none.
    """

    __slots__ = ("ended", "errors", "keep", "output", "pid", "terminal", "typed")

    def __init__(self, pid: int, output: int, typed: int, keep: int, errors: int = -1) -> None:
        self.pid = pid
        self.output = output
        self.typed = typed
        self.keep = keep
        self.errors = errors
        self.terminal = keep >= 0
        self.ended = False  # reaped: its pid may be reused

    def resize(self, columns: int, rows: int) -> None:
        """Set the terminal's size in characters; the agent gets SIGWINCH. OSError when there is no terminal.

        The kernel signals the foreground process group only, and the agent may have put a command there. So we signal
        the agent ourselves.
        """
        set_size(self.output, columns, rows)
        if not self.ended:
            posix.kill(self.pid, kernel.SIGWINCH)


def set_size(fd: int, columns: int, rows: int) -> None:
    """Set a terminal's size: struct winsize of tty_ioctl(4), rows before columns, no pixel sizes."""
    ioctl(fd, TIOCSWINSZ, b"".join(part.to_bytes(2, sys.byteorder) for part in (rows, columns, 0, 0)))


def start_agent(spec: "dict[str, Any]") -> Agent:
    """Start the agent of a launch spec; StartError when the system refuses."""
    try:
        posix.chdir(spec["cwd"])
    except OSError as error:
        raise StartError(
            error.errno or 0, f"the working directory {spec['cwd']} cannot be entered: {error.strerror}"
        ) from error
    private = posix.umask(spec.get("umask", 0o022))  # a daemon from before an upgrade does not send it
    try:
        return _on_terminal(spec) if spec["terminal"] == "pty" else _on_pipes(spec)
    except OSError as error:
        raise StartError(error.errno or 0, f"no terminal, pipe or input for the agent: {error.strerror}") from error
    finally:
        posix.umask(private)


def _on_terminal(spec: "dict[str, Any]") -> Agent:
    master, slave = posix.openpty()
    actions = [
        (posix.POSIX_SPAWN_OPEN, 0, posix.ttyname(slave), posix.O_RDWR, 0),
        (posix.POSIX_SPAWN_DUP2, 0, 1),
        (posix.POSIX_SPAWN_DUP2, 0, 2),
    ]
    set_size(master, spec["cols"], spec["rows"])
    pid = _spawn(spec, actions, [master, slave])
    posix.set_blocking(master, False)
    return Agent(pid, master, master, slave)


def _on_pipes(spec: "dict[str, Any]") -> Agent:
    typed_reader, typed = _input(spec["stdin"])
    reader, writer = posix.pipe()
    errors, errors_writer = posix.pipe() if spec["stream"] else (-1, -1)
    actions = [
        (posix.POSIX_SPAWN_DUP2, typed_reader, 0),
        (posix.POSIX_SPAWN_DUP2, writer, 1),
        (posix.POSIX_SPAWN_DUP2, errors_writer if errors_writer >= 0 else writer, 2),
    ]
    theirs, ours = [typed_reader, writer, errors_writer], [reader, typed, errors]
    pid = _spawn(spec, actions, [fd for fd in (*theirs, *ours) if fd >= 0])
    for fd in theirs:
        if fd >= 0:
            posix.close(fd)
    for fd in ours:
        if fd >= 0:
            posix.set_blocking(fd, False)
    return Agent(pid, reader, typed, -1, errors)


def _input(path: "str | None") -> tuple[int, int]:
    """The agent's end of its standard input and ours: of a pipe, or of a file (then we have none: -1)."""
    if path is None:
        return posix.pipe()
    return posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC), -1


def _spawn(spec: "dict[str, Any]", actions: "list[Any]", descriptors: list[int]) -> int:
    """Start the agent and return its pid; StartError when the system refuses, with the descriptors closed."""
    argv: list[str] = spec["argv"]
    number = ENOENT
    tried = ""
    for path in candidates(argv[0], spec["env"].get("PATH", "")):
        try:
            return posix.posix_spawn(
                path, argv, spec["env"], file_actions=actions, setsid=True, setsigmask=(), setsigdef=_RESET
            )
        except (OSError, ValueError) as error:
            failure = getattr(error, "errno", None) or 22
            if failure not in _NEVER_IN_PATH or exists(path):
                number, tried = failure, path
            if failure not in (*_NEVER_IN_PATH, EACCES):
                break
    for fd in descriptors:
        posix.close(fd)
    raise StartError(number, explain(number, tried, argv[0]))


def candidates(program: str, path: str) -> list[str]:
    """The paths to try for a program: the name itself if it has a slash, otherwise the folders of the *agent's* PATH."""
    if "/" in program:
        return [program]
    return [f"{folder or '.'}/{program}" for folder in path.split(":")] if path else []


def exists(path: str) -> bool:
    """Whether the path exists."""
    return posix.access(path, posix.F_OK)


def explain(number: int, tried: str, program: str) -> str:
    """Explain in one sentence why a program could not be started, and where to look."""
    if not tried:
        return f"{program}: no such program in the PATH of the agent's environment"
    if number == ENOENT and exists(tried):
        return f"{tried}: the interpreter named in its first line, or its loader, does not exist"
    return f"{tried}: {posix.strerror(number)}"
