"""Records the hooks for ``tests/fixtures/<version>``: ``python -m tests.kit.recorded.hooks tests/fixtures/<version>``.

``hooks/`` has the programs, ``settings/`` what ``maestroctl hooks install`` wrote, ``sent/`` the very bytes that hooks brought to a real
daemon, each with its answer, ``spool/`` what one left behind when there was no daemon. An agent keeps running the hooks that it was
started with, and settings stay installed over upgrades. A recorded version is never recorded again.
"""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maestrod.core.access.session_token import make_token
from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

#: A fixed home, so that no path of the machine is recorded.
HOME = Path("/tmp/m")
RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures/recordings"
_ENVIRON = {"HOME": str(HOME), "MAESTRO_HOME": str(HOME), "PATH": "/usr/bin:/bin"}
#: The agents whose settings get hooks, as lines for a shell.
AGENTS = {"claude": ("claude-code", ".claude/settings.json"), "codex": ("codex", ".codex/hooks.json"), "gemini": ("gemini-cli", ".gemini/settings.json")}  # fmt: skip


def payload(agent: str, event: str, conversation: str = "") -> bytes:
    """The input that an agent gives its hook: a recorded example, in a folder that exists on every machine."""
    recording = json.loads((RECORDINGS / AGENTS[agent][0] / f"{event}.json").read_text())
    example = next(iter(recording["examples"].values()))["input"] | {"cwd": "/tmp"}
    return json.dumps(example | ({"session_id": conversation} if conversation else {})).encode()


def command(home: Path, settings: Path, event: str) -> str:
    """The line that 0.1 installed for an event, adapted to another home."""
    hooks = json.loads(settings.read_text())["hooks"][event]
    return str(hooks[0]["hooks"][0]["command"]).replace(str(HOME), str(home))


class _Tap:
    """A socket in front of the daemon's that records what passes through."""

    def __init__(self, path: Path, daemon: Path) -> None:
        self._daemon = daemon
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()

    @contextmanager
    def noting(self, file: Path) -> Iterator[None]:
        """Pass one connection on within the block, and write both directions to ``file``."""
        thread = threading.Thread(target=self._pass_on, args=(file,))
        thread.start()
        yield
        thread.join(PATIENCE)

    def _pass_on(self, file: Path) -> None:
        here, _ = self._listener.accept()
        there = socket.socket(socket.AF_UNIX)
        there.connect(str(self._daemon))
        said = {here: b"", there: b""}
        with here, there:
            while True:
                for ready in select.select([here, there], [], [], PATIENCE)[0]:
                    data = ready.recv(1 << 20)
                    if not data:
                        file.write_bytes(said[here] + said[there])
                        return
                    said[ready] += data
                    (there if ready is here else here).sendall(data)


def _run(words: list[str], data: bytes, **environ: str) -> bytes:
    return subprocess.run(words, input=data, env=_ENVIRON | environ, capture_output=True, check=True).stdout


def _answer(daemon: Daemon) -> None:
    """Approve the next permission request."""
    with daemon.watch(topics=["attention.created"]) as events:
        question = events.wait_for(lambda event: True)["id"]
    daemon.call("attention.answer", attentionId=question, value="allow")


def _install(target: Path) -> None:
    for agent, (_, settings) in AGENTS.items():
        subprocess.run(
            [Path(sys.executable).with_name("maestroctl"), "hooks", "install", "--agent", agent, "--decide"],
            env=_ENVIRON,
            check=True,
        )
        (target / "settings").mkdir(exist_ok=True)
        shutil.copy(HOME / settings, target / f"settings/{agent}.json")


def _send(target: Path, daemon: Daemon) -> None:
    """Let hooks report to the daemon through the tap."""
    hooks, sent = HOME / "data/programs/hooks", target / "sent"
    sent.mkdir()
    path = HOME / "run/tap.sock"
    tap = _Tap(path, daemon.socket)
    python = [sys.executable, "-I", "-S"]
    event = [*python, str(hooks / "event.py"), "--agent", "claude", "--event"]
    environ = {"MAESTRO_SOCKET": str(path)}
    with tap.noting(sent / "1-sh.txt"):
        words = ["/bin/sh", str(hooks / "event.sh"), sys.executable, "/usr/bin/nc", str(path)]
        _run([*words, "--installed", "--agent", "claude", "--event", "SessionStart"], payload("claude", "SessionStart"))
    with tap.noting(sent / "2-python.txt"):
        _run([*event, "UserPromptSubmit", "--installed"], payload("claude", "UserPromptSubmit"), **environ)
    with tap.noting(sent / "3-no-wait.txt"):
        _run([*event, "PreToolUse", "--no-wait"], payload("claude", "PreToolUse"), **environ)
    answering = threading.Thread(target=_answer, args=(daemon,))
    answering.start()
    with tap.noting(sent / "4-decide.txt"):
        words = [*python, str(hooks / "decide.py"), "--agent", "claude", "--wait", "600", "--installed"]
        _run([*words, "--event", "PermissionRequest"], payload("claude", "PermissionRequest"), **environ)
    answering.join(PATIENCE)
    with tap.noting(sent / "5-stop.txt"):
        _run([*event, "Stop", "--installed"], payload("claude", "Stop"), **environ)
    session = _session(daemon)
    token = make_token((daemon.data / "secret.key").read_bytes(), session, 1)
    with tap.noting(sent / "6-session.txt"):
        _run(
            [*event, "Stop"],
            payload("claude", "Stop"),
            MAESTRO_SESSION_ID=session,
            MAESTRO_SESSION_TOKEN=token,
            **environ,
        )


def _session(daemon: Daemon) -> str:
    """A session of the daemon whose agent stays alive."""
    project = daemon.call("project.create", name="p", workingDir=str(HOME))
    task = daemon.call("task.create", title="t", projectId=project["id"], commands=["sleep 600"])
    return str(daemon.call("session.spawn", taskIds=[task["id"]], agent="shell")["id"])


def main(target: Path) -> None:
    """Write everything below ``target``; refuses to overwrite anything."""
    shutil.rmtree(HOME, ignore_errors=True)
    shutil.copytree(
        Path(__file__).resolve().parents[3] / "hooks",
        target / "hooks",
        ignore=shutil.ignore_patterns("__pycache__", "*.md"),
    )
    _install(target)
    daemon = Daemon(HOME).start()
    try:
        _send(target, daemon)
    finally:
        daemon.close()
    report = [
        sys.executable,
        "-I",
        "-S",
        str(HOME / "data/programs/hooks/event.py"),
        "--agent",
        "claude",
        "--installed",
    ]
    _run(
        [*report, "--event", "SessionStart"], payload("claude", "SessionStart", "spooled"), CLAUDE_PID=str(os.getpid())
    )
    shutil.copytree(HOME / "data/spool", target / "spool")
    shutil.rmtree(HOME)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
