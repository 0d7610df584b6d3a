"""A real daemon with its own home folder."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil


class Daemon:
    """A ``maestrod`` process with its home; ``flavour`` is an argument of ``bench.flavour``."""

    def __init__(self, home: Path, flavour: str | None = None, **environ: str) -> None:
        self.home = home
        self.socket = home / "run" / "maestrod.sock"
        self._flavour = flavour
        self._environ = {**os.environ, "MAESTRO_HOME": str(home), **environ}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it, and return the seconds until its first reply."""
        module = ["-m", "maestrod"] if self._flavour is None else ["-m", "bench.flavour", self._flavour]
        began = time.perf_counter()
        with (self.home / "log").open("ab") as log:
            words = [sys.executable, *module]
            self.process = subprocess.Popen(words, env=self._environ, stdout=log, stderr=log)
        while True:
            try:
                self.call("system.status")
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError((self.home / "log").read_text()) from None
                time.sleep(0.002)
            else:
                return time.perf_counter() - began

    def stop(self, sessions: str = "stop") -> None:
        """Stop it, by default with its sessions."""
        if self.process is not None and self.process.poll() is None:
            self.call("system.stop", sessions=sessions)
            self.process.wait(60)
        self.process = None

    @property
    def usage(self) -> psutil.Process:
        """The process, for its resource usage."""
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def call(self, method: str, **params: object) -> Any:
        """Make one call on a new connection."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            return Caller(connection).call(method, **params)

    @contextlib.contextmanager
    def connected(self) -> Iterator["Caller"]:
        """A connection for many calls."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            yield Caller(connection)


class Caller:
    """Makes calls one after the other on one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")

    def call(self, method: str, **params: object) -> Any:
        """The result of a call; skips notifications that arrive before it. Raises ``RuntimeError`` for an error."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._connection.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = self.next()
            if "id" in answer:
                break
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def next(self) -> Any:
        """The next message of any kind."""
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the daemon closed the connection")
        return json.loads(line)


@contextlib.contextmanager
def daemon(flavour: str | None = None, **environ: str) -> Iterator[Daemon]:
    """A daemon for the block; nothing of it remains afterwards."""
    home = Path(tempfile.mkdtemp(prefix="mb."))
    running = Daemon(home, flavour, **environ)
    running.start()
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(home, ignore_errors=True)


def wait_run(caller: Caller, run_id: str) -> str:
    """Wait for a run to end, and return its status."""
    status: str = caller.call("run.wait", runId=run_id, timeoutMs=600_000)["status"]
    return status
