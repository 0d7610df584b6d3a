"""Runs one command: shows its output live on the worker's terminal, keeps its last lines, and reports how it ended.

The command gets its own terminal, so that programs that check for one keep their colours and progress bars. Output passes
through unchanged, and what it did to the screen is undone at the end. Standard input is empty. The command leads a
process group that is in the foreground of the session's terminal, so an interrupt typed there reaches the command and
not the worker. A background process that the command leaves behind keeps the terminal open; the worker does not wait for
it.
"""

import fcntl
import posix
import select
import sys
import termios
import time

from . import signals
from .screen import RESET, Screen
from .terminal import show
from .workplace import Workplace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SHELL = "/bin/sh"
#: Seconds of silence after the command's end before its output counts as complete, and the maximum wait for that.
QUIET = 0.05
DRAIN = 1.0
#: Seconds for a stopped command to end before the worker exits; the daemon's ladder continues from there.
GRACE = 3.0
#: Bytes of output kept for the report.
KEPT = 16_384
_NOTHING = "/dev/null"
#: struct winsize of tty_ioctl(4): rows, columns, no pixels; a command's size when our output is not a terminal.
_USUAL_SIZE = (40, 120, 0, 0)


class CommandResult:
    """How a command ended: an exit code or a signal, and the end of its output."""

    def __init__(self, status: int, output: bytes) -> None:
        code = posix.waitstatus_to_exitcode(status)
        self.code = code if code >= 0 else None
        self.signal = signals.name_of(-code) if code < 0 else None
        self.output = output

    @property
    def ok(self) -> bool:
        """Whether it ended with exit code 0."""
        return self.code == 0

    def __str__(self) -> str:
        return f"ended with exit code {self.code}" if self.signal is None else f"was ended by {self.signal}"


class Runner:
    """Runs one command at a time in ``place``. ``wake`` becomes readable when a child has ended (``signals.install``).

    Raises ``FolderLost`` when the folder is gone or was replaced.
    """

    def __init__(self, wake: int, environ: "Mapping[bytes, bytes]", place: Workplace) -> None:
        self._place = place
        self._wake = wake
        self._environ = environ
        self._screen = Screen()
        self._attributes = _attributes()

    def shell(self, command: str, **variables: str) -> CommandResult:
        """Run a command with the POSIX shell, on a terminal. Raises ``OSError`` when it cannot be started."""
        self._place.enter()
        master, slave = _terminal()
        actions: list[Any] = [
            (posix.POSIX_SPAWN_OPEN, 0, _NOTHING, posix.O_RDONLY, 0),
            (posix.POSIX_SPAWN_DUP2, slave, 1),
            (posix.POSIX_SPAWN_DUP2, slave, 2),
        ]
        return self._run([SHELL, "-c", command], actions, master, slave, KEPT, variables)

    def program(self, argv: list[str], stdin: str, limit: int, **variables: str) -> CommandResult:
        """Run a program with a file as input; keeps its standard output up to ``limit`` bytes and shows its errors."""
        self._place.enter()
        reader, writer = posix.pipe()
        actions: list[Any] = [
            (posix.POSIX_SPAWN_OPEN, 0, stdin, posix.O_RDONLY, 0),
            (posix.POSIX_SPAWN_DUP2, writer, 1),
        ]
        try:
            return self._run(argv, actions, reader, writer, limit, variables)
        finally:
            show(RESET)  # its errors went to the terminal directly

    def _run(
        self, argv: list[str], actions: "list[Any]", output: int, given: int, limit: int, variables: dict[str, str]
    ) -> CommandResult:
        environ = {**self._environ, **{name.encode(): value.encode() for name, value in variables.items()}}
        with signals.STOP:
            try:
                pid = posix.posix_spawnp(
                    argv[0], argv, environ, file_actions=actions, setpgroup=0, setsigmask=(), setsigdef=signals.RESET
                )
                posix.close(given)
                given = -1
                _foreground(pid)
                _resume(pid)
                return self._follow(pid, output, limit)
            finally:
                posix.close(output)
                if given >= 0:
                    posix.close(given)
                _foreground(posix.getpgrp())
                _calm(self._attributes)
                show(self._screen.settle())

    def _follow(self, pid: int, output: int, limit: int) -> CommandResult:
        """Copy output until the command has ended and is silent. Forwards a stop and gives the command time to end."""
        kept = bytearray()
        status: int | None = None
        sources = [output, self._wake]
        give_up: float | None = None
        while True:
            ready = select.select(sources, [], [], _timeout(give_up, quiet=status is not None))[0]
            if output in ready:
                data = _read(output)
                if not data:
                    sources.remove(output)
                show(data)
                self._screen.feed(data)
                kept += data
                if len(kept) > 2 * limit:
                    del kept[:-limit]
            if self._wake in ready:
                signals.drain(self._wake)
                if _copy_size(output) and status is None:
                    _tell(pid, signals.WINCH)
            if status is None:
                status = _reap(pid)
                if status is not None:
                    give_up = time.monotonic() + DRAIN
                elif signals.STOP.requested and give_up is None:
                    _tell(pid, signals.TERM)
                    give_up = time.monotonic() + GRACE
            late = give_up is not None and time.monotonic() >= give_up
            if late or (status is not None and (output not in sources or not ready)):
                return CommandResult(status or 0, bytes(kept[-limit:]))


