"""Runs the worker, from the environment and the manifest to the exit code: 0 all done, 1 not all done, 143 stopped."""

import posix

from . import signals
from .command import Runner
from .daemon import Daemon, Gone, Refused
from .jsontext import loads
from .planner import Planner
from .screen import RESET
from .task import Program
from .terminal import say, show
from .work import Worker
from .workplace import Workplace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DONE = 0
NOT_DONE = 1
#: The exit code that a shell reports for a program that TERM ended: 128 plus the signal's number.
STOPPED = 143
_NEEDED = ("MAESTRO_SESSION_ID", "MAESTRO_ATTEMPT", "MAESTRO_SESSION_TOKEN", "MAESTRO_SOCKET", "MAESTRO_MANIFEST_PATH")


def main() -> int:
    """Do the session's work; returns the exit code."""
    try:
        wake = signals.install()
        return DONE if _work(wake) else NOT_DONE
    except signals.Stopped:
        say("# stopped")
        return STOPPED
    except Refused as refusal:
        say(f"# maestrod refused: {refusal.message}")
    except Gone as gone:
        say(f"# this session is no longer needed: {gone}")
    return NOT_DONE


def _work(wake: int) -> bool:
    values = {name: posix.environ.get(name.encode(), b"").decode() for name in _NEEDED}
    missing = [name for name, value in values.items() if not value]
    if missing:
        say(f"# {', '.join(missing)} not set: only maestrod can start this program")
        return False
    session_id, attempt, token, socket, manifest_path = values.values()
    if attempt != "1":
        show(RESET)  # the earlier attempt may have been killed at any point
    manifest = _manifest(manifest_path)
    if manifest is None:
        return False
    daemon = Daemon(socket, token, f"shell.{session_id}.{attempt}", manifest_path)
    place = Workplace(manifest["project"]["workingDir"])
    agent = manifest["session"]["agent"]
    daemon.call("session.register", sessionId=session_id, agent=agent, pid=posix.getpid())
    return _run(manifest, daemon, Runner(wake, posix.environ, place), manifest_path.rpartition("/")[0])


def _manifest(path: str) -> "dict[str, Any] | None":
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs more than starting
            manifest: dict[str, Any] = loads(file.read())
    except (OSError, ValueError) as error:
        say(f"# the manifest {path} cannot be read: {error}")
        return None
    return manifest


def _run(manifest: "dict[str, Any]", daemon: Daemon, runner: Runner, folder: str) -> bool:
    session = manifest["session"]
    if session["role"] == "orchestrator":
        if not manifest["program"] or not manifest["tasks"]:
            say("# the shell agent plans with a program: name one, for example `maestroctl run TEXT --planner ./plan`")
            return False
        task_id = manifest["tasks"][0]["id"]
        return Planner(daemon, runner, manifest["program"], task_id, folder, manifest["planRepairs"]).plan()
    command = manifest.get("taskCommand")
    worker = Worker(daemon, runner, Program(command, folder) if command else None)
    return worker.queue() if session["strategy"] == "queue" else worker.simple(manifest["tasks"])
