"""A real daemon in a home of its own, for tests that kill it: start, call, watch, kill, start again, look for leftovers.

Nothing here sleeps: a start waits for the readiness message that a service manager would get, a call for its answer, a watcher
for the events of a subscription. All of it is blocking and bounded by ``PATIENCE``.
"""

import base64
import itertools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.kit.patience import PATIENCE

Json = dict[str, Any]


class Refused(Exception):
    """The daemon's no: ``reason`` is the stable name of it."""

    def __init__(self, error: Json) -> None:
        data = error.get("data") or {}
        self.reason: str = data.get("code", "")
        self.retryable: bool = data.get("retryable", False)
        self.details: Json = data.get("details") or {}
        super().__init__(f"{error['code']} {self.reason}: {error['message']}")


class Connection:
    """One connection, newline-delimited. Raises ``OSError`` when the daemon goes away, ``TimeoutError`` when it is silent."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._ids = itertools.count(1)
        self._received = b""
        self.events: deque[Json] = deque()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, method: str, params: Json) -> int:
        """Send a request; its id."""
        number = next(self._ids)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.send_bytes(json.dumps(request).encode() + b"\n")
        return number

    def send_bytes(self, data: bytes) -> None:
        """Send anything."""
        self._socket.sendall(data)

    def answer(self, number: int, seconds: float = PATIENCE) -> Any:
        """The answer to a request; events that come before it are kept."""
        deadline = time.monotonic() + seconds
        while True:
            message = self._message(deadline)
            if message.get("method") == "event":
                self.events.append(message["params"]["event"])
            elif message.get("id") == number:
                if "error" in message:
                    raise Refused(message["error"])
                return message["result"]

    def call(self, method: str, **params: Any) -> Any:
        """The result of a method."""
        return self.answer(self.send(method, params))

    def next_event(self, seconds: float = PATIENCE) -> Json:
        """The next event of the subscriptions of this connection. Raises ``TimeoutError`` when none came in time."""
        deadline = time.monotonic() + seconds
        while not self.events:
            message = self._message(deadline)
            if message.get("method") == "event":
                self.events.append(message["params"]["event"])
        return self.events.popleft()

    def wait_for(self, matches: Callable[[Json], bool]) -> Json:
        """The next event that matches; the ones before it are dropped."""
        deadline = time.monotonic() + PATIENCE
        while not matches(event := self.next_event(max(0.0, deadline - time.monotonic()))):
            pass
        return event

    def _message(self, deadline: float) -> Json:
        while b"\n" not in self._received:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            data = self._socket.recv(1 << 18)
            if not data:
                raise ConnectionError("the daemon hung up")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        message: Json = json.loads(line)
        return message


#: Below the ports that the system gives out by itself (32768 on Linux). Each process of tests begins somewhere else.
_PORTS = itertools.islice(itertools.cycle(range(10_000, 32_000)), os.getpid() * 331 % 22_000, None)


def own_port() -> int:
    """A free port that no other daemon of the tests takes, not even between a kill and the next start: pages come back to it."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port := next(_PORTS)))
            except OSError:
                continue
            return port


