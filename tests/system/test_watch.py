"""``maestroctl watch`` in a real terminal: drawing, resizing, the alternate screen, keys, attaching, a dying daemon.

Covers ``app.py``: what only a screen shows is looked at on a screen.
Covers ``board.py``: it is looked at on a screen too.
"""

import os
import signal
import termios
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.kit.daemons.daemon import Daemon
from tests.kit.screens.tmux import COMMAND, Pane, needs_tmux

pytestmark = [pytest.mark.slow, needs_tmux]

PLAN = {
    "title": "Ship it",
    "groups": [
        {
            "key": "ask",
            "title": "Ask first",
            "subtasks": [
                {"key": "a", "title": "deploy", "commands": ["maestroctl attention ask 'go on?' --options yes,no"]}
            ],
        },
        {
            "key": "read",
            "title": "Read a name",
            "subtasks": [{"key": "r", "title": "name", "commands": ["echo your name; read n < /dev/tty; echo hi $n"]}],
        },
        {
            "key": "late",
            "title": "Say so",
            "dependsOn": ["ask", "read"],
            "subtasks": [{"key": "l", "title": "said", "commands": ["echo done"]}],
        },
    ],
}


@pytest.fixture
def running(daemon: Daemon) -> Iterator[Daemon]:
    daemon.start()
    yield daemon
    for session in daemon.every("session.list", live=True):
        daemon.call("session.stop", sessionId=session["id"])


def view(daemon: Daemon, *arguments: str, columns: int = 130, rows: int = 36) -> Pane:
    environ = {"MAESTRO_HOME": str(daemon.home), "MAESTRO_NO_AUTOSTART": "1"}
    return Pane(daemon.home.parent, [*COMMAND, "watch", *arguments], environ, columns=columns, rows=rows)


def start(daemon: Daemon, folder: Path) -> str:
    run: str = daemon.call("run.start", plan=PLAN, workingDir=str(folder), agent="shell")["id"]
    return run


def test_everything_is_drawn_at_any_size_on_the_alternate_screen(running: Daemon, short_folder: Path) -> None:
    start(running, short_folder)
    with view(running) as pane:
        screen = pane.wait(
            "▶ Ship it", "▶ Ask first", "○ Say so", "? input", "go on?  [yes / no]", "0/3 tasks completed"
        )
        assert pane.tells("alternate_on") == "1"
        assert any("Ask first" in line and "asks" in line for line in screen.splitlines())
        assert all(len(line) <= 130 for line in screen.splitlines())
        pane.resize(70, 24)
        screen = pane.wait("Ship it", "go on?", "╭─ Sessions ───────", without=["╭─ Task ─"])
        assert all(len(line) <= 70 for line in screen.splitlines())
        pane.resize(160, 45)
        pane.wait("╭─ Task ─", "Ship it")
        pane.type("q")
        assert pane.ended() == 0
        assert pane.tells("alternate_on") == "0"


def test_a_run_is_steered_to_its_end(running: Daemon, short_folder: Path) -> None:
    run = start(running, short_folder)
    with view(running, run) as pane:
        pane.wait("go on?")
        pane.type("i")
        pane.wait("Question from Ask first", "1 yes")
        pane.type("1")
        pane.wait("Enter answers: yes")
        pane.type("Enter")
        pane.wait("answered: yes")
        pane.type("2")
        pane.wait("╭─ Ask first ─", "completed  shell")
        pane.type("a")
        pane.wait("It has ended")
        pane.type("g")
        pane.wait("╭─ Read a name ─", "your name")
        pane.type("a")
        pane.wait("your name", without=["╭─ Tasks"])
        assert pane.tells("alternate_on") == "0"
        pane.type("Ada", "Enter")
        pane.wait("╭─ Tasks", "✔ Ship it", "3/3 tasks completed")
        assert running.finish_run(run)["status"] == "completed"
        pane.type("C-c")
        assert pane.ended() == 0


def test_words_typed_at_once_are_no_answer_and_reach_the_field(running: Daemon, short_folder: Path) -> None:
    start(running, short_folder)
    with view(running) as pane:
        pane.wait("go on?")
        pane.type("i", "no, keep them", "Enter")
        pane.wait("no, keep them", "Not an answer. Type 1 yes or 2 no")
        [question] = running.every("attention.list")
        assert question.get("answer") is None
        pane.type("C-u", "no", "Enter")
        pane.wait("answered: no")


def test_the_detach_key_returns_to_the_view(running: Daemon, short_folder: Path) -> None:
    start(running, short_folder)
    with view(running) as pane:
        pane.wait("your name")
        pane.type("2")
        pane.wait("╭─ Ask first ─")
        pane.type("Down")
        pane.wait("╭─ Read a name ─")
        pane.type("Enter")
        pane.wait("your name", without=["╭─ Tasks"])
        pane.type("C-\\")
        pane.wait("╭─ Tasks", "╭─ Sessions")
        assert pane.tells("alternate_on") == "1"
        pane.resize(90, 30)
        pane.wait("Ship it", without=["╭─ Task ─"])