def _timeout(give_up: float | None, *, quiet: bool) -> float | None:
    """How many seconds to wait for an event; None (no limit) while the command runs and need not stop."""
    if give_up is None:
        return None
    left = max(0.0, give_up - time.monotonic())
    return min(QUIET, left) if quiet else left


def _resume(pid: int) -> None:
    """Continue the command's group: SIGTTIN stopped it if it read the terminal before it was in the foreground."""
    try:
        posix.kill(-pid, signals.CONT)
    except OSError:
        return


def _tell(pid: int, number: int) -> None:
    """Forward a stop or a change of the terminal's size to the command's group."""
    try:
        posix.kill(-pid, number)
    except OSError:
        return


def _reap(pid: int) -> int | None:
    """The status of the child, if it has ended. Until it is reaped here, its pid cannot be reused."""
    ended, status = posix.waitpid(pid, posix.WNOHANG)
    return status if ended else None


def _read(output: int) -> bytes:
    """Read output; empty at its end, which a terminal without users reports as EIO on Linux."""
    try:
        return posix.read(output, 65536)
    except OSError:
        return b""


def _terminal() -> tuple[int, int]:
    """Both ends (ours first) of a new terminal with the size of our terminal, or of a pipe if no terminals are left."""
    try:
        master, slave = posix.openpty()
    except OSError:
        return posix.pipe()
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST  # the terminal we copy to does this; doing it twice would garble the lines
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, b"".join(size.to_bytes(2, sys.byteorder) for size in _USUAL_SIZE))
    _copy_size(master)
    return master, slave


def _attributes() -> "list[Any] | None":
    """The initial settings of the session's terminal (termios(3)); None where there is none."""
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _calm(attributes: "list[Any] | None") -> None:
    """Restore the session's terminal, and drop input typed for a command that has ended: it is not for the next one."""
    if attributes is None:
        return
    try:
        termios.tcsetattr(0, termios.TCSANOW, attributes)
        termios.tcflush(0, termios.TCIFLUSH)
    except termios.error:
        return  # the terminal has gone


def _copy_size(master: int) -> bool:
    """Give the command's terminal the size of our terminal, if there are both. Returns whether its size changed."""
    try:
        ours = fcntl.ioctl(1, termios.TIOCGWINSZ, bytes(8))
        before = fcntl.ioctl(master, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(master, termios.TIOCSWINSZ, ours)
    except OSError:
        return False
    return ours != before


def _foreground(group: int) -> None:
    """Put a process group into the terminal's foreground, if there is one: it may read, and receives interrupts."""
    try:
        posix.tcsetpgrp(0, group)
    except OSError:
        return
