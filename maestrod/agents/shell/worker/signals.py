"""Signals of the worker: each becomes a byte in a pipe, and a stop an exception as well, where nothing must be tidied up."""

import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as kernel
else:
    import _signal as kernel  # what `signal` wraps in enumerations, which take 3 ms to load

TERM = int(kernel.SIGTERM)
CONT = int(kernel.SIGCONT)
WINCH = int(kernel.SIGWINCH)

#: What a child must not inherit as ignored; KILL and STOP cannot be set.
RESET = [number for number in range(1, 32) if number not in (9, 17 if sys.platform == "darwin" else 19)]


class Stopped(BaseException):
    """The worker was told to stop; not an ``Exception``, so that nothing swallows it."""


def install() -> int:
    """Set the handlers; returns the descriptor that becomes readable when a child has ended
    or the terminal has another size.

    An interrupt typed into the terminal is for the running command, which is in the foreground then.
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
    """``SIGTERM`` for 15, ``signal 34`` for one that has no name (a real-time signal)."""
    for name in dir(kernel):
        if name.startswith("SIG") and not name.startswith("SIG_") and getattr(kernel, name) == number:
            return name
    return f"signal {number}"


class _Stop:
    """Whether a stop has come, and whether it may be raised where it comes."""

    def __init__(self) -> None:
        self.wanted = False
        self.held = False

    def __call__(self, number: int, frame: object) -> None:
        self.wanted = True
        if not self.held:
            raise Stopped

    def __enter__(self) -> None:
        self.held = True

    def __exit__(self, *error: object) -> None:
        self.held = False
        if self.wanted:
            raise Stopped


#: ``with STOP:`` a stop is noted in ``STOP.wanted`` and raised at the end: for when a child must not be forgotten.
STOP = _Stop()


def _note(number: int, frame: object) -> None:
    """Nothing to do: Python has written the byte."""
