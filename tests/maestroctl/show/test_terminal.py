"""Where a view draws, and how it leaves the terminal; the views themselves are ended by signals in tests/system/test_watch.py."""

import io
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from maestroctl.show.terminal import can_draw, ended_by_signals, raw, restored
from tests.kit.patience import PATIENCE


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "name,draws", [("xterm", True), ("tmux-256color", True), ("dumb", False), ("", False), ("unknown", False)]
)
def test_a_view_is_drawn_where_the_cursor_can_be_moved(name: str, draws: bool) -> None:
    assert can_draw({"TERM": name}, Terminal()) is draws
    assert not can_draw({"TERM": name}, Terminal(), io.StringIO())
    assert not can_draw({}, Terminal())


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    outer, inner = pty.openpty()
    with ExitStack() as stack:
        stack.callback(os.close, outer)
        stack.callback(os.close, inner)
        yield outer, inner


def test_the_terminal_is_restored_after_an_error(terminal: tuple[int, int]) -> None:
    outer, inner = terminal
    before = termios.tcgetattr(inner)
    with pytest.raises(SystemExit), restored(inner):
        changed = termios.tcgetattr(inner)
        changed[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(inner, termios.TCSANOW, changed)
        raise SystemExit(143)
    assert termios.tcgetattr(inner) == before
    written = os.read(outer, 4096)
    assert all(each in written for each in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l", b"\x1b[0m"))


def test_the_first_signal_requests_and_the_second_forces() -> None:
    code = "import os, signal\nfrom maestroctl.show.terminal import ended_by_signals\n"
    code += "with ended_by_signals(print):\n    os.kill(os.getpid(), signal.SIGTERM)\n    os.kill(os.getpid(), signal.SIGHUP)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("143\n", 129)


_STUCK = """
import threading, tty
from maestroctl.show import terminal
terminal.END_SECONDS = 0.05
with terminal.restored(0) as restore, terminal.ended_by_signals(lambda code: None, restore):
    tty.setraw(0)
    print("up", flush=True)
    threading.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stuck_view_is_ended_by_force_and_the_terminal_restored(
    terminal: tuple[int, int], number: signal.Signals
) -> None:
    outer, inner = terminal
    before = termios.tcgetattr(inner)
    with subprocess.Popen([sys.executable, "-c", _STUCK], stdin=inner, stdout=inner) as view:
        assert b"up" in os.read(outer, 4096)
        view.send_signal(number)
        assert view.wait(PATIENCE) == 128 + number
    assert termios.tcgetattr(inner) == before
    assert b"\x1b[?1049l" in os.read(outer, 4096)


def test_a_view_whose_terminal_is_gone_ends() -> None:
    outer, inner = pty.openpty()
    # The sign comes through a pipe: the terminal may disappear before a write to it has returned.
    command = [sys.executable, "-c", _STUCK]
    with subprocess.Popen(command, stdin=inner, stdout=subprocess.PIPE, start_new_session=True) as view:
        os.close(inner)
        assert view.stdout is not None and view.stdout.readline() == b"up\n"
        os.close(outer)
        view.send_signal(signal.SIGHUP)
        assert view.wait(PATIENCE) == 128 + signal.SIGHUP


def test_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with ended_by_signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_raw_terminal_is_restored_whatever_happens() -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with pytest.raises(RuntimeError), raw(slave):
        assert termios.tcgetattr(slave) != before
        raise RuntimeError
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)
