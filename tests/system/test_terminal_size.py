"""A command of the shell agent is notified when its terminal changes size, and can ask its terminal for the size."""

import sys

import pytest

from tests.kit.daemons.daemon import Daemon

pytestmark = pytest.mark.slow

#: Prints the size of its standard output at the start and with every SIGWINCH.
PROGRAM = """
import os, signal, sys
wake, woken = os.pipe()
os.set_blocking(woken, False)
signal.set_wakeup_fd(woken)
signal.signal(signal.SIGWINCH, lambda number, frame: None)
while True:
    print("size", *os.get_terminal_size(1), flush=True)
    os.read(wake, 100)
"""


def test_a_running_command_keeps_the_terminal_size_it_started_with(daemon: Daemon) -> None:
    daemon.start()
    program = daemon.home / "size.py"
    program.write_text(PROGRAM)
    plan = {
        "groups": [
            {
                "key": "g",
                "title": "g",
                "subtasks": [{"key": "t", "title": "t", "commands": [f"{sys.executable} {program}"]}],
            }
        ]
    }
    with daemon.watch(topics=["task.status"]) as events:
        daemon.call("run.start", plan=plan, workingDir=str(daemon.home), agent="shell")
        events.wait_for(lambda event: event["data"].get("status") == "in_progress")
    [session] = [each["id"] for each in daemon.every("session.list")]
    printed(daemon, session, "size 120 40")
    daemon.call("session.resize", sessionId=session, columns=99, rows=33)
    printed(daemon, session, "size 99 33")
    daemon.call("session.stop", sessionId=session)


def printed(daemon: Daemon, session: str, words: str) -> None:
    """Return when a session has printed it."""
    while words not in (output := daemon.output(session)):
        daemon.call("session.output", sessionId=session, offset=len(output.encode()), wait=True, timeoutMs=30_000)