def test_a_stopped_session_is_asked_about_first(running: Daemon, short_folder: Path) -> None:
    start(running, short_folder)
    with view(running) as pane:
        pane.wait("▶ Ask first")
        pane.type("s")
        pane.wait("Stop Ship it and all its processes?")
        pane.type("n")
        pane.wait("▶ Ship it", without=["all its processes?"])
        pane.type("s")
        pane.wait("all its processes?")
        pane.type("y")
        pane.wait("Ship it stopped: 0 left", "■ Ship it")
        pane.type("t")
        pane.wait("▶ Ship it")


@pytest.mark.parametrize("name", ["TERM", "HUP", "QUIT", "INT"])
@pytest.mark.parametrize("verb", ["watch", "run"])
def test_a_view_ended_by_a_signal_restores_the_terminal(
    running: Daemon, short_folder: Path, verb: str, name: str
) -> None:
    run = start(running, short_folder)
    with view(running, *(["--until-done", run] if verb == "run" else [])) as pane:
        pane.wait("Ask first")
        [program] = psutil.Process(int(pane.tells("pane_pid"))).children()
        program.send_signal(signal.Signals[f"SIG{name}"])
        code = pane.ended()
        assert code == {"TERM": 143, "HUP": 129, "QUIT": 131, "INT": 130}[name]
        assert [pane.tells(flag) for flag in ("alternate_on", "cursor_flag", "mouse_any_flag")] == ["0", "1", "0"]
        terminal = os.open(pane.tells("pane_tty"), os.O_RDWR | os.O_NOCTTY)
        local = termios.tcgetattr(terminal)[3]
        os.close(terminal)
        assert local & termios.ICANON and local & termios.ECHO


@pytest.mark.parametrize("name", ["dumb", "unknown"])
def test_a_terminal_that_cannot_draw_gets_lines(running: Daemon, short_folder: Path, name: str) -> None:
    run = start(running, short_folder)
    environ = {"MAESTRO_HOME": str(running.home), "MAESTRO_NO_AUTOSTART": "1"}
    with Pane(running.home.parent, ["env", f"TERM={name}", *COMMAND, "watch", run], environ, columns=130) as pane:
        screen = pane.wait("? go on?  (maestroctl answer ")
        assert pane.tells("alternate_on") == "0"
        [question] = running.every("attention.list")
        running.call("attention.answer", attentionId=question["id"], value="yes")
        pane.wait("✔ completed  deploy")
        assert "\x1b" not in screen


def test_titles_are_searched_and_trees_folded(running: Daemon, short_folder: Path) -> None:
    start(running, short_folder)
    with view(running) as pane:
        pane.wait("Ask first", "Read a name")
        pane.type("/")
        pane.wait("search titles")
        pane.type("deplo")
        pane.wait("Ask first", "deploy", without=["○ Say so"])
        pane.type("Escape")
        pane.wait("○ Say so")
        pane.type("Enter")
        pane.wait("▸ ▶ Ship it  +6", without=["○ Say so"])
        pane.type("?")
        pane.wait("search titles; Escape ends the search")


def test_the_client_waits_for_a_daemon_that_dies_and_misses_nothing(running: Daemon, short_folder: Path) -> None:
    run = start(running, short_folder)
    with view(running) as pane:
        pane.wait("go on?", "your name")
        running.kill()
        pane.wait("waiting for the daemon")
        running.start()
        pane.wait("● ", without=["waiting for the daemon"])
        [question] = running.every("attention.list")
        running.call("attention.answer", attentionId=question["id"], value="yes")
        for session in running.every("session.list", live=True):
            if session["name"] == "Read a name":
                running.call("session.send", sessionId=session["id"], text="Ada")
        running.finish_run(run)
        running.restart()
        pane.wait("✔ Ship it", "3/3 tasks completed")


def test_a_thousand_tasks_can_be_navigated(running: Daemon, short_folder: Path) -> None:
    project = running.call("project.create", name="many", workingDir=str(short_folder))["id"]
    root = running.call("task.create", projectId=project, title="all of them")["id"]
    with running.connect() as connection:
        numbers = [
            connection.send("task.create", {"projectId": project, "parentId": root, "title": f"number {number}"})
            for number in range(1000)
        ]
        tasks = [connection.answer(number)["id"] for number in numbers]
    with view(running) as pane:
        pane.wait("number 0 ", "0/1000 tasks completed")
        pane.type("G")
        pane.wait("number 999")
        for task in tasks[900:]:
            running.call("task.complete", taskId=task)
        pane.wait("100/1000 tasks completed", "✔ number 999")
        pane.type("g")
        pane.wait("number 0 ")
