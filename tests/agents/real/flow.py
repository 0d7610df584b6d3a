"""A daemon, a real agent and the scripted model: plans, workers and the command line that runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.agents.real.conftest import Place
from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

Json = dict[str, Any]
SOURCE = str(Path(__file__).parents[3])


@contextmanager
def daemon_in(
    place: Place, monkeypatch: pytest.MonkeyPatch, agent: dict[str, str], **settings: object
) -> Iterator[Daemon]:
    """A daemon whose user is the place's, with ``agent`` in its environment; whatever it started is gone afterwards."""
    scripts = str(Path(sys.executable).parent)
    with monkeypatch.context() as changed:
        for name in list(os.environ):
            changed.delenv(name)
        for name, value in {**place.environ, **agent}.items():
            changed.setenv(name, value)
        changed.setenv("PATH", f"{place.environ['PATH']}:{scripts}")
        daemon = Daemon(place.home, **settings)
        daemon.start()
        try:
            yield daemon
        finally:
            daemon.close()
            print(daemon.words())  # noqa: T201 - pytest shows it when the test failed


def ctl(daemon: Daemon, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command line to its end."""
    process = begin_ctl(daemon, folder, *arguments)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def begin_ctl(daemon: Daemon, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start a command line."""
    env = {"PATH": os.environ["PATH"], "HOME": str(daemon.home), "MAESTRO_HOME": str(daemon.home), "PYTHONPATH": SOURCE}
    command = [sys.executable, "-m", "maestroctl", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True, stdin=subprocess.DEVNULL)


def group(key: str, *tasks: str, **members: Any) -> Json:
    """A group of a plan with a subtask for each title."""
    subtasks = [{"key": f"{key}-{number}", "title": title} for number, title in enumerate(tasks)]
    return {"key": key, "title": f"Group {key}", "subtasks": subtasks, **members}


def worker(title: str, *steps: Json, summary: str = "done it") -> Json:
    """The script of a worker: it reports the task with this title started, takes the steps, reports it complete."""
    return {
        "match": rf"### \d+\. {title} \(`(?P<task>tsk_\w+)`\)",
        "steps": [
            {"shell": "maestroctl task start <task>"},
            *steps,
            {"shell": f"maestroctl task complete <task> '{summary}'"},
            {"text": f"{title} is done."},
        ],
    }


def tree(daemon: Daemon, task_id: str) -> Json:
    """Titles and statuses of a task and all below it."""
    found: Json = {}
    for task in daemon.every("task.list"):
        found[task["title"]] = task["status"]
    return found


def timeline(daemon: Daemon, session_id: str) -> list[tuple[str, str]]:
    """Type and message of every entry of a session's timeline."""
    items = daemon.every("session.timeline", sessionId=session_id)
    return [(item["type"], item["message"]) for item in items]


def sessions(daemon: Daemon) -> list[Json]:
    """Every session, oldest first."""
    return sorted(daemon.every("session.list"), key=lambda session: str(session["id"]))


def shown(daemon: Daemon) -> str:
    """What happened, for a test that failed."""
    lines = [
        f"{session['name']} {session['status']} {json.dumps(session.get('statusReason'))}"
        for session in sessions(daemon)
    ]
    return "\n".join(
        [*lines, *(f"  {timeline(daemon, session['id'])}" for session in sessions(daemon)), daemon.words()]
    )
