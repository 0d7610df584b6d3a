"""Signals of the worker: each becomes a byte in a pipe. A stop also raises an exception, unless a child must be ended first."""

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as kernel
else:
    import _signal as kernel  # `signal` wraps this in enumerations, which take 3 ms to load

TERM = int(kernel.SIGTERM)
CONT = int(kernel.SIGCONT)
WINCH = int(kernel.SIGWINCH)

#: Signals that a child must not inherit as ignored; KILL and STOP cannot be reset.
RESET = [number for number in range(1, 32) if number not in (9, 17 if sys.platform == "darwin" else 19)]


class Stopped(BaseException):
    """The worker must stop; not an ``Exception``, so that no handler swallows it."""


def install() -> int:
    """Set the handlers. Returns the descriptor that becomes readable when a child has ended or the terminal's size has
    changed.

    SIGINT is ignored: an interrupt typed into the terminal is for the running command, which is in the foreground.
    """
    reader, writer = posix.pipe()
    posix.set_blocking(reader, False)
    posix.set_blocking(writer, False)
    kernel.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (kernel.SIGCHLD, kernel.SIGWINCH):
        kernel.signal(number, _note)
    for number in (kernel.SIGTERM, kernel.SIGHUP):
        kernel.signal(number, STOP)
    for number in (kernel.SIGINT, kernel.SIGTTOU):
        kernel.signal(number, kernel.SIG_IGN)
    return reader


def drain(reader: int) -> None:
    """Empty the pipe."""
    try:
        while posix.read(reader, 4096):
            pass
    except BlockingIOError:
        return


def name_of(number: int) -> str:
    """``SIGTERM`` for 15, ``signal 34`` for one without a name (a real-time signal)."""
    for name in dir(kernel):
        if name.startswith("SIG") and not name.startswith("SIG_") and getattr(kernel, name) == number:
            return name
    return f"signal {number}"


class _Stop:
    """Whether a stop has arrived, and whether it may be raised at once."""

    def __init__(self) -> None:
        self.requested = False
        self.deferred = False

    def __call__(self, number: int, frame: object) -> None:
        self.requested = True
        if not self.deferred:
            raise Stopped

    def __enter__(self) -> None:
        self.deferred = True

    def __exit__(self, *error: object) -> None:
        self.deferred = False
        if self.requested:
            raise Stopped


#: Inside ``with STOP:`` a stop only sets ``STOP.requested`` and is raised at the end, so that no child is forgotten.
STOP = _Stop()


def _note(number: int, frame: object) -> None:
    """Do nothing: Python has written the byte."""
