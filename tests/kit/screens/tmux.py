"""Runs a program in a real terminal: tmux types into it, changes its size, and reads its screen.

Each terminal has its own tmux server (with its own socket and no configuration), so that tests never touch the user's.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.kit.patience import PATIENCE

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed: it is the real terminal")

SOURCE = str(Path(__file__).parents[3])
COMMAND = [sys.executable, "-m", "maestroctl"]

#: Escape is a key by itself, not the beginning of a sequence.
_SETTINGS = """
set -g default-terminal tmux-256color
set -g status off
set -s escape-time 0
"""


class Pane:
    """A terminal of the given size that runs ``command``. It stays after the command has ended, and shows the exit code."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        columns: int = 100,
        rows: int = 30,
    ) -> None:
        settings = folder / "tmux.conf"
        settings.write_text(_SETTINGS)
        self._tmux = ["tmux", "-S", str(folder / f"t{time.monotonic_ns() % 10**9}"), "-f", str(settings)]
        self._command = ["/bin/sh", "-c", '"$@"; code=$?; echo; echo exit code $code; exec cat', "sh", *command]
        self._size = ["-x", str(columns), "-y", str(rows)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        self._environ = {**kept, "PYTHONPATH": SOURCE, "LANG": "C.UTF-8", **(environ or {})}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            self._environ.pop(name, None)

    def __enter__(self) -> Self:
        subprocess.run(
            [*self._tmux, "new-session", "-d", "-s", "p", *self._size, *self._command],
            env=self._environ,
            check=True,
            cwd=SOURCE,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            print(self.screen())  # noqa: T201 - pytest shows it when the test failed
        self._do("kill-server")

    def type(self, *keys: str) -> None:
        """Press keys, by tmux's names: ``Enter``, ``C-p``, or text."""
        self._do("send-keys", "-t", "p", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size."""
        self._do("resize-window", "-t", "p", "-x", str(columns), "-y", str(rows))

    def screen(self, *, colours: bool = False) -> str:
        """The text on the screen, with its colour sequences if wanted."""
        return self._do("capture-pane", "-p", "-t", "p", *(["-e"] if colours else []))

    def tells(self, name: str) -> str:
        """One of tmux's variables: ``alternate_on``, ``cursor_flag``, ``pane_dead_status``, …"""
        return self._do("display-message", "-p", "-t", "p", f"#{{{name}}}").strip()

    def wait(self, *texts: str, without: Sequence[str] = ()) -> str:
        """The screen, once it shows all the texts and none of ``without``. A screen has no events, so it is polled."""
        deadline = time.monotonic() + PATIENCE
        while True:
            screen = self.screen()
            if all(text in screen for text in texts) and not any(text in screen for text in without):
                return screen
            assert time.monotonic() < deadline, f"no {texts} (or still {without}) in:\n{screen}"
            time.sleep(0.05)

    def wait_for(self, name: str, value: str) -> None:
        """Return when a variable of tmux has this value."""
        deadline = time.monotonic() + PATIENCE
        while self.tells(name) != value:
            assert time.monotonic() < deadline, f"{name} is {self.tells(name)!r}, not {value!r}:\n{self.screen()}"
            time.sleep(0.05)

    def ended(self) -> int:
        """Wait for the program to end, and return its exit code."""
        return int(self.wait("\nexit code ").split("\nexit code ")[1].split()[0])

    def _do(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=False, env=self._environ)
        return done.stdout
