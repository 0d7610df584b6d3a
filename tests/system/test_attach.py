"""``maestroctl attach`` in a real terminal: the output of a full-screen program, its size and modes, attaching and detaching.

Covers ``seat.py``: bytes between two terminals are shown with real ones.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.daemons.daemon import Daemon
from tests.kit.screens.tmux import COMMAND, Pane, needs_tmux

pytestmark = [pytest.mark.slow, needs_tmux]

#: A program that fills the screen: colours, alternate screen, mouse, the size it is told, the keys it gets.
FULL_SCREEN = """
import os, select, signal, sys, tty
terminal = os.open("/dev/tty", os.O_RDWR)
tty.setraw(terminal)
keys = ""
wake, woken = os.pipe()
os.set_blocking(woken, False)
signal.set_wakeup_fd(woken)
signal.signal(signal.SIGWINCH, lambda number, frame: None)
def draw():
    size = os.get_terminal_size(terminal)
    text = f"\\x1b[?25l\\x1b[H\\x1b[2J\\x1b[38;2;255;100;0mNAME\\x1b[0m {size.columns}x{size.lines}"
    text += f"\\x1b[2;1Hkeys:{keys}.\\x1b[{size.lines};1Hlast line"
    os.write(terminal, text.encode())
os.write(terminal, b"\\x1b[?1049h\\x1b[?1000h\\x1b[c")
while not keys.endswith("!"):
    draw()
    ready, _, _ = select.select([terminal, wake], [], [])
    if wake in ready:
        os.read(wake, 100)
    if terminal in ready:
        keys += os.read(terminal, 100).decode().replace("\\x1b", "^")
