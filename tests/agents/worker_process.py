"""Starts the real shell worker on a manifest, as the daemon does, and waits for its end."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestrod.agents.shell.launch import WORKER
from maestrod.core.prompts.manifest import manifest_json
from tests.core.prompts.manifests import manifest
from tests.kit.patience import PATIENCE

ARGV = [sys.executable, "-I", "-S", str(WORKER)]


@dataclass
class Finished:
    """How the worker ended."""

    code: int
    output: str


class Gate:
    """A named pipe between a test and a command: the command's ``echo > name`` ends ``wait``, ``open`` its ``read x < name``."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._fd = os.open(path, os.O_RDWR)  # both ways, so that neither side waits for the other to open it

    def wait(self) -> None:
        """Return when the command has passed."""
        assert select.select([self._fd], [], [], PATIENCE)[0], "the command never came here"
        os.read(self._fd, 4096)

    def open(self) -> None:
        """Let the command pass."""
        os.write(self._fd, b"\n")

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._fd)


@dataclass
class Place:
    """A session's folder, a project's folder and a socket path, all short enough for a socket."""

    folder: Path
    project: Path
    socket: Path

    def __post_init__(self) -> None:
        self.ready = Gate(self.project / "ready")
        self.go = Gate(self.project / "go")

    def prepare(self, task_command: str | None = None, **members: Any) -> dict[str, str]:
        """Write the manifest, with a custom agent's command line if one is given; the worker's environment."""
        path = self.folder / "manifest.json"
        text = manifest_json(manifest(working_dir=str(self.project), **members))
        path.write_text(json.dumps(json.loads(text) | ({"taskCommand": task_command} if task_command else {})))
        return {
            "PATH": os.environ["PATH"],
            "MAESTRO_SESSION_ID": "ses_1",
            "MAESTRO_ATTEMPT": "2",
            "MAESTRO_SESSION_TOKEN": "ses_1.2.abc",
            "MAESTRO_SOCKET": str(self.socket),
            "MAESTRO_MANIFEST_PATH": str(path),
        }

    @contextmanager
    def start(self, **members: Any) -> "Iterator[subprocess.Popen[bytes]]":
        """Start the worker on pipes; it is gone afterwards, whatever happened."""
        process = subprocess.Popen(
            ARGV,
            cwd=self.project,
            env=self.prepare(**members),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, **members: Any) -> Finished:
        """Start the worker on pipes and wait."""
        with self.start(**members) as process:
            output, _ = process.communicate(timeout=PATIENCE)
        return Finished(process.returncode, output.decode("utf-8", "replace"))

    def start_on_terminal(self, slave: int, **members: Any) -> int:
        """Start the worker as leader of a session whose terminal is ``slave``, as the shim does; its pid."""
        actions: list[Any] = [
            (os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0),  # after setsid: the controlling terminal
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
        environ = self.prepare(**members)
        change_folder = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(self.project), *ARGV]
        return os.posix_spawn("/bin/sh", change_folder, environ, file_actions=actions, setsid=True)


@contextmanager
def place() -> Iterator[Place]:
    """Folders that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="w") as name:
        folder = Path(name)
        (folder / "s").mkdir()
        (folder / "a project").mkdir()
        made = Place(folder / "s", folder / "a project", folder / "d.sock")
        try:
            yield made
        finally:
            made.ready.close()
            made.go.close()
