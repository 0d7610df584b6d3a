"""The user's terminal: draw only if the cursor can be moved, and restore the terminal however a view ends."""

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

#: Names of terminals that cannot move the cursor (terminfo), and what programs without a terminal set.
_CANNOT_DRAW = frozenset({"", "dumb", "unknown"})

#: Signals that ask a program to end, and how a shell reports that: 128 and the number.
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

#: Seconds a view may take to end after a signal. Then it is ended by force: the terminal may be gone, or may not take its output.
END_SECONDS = 2.0

#: Resets everything that a program may have left on. The scroll region is reset between saving and restoring the cursor, because
#: resetting it moves the cursor.
RESET = (
    b"\x1b[?1l\x1b>\x1b[?7h\x1b[?25h\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l"
    b"\x1b[?1016l\x1b[?2004l\x1b[>4m\x1b[<99u\x1b7\x1b[r\x1b8\x1b(B\x0f\x1b[0 q\x1b[0m"
)


def can_draw(environ: Mapping[str, str], *streams: TextIO) -> bool:
    """Whether every stream is a terminal with a movable cursor; otherwise a view prints lines."""
    return environ.get("TERM", "") not in _CANNOT_DRAW and all(stream.isatty() for stream in streams)


@contextmanager
def ended_by_signals(
    end: Callable[[int], None] | None = None, restore: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Make signals that end a program call ``end`` with the exit code, else raise ``SystemExit``, so that ``finally`` runs.

    A second such signal always raises. With ``end``, SIGINT is included, since such a view reads Ctrl-C as a key. A view that has
    not ended after ``END_SECONDS`` is ended by force, after ``restore``.
    """
    code = 0

    def handle(number: int, frame: object) -> None:
        nonlocal code
        if end is None or code:
            raise SystemExit(128 + number)
        code = 128 + number
        signal.setitimer(signal.ITIMER_REAL, END_SECONDS)
        end(code)

    def force(number: int, frame: object) -> None:
        restore()
        os._exit(code)

    numbers = _ENDING if end is None else (*_ENDING, signal.SIGINT)
    before: dict[int, Any] = {each: signal.signal(each, handle) for each in numbers}
    if end is not None:
        before[signal.SIGALRM] = signal.signal(signal.SIGALRM, force)
    try:
        yield
    finally:
        if end is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def raw(descriptor: int) -> Iterator[None]:
    """Read keys as they are pressed, without echo; restores the terminal afterwards, whatever happens."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor, termios.TCSADRAIN)  # keeps what was typed ahead
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def restored(descriptor: int) -> Iterator[Callable[[], None]]:
    """Restore a terminal's settings afterwards, and turn off what a view turned on.

    Yields what does so at once: it also drops the output that the terminal has not taken, so that nothing waits for it.
    """
    before = termios.tcgetattr(descriptor)

    def restore(*, drop_output: bool = True) -> None:
        try:
            if drop_output:
                termios.tcflush(descriptor, termios.TCOFLUSH)
            os.write(descriptor, RESET + b"\x1b[?1049l")
            termios.tcsetattr(descriptor, termios.TCSANOW if drop_output else termios.TCSADRAIN, before)
        except (OSError, termios.error):  # the terminal is gone: nothing to restore
            pass

    try:
        yield restore
    finally:
        restore(drop_output=False)


@contextmanager
def suspendable(hide: Callable[[], object], show: Callable[[], object]) -> Iterator[None]:
    """Show the cursor while the program is suspended (Ctrl-Z), and hide it again when it resumes."""

    def suspend(number: int, frame: object) -> None:
        show()
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGSTOP)
        hide()

    before: Any = signal.signal(signal.SIGTSTP, suspend)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