os.write(terminal, b"\\x1b[?1000l\\x1b[?1049l\\x1b[?25h")
"""


def start(daemon: Daemon, folder: Path, name: str, source: str) -> str:
    """A session at whose terminal a program runs; its id."""
    program = folder / f"{name}.py"
    program.write_text(source.replace("NAME", name))
    known = [each["id"] for each in daemon.every("project.list")]
    project = known[0] if known else daemon.call("project.create", name=name, workingDir=str(folder))["id"]
    task = daemon.call(
        "task.create", projectId=project, title=name, commands=[f"{sys.executable} {program}"], agent="shell"
    )
    session: str = daemon.call("session.spawn", taskIds=[task["id"]], agent="shell", name=name)["id"]
    return session


@pytest.fixture
def running(daemon: Daemon) -> Iterator[Daemon]:
    daemon.start()
    yield daemon
    for session in daemon.every("session.list", live=True):
        daemon.call("session.stop", sessionId=session["id"])


def seat(daemon: Daemon, *arguments: str, **size: int) -> Pane:
    """Sits down. A test kills the daemon itself and starts it itself."""
    environ = {"MAESTRO_HOME": str(daemon.home), "MAESTRO_NO_AUTOSTART": "1"}
    return Pane(daemon.home.parent, [*COMMAND, "attach", *arguments], environ, **size)


def test_a_full_screen_program_looks_right(running: Daemon, short_folder: Path) -> None:
    session = start(running, short_folder, "one", FULL_SCREEN)
    with seat(running, session) as pane:
        screen = pane.wait("one 100x30", "keys:", "go to the session")
        assert screen.splitlines()[29].startswith(
            " one: ctrl-\\ detaches, ctrl-] switches; all other keys go to the session"
        )
        pane.type("Up")
        assert pane.wait("keys:^", "last line").splitlines()[29] == "last line"
        assert "\x1b[38;2;255;100;0mone" in pane.screen(colours=True)
        assert (pane.tells("alternate_on"), pane.tells("cursor_flag"), pane.tells("mouse_standard_flag")) == (
            "1",
            "0",
            "1",
        )
        pane.resize(70, 20)
        assert pane.wait("one 70x20", "last line").splitlines()[19] == "last line"
        pane.type("h", "i", "Up")
        pane.wait("keys:^[Ahi^")
        pane.type("C-\\")
        assert pane.ended() == 0
        assert "Detached" in pane.wait("continues")
        flags = ("alternate_on", "cursor_flag", "mouse_standard_flag")
        assert [pane.tells(flag) for flag in flags] == ["0", "1", "0"]


def test_a_returning_client_sees_the_current_screen(running: Daemon, short_folder: Path) -> None:
    session = start(running, short_folder, "one", FULL_SCREEN)
    with seat(running, session) as pane:
        pane.wait("one 100x30")
        pane.type("a", "b", "C-p", "C-q")
        assert pane.ended() == 0
    with seat(running, session, columns=90, rows=25) as pane:
        screen = pane.wait("one 90x25", "keys:ab")
        assert "?" not in screen.splitlines()[1], "a question to the terminal was answered a second time"
        assert (pane.tells("alternate_on"), pane.tells("mouse_standard_flag")) == ("1", "1")
        pane.type("!")
        pane.wait("has ended")
        assert pane.ended() == 0
        assert pane.tells("alternate_on") == "0"


def test_a_read_only_client_types_nothing_and_resizes_nothing(running: Daemon, short_folder: Path) -> None:
    session = start(running, short_folder, "one", FULL_SCREEN)
    with seat(running, session) as writer:
        writer.wait("one 100x30")
        with seat(running, session, "--read-only", columns=120, rows=40) as reader:
            reader.wait("one 100x30")
            reader.type("x", "y")
            writer.type("z")
            reader.wait("keys:z")
            assert "100x30" in reader.screen()
            reader.type("C-\\")
            assert reader.ended() == 0
        assert "xy" not in writer.screen()


def test_the_view_switches_between_several_sessions(running: Daemon, short_folder: Path) -> None:
    first, second = (start(running, short_folder, name, FULL_SCREEN) for name in ("first", "second"))
    with seat(running, first, second) as pane:
        pane.wait("first 100x30")
        pane.type("C-]")
        screen = pane.wait("Sessions", "second")
        assert "(here)" in next(line for line in screen.splitlines() if first in line)
        pane.type("C-]")
        pane.wait("second 100x30", without=["first"])
        pane.type("b", "C-]")
        pane.wait("Sessions")
        pane.type("1")
        pane.wait("first 100x30", "keys:.")
        pane.type("C-]")
        pane.wait("Sessions")
        pane.type("Escape")
        pane.wait("first 100x30")
        pane.type("!")
        pane.wait("Sessions", "second", without=["first"])
        pane.type("Enter")
        pane.wait("second 100x30", "keys:b")
        pane.type("C-\\")
        assert pane.ended() == 0


def test_a_client_waits_through_a_restart_of_the_daemon(running: Daemon, short_folder: Path) -> None:
    session = start(running, short_folder, "one", FULL_SCREEN)
    with seat(running, session) as pane:
        pane.wait("one 100x30")
        running.kill()
        pane.wait("waiting for the daemon")
        pane.type("k")
        running.start()
        pane.wait("keys:k.", without=["waiting for the daemon"])
        running.restart()
        pane.type("l")
        pane.wait("keys:kl.")


def test_reading_lines_continues_at_the_right_place_after_a_restart(running: Daemon, short_folder: Path) -> None:
    go = short_folder / "go"
    source = f"""
import os, time
for number in range(200):
    print(f"NAME {{number}}", flush=True)
    while number == 100 and not os.path.exists({str(go)!r}):
        time.sleep(0.05)
input()
"""
    session = start(running, short_folder, "line", source)
    with seat(running, session, rows=300) as pane:
        pane.wait("line 100\n")
        running.kill()
        pane.wait("waiting for the daemon")
        go.touch()
        running.start()
        screen = pane.wait("line 199")
        numbers = [int(line.split()[1]) for line in screen.splitlines() if line.startswith("line ")]
        assert numbers == list(range(200))


def test_the_user_can_choose_the_detach_keys(running: Daemon, short_folder: Path) -> None:
    session = start(running, short_folder, "one", FULL_SCREEN)
    with seat(running, session, "--detach-keys", "ctrl-a,d") as pane:
        pane.wait("one 100x30")
        pane.type("C-a", "x", "C-a")
        pane.wait("keys:\x01x".replace("\x01", ""))
        pane.type("d")
        assert pane.ended() == 0