class Daemon:
    """A daemon with the home ``home`` (a short path), which it may be started in many times. ``settings`` are MAESTRO_ variables.

    ``module`` is what is run: another one than ``maestrod`` may do something to it first.
    """

    def __init__(self, home: Path, **settings: object) -> None:
        self.home = home
        self.data = home / "data"
        self.socket = home / "run" / "maestrod.sock"
        self.log = home / "stderr.log"
        self.module = "maestrod"
        settings = {"bridge_port": own_port(), **settings}
        self.settings = {f"MAESTRO_{name.upper()}": str(value) for name, value in settings.items()}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self.process is not None
        return self.process.pid

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start a process and do not wait for it; its standard output ends when it does."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAESTRO_", "XDG_"))}
        environ = {**kept, "HOME": str(self.home), "MAESTRO_HOME": str(self.home), **self.settings}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", self.module],
                env={**environ, "NOTIFY_SOCKET": str(self._notify_path)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> "Daemon":
        """Start, and return when the daemon says that it is ready."""
        with self.ready_messages() as notify:
            self.process = self.spawn()
            self.wait_ready(self.process, notify)
        return self

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = PATIENCE) -> int:
        """Send a signal and wait for the end; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; the exit code."""
        assert self.process is not None
        code = self.process.wait(seconds)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def restart(self) -> "Daemon":
        """Kill it and start the next one."""
        self.kill()
        return self.start()

    def connect(self) -> Connection:
        """A new connection."""
        return Connection(self.socket)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a method, over a connection of its own."""
        with self.connect() as connection:
            return connection.call(method, **params)

    def every(self, method: str, **params: Any) -> list[Json]:
        """All items of a method that gives pages, oldest first where they have ids."""
        items: list[Json] = []
        with self.connect() as connection:
            while True:
                page = connection.call(method, **params)
                items += page.get("items", [])
                if page.get("nextCursor") is None:
                    return sorted(items, key=lambda item: str(item.get("id", "")))
                params["cursor"] = page["nextCursor"]

    def history(self) -> list[Json]:
        """Every event, from the journal."""
        events: list[Json] = []
        since = 0
        with self.connect() as connection:
            while items := connection.call("event.list", since=since, limit=1000).get("items"):
                events += items
                since = items[-1]["seq"]
        return events

    def watch(self, since: int | None = None, **filters: Any) -> Connection:
        """A connection that is subscribed to events."""
        connection = self.connect()
        if since is not None:
            filters["since"] = since
        connection.call("event.subscribe", **filters)
        return connection

    def finish_run(self, run_id: str) -> Json:
        """The run, once it has ended."""
        with self.connect() as connection:
            run: Json = connection.answer(connection.send("run.wait", {"runId": run_id}), PATIENCE)
            return run

    def finish_sessions(self) -> None:
        """Return when no session is alive: the last report of an agent comes a moment before its end."""
        deadline = time.monotonic() + PATIENCE
        with self.watch(topics=["session.status"]) as events:
            while self.every("session.list", live=True):
                events.next_event(deadline - time.monotonic())

    def output(self, session_id: str) -> str:
        """Everything a session ever printed that its log still has."""
        data = b""
        with self.connect() as connection:
            while True:
                page = connection.call("session.output", sessionId=session_id, offset=len(data), limit=1 << 20)
                assert page["start"] == len(data), "a gap in the output"
                if not page["data"]:
                    return data.decode(errors="replace")  # the log may end in the middle of a character
                data += base64.b64decode(page["data"])

    def words(self) -> str:
        """The end of what its processes logged."""
        return self.log.read_text()[-6000:] if self.log.exists() else ""

    def nothing_left(self) -> bool:
        """Whether no agent is alive, nor anything it started, and the shims are on their last instructions."""
        if agents_of(self.data):
            return False
        _, alive = psutil.wait_procs(processes_of(self.data), timeout=PATIENCE)
        return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def close(self) -> None:
        """End the daemon and everything it ever started."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        while left := processes_of(self.data):
            for process in left:
                _kill(process)

    @property
    def _notify_path(self) -> Path:
        return self.home / "n"

    @contextmanager
    def ready_messages(self) -> Iterator[socket.socket]:
        """Where a daemon started in the block says that it is ready."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._notify_path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(self._notify_path))
            yield notify

    def wait_ready(self, process: "subprocess.Popen[bytes]", notify: socket.socket) -> None:
        """Return when it is; ``AssertionError`` with its last words when it ends instead."""
        deadline = time.monotonic() + PATIENCE
        assert process.stdout is not None
        signs = [notify.fileno(), process.stdout.fileno()]
        while True:
            ready, _, _ = select.select(signs, [], [], max(0.0, deadline - time.monotonic()))
            if signs[0] in ready:
                if b"READY=1" in notify.recv(4096).split(b"\n"):
                    return
            else:
                process.kill()
                process.communicate()
                raise AssertionError(f"the daemon did not come up:\n{self.words()}")


def live_of(event: Json) -> Json:
    """What an event says a living session has; empty when it says nothing about that."""
    live: Json = event["data"].get("live") or {}
    return live


def processes_of(data: Path) -> list[psutil.Process]:
    """Every process of every session of a data folder: shims by their arguments, agents and all below by their tag."""
    folders = {str(folder): folder.name for folder in (data / "sessions").glob("ses_*")}
    return [process for process in psutil.process_iter() if folders and _belongs(process, folders)]


def agents_of(data: Path) -> list[psutil.Process]:
    """What of them is not a shim: the agents and all that they started. What ends meanwhile has no arguments, a shim among it."""
    return [process for process in processes_of(data) if command_of(process) and not is_shim(process)]


def is_shim(process: psutil.Process) -> bool:
    """Whether a process of a session is the one that holds it."""
    return any(argument.endswith("shim/__main__.py") for argument in command_of(process))


def command_of(process: psutil.Process) -> list[str]:
    """A process's arguments; none of one that ends meanwhile, or has ended and is not collected yet."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def shim_of(data: Path, session_id: str) -> psutil.Process:
    """The shim that holds a session."""
    folder = str(data / "sessions" / session_id)
    [shim] = [process for process in processes_of(data) if folder in process.cmdline()]
    return shim


def _belongs(process: psutil.Process, folders: dict[str, str]) -> bool:
    try:
        ours = (
            not folders.keys().isdisjoint(process.cmdline())
            or process.environ().get("MAESTRO_SESSION_ID") in folders.values()
        )
        return ours and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        pass
