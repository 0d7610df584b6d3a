"""Chooses how an installed hook is run: the fastest form that works on this machine, found by trying it.

The form without Python (``hooks/event.sh`` with netcat) takes half the time of an isolated interpreter, but not every system has the
netcat that it needs. So it is run against a test socket, and used if it delivers what the Python script delivers.
"""

import json
import shlex
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from maestroctl.install.hook_entries import MARK
from maestrod.api.local.hook_guard import Guard, guarded, guarded_words
from maestrod.api.local.program_links import interpreter

#: Maximum seconds for a trial; a form that needs longer is not used.
PATIENCE = 2.0
_PAYLOAD = json.dumps({"session_id": "a test of maestroctl hooks install", "text": 'ä"\\\n' * 500})


@dataclass(frozen=True, slots=True)
class Form:
    """How a hook's command begins: ``report`` reports an event, ``decide`` asks for a decision."""

    name: str
    report: tuple[str, ...]
    decide: tuple[str, ...]

    def command(self, agent: str, event: str, *, decides: bool) -> str:
        """The command line for an agent's settings."""
        words = self.decide if decides else self.report
        guard = Guard.DECIDE if decides else Guard.REPORT
        return guarded([*words, MARK, "--agent", agent, "--event", event], guard)


def is_guarded(command: str) -> bool:
    """Whether an installed command is harmless once maestrod is removed; the commands of maestrod 0.1 then block the agent."""
    try:
        return guarded_words(command) is not None
    except ValueError:
        return False


def missing_program(command: str) -> str | None:
    """The program in an installed command that no longer exists (maestrod or its Python was moved); None if all exist."""
    try:
        words = guarded_words(command) or shlex.split(command)
    except ValueError:
        return command
    programs = words[: words.index(MARK)] if MARK in words else words
    sockets = programs[-1:] if "event.sh" in command else []  # the socket exists only while the daemon runs
    return next(
        (word for word in programs if word.startswith("/") and word not in sockets and not Path(word).exists()), None
    )


def best_form(hooks: Path, socket_path: Path) -> Form:
    """The form to install. ``hooks`` is the folder with the programs, ``socket_path`` the daemon's."""
    quick = _without_python(hooks, socket_path)
    if quick is not None and _works(hooks, quick):
        return quick
    return _python(hooks)


def _python(hooks: Path) -> Form:
    start = (str(interpreter(hooks)), "-I", "-S")
    return Form("python", (*start, str(hooks / "event.py")), (*start, str(hooks / "decide.py")))


def _without_python(hooks: Path, socket_path: Path) -> Form | None:
    netcat = shutil.which("nc")
    if netcat is None:
        return None
    words = ("/bin/sh", str(hooks / "event.sh"), str(interpreter(hooks)), netcat, str(socket_path))
    return Form("sh", words, _python(hooks).decide)


def _works(hooks: Path, form: Form) -> bool:
    """Whether a form delivers an event to a socket by itself, without its fallback script."""
    with tempfile.TemporaryDirectory(prefix="mh") as folder:
        path = Path(folder, "s")
        words = [*form.report[:2], "/bin/false", form.report[3], str(path), MARK, "--agent", "a", "--event", "E"]
        try:
            message = _message(words, path)
        except (OSError, subprocess.TimeoutExpired):
            return False
    try:
        params = json.loads(message)["params"]
    except (ValueError, LookupError):
        return False
    return bool(params.get("payload") == json.loads(_PAYLOAD) and params.get("eventId"))


def _message(words: list[str], path: Path) -> bytes:
    """What a program writes to a socket at ``path``; empty if it fails or prints anything. Raises ``OSError``."""
    with socket.socket(socket.AF_UNIX) as listener, tempfile.TemporaryFile() as payload:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(PATIENCE)
        payload.write(_PAYLOAD.encode())
        payload.seek(0)
        program = subprocess.Popen(
            words, stdin=payload, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"}
        )
        with program:
            try:
                data = _take_one(listener)
                said, _ = program.communicate(timeout=PATIENCE)
            finally:
                program.kill()
    return b"" if program.returncode or said else data


def _take_one(listener: socket.socket) -> bytes:
    """Receive one message and confirm it."""
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(PATIENCE)
        data = b""
        while not data.endswith(b"\n") and (piece := connection.recv(65_536)):
            data += piece
        connection.sendall(b'{"jsonrpc":"2.0","id":1,"result":{"ok":true}}\n')
    return data
