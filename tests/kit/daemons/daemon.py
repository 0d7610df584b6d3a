"""A real daemon with its own home, for tests that start, call, watch, kill and restart it, and look for leftovers.

Nothing here sleeps: a start waits for the readiness message that a service manager would get, a call for its reply, and a watcher for
the events of a subscription. All calls block, for at most ``PATIENCE``.
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
    """The daemon refused a call; ``reason`` is the stable code."""

    def __init__(self, error: Json) -> None:
        data = error.get("data") or {}
        self.reason: str = data.get("code", "")
        self.retryable: bool = data.get("retryable", False)
        self.details: Json = data.get("details") or {}
        super().__init__(f"{error['code']} {self.reason}: {error['message']}")


class Connection:
    """One newline-delimited connection. Raises ``OSError`` if the daemon goes away, ``TimeoutError`` if it does not answer."""

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
        """Close the connection."""
        self._socket.close()

    def send(self, method: str, params: Json) -> int:
        """Send a request, and return its id."""
        number = next(self._ids)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.send_bytes(json.dumps(request).encode() + b"\n")
        return number

    def send_bytes(self, data: bytes) -> None:
        """Send arbitrary bytes."""
        self._socket.sendall(data)

    def answer(self, number: int, seconds: float = PATIENCE) -> Any:
        """The reply to a request; keeps events that arrive before it."""
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
        """The next event of this connection's subscriptions. Raises ``TimeoutError`` if none arrives in time."""
        deadline = time.monotonic() + seconds
        while not self.events:
            message = self._message(deadline)
            if message.get("method") == "event":
                self.events.append(message["params"]["event"])
        return self.events.popleft()

    def wait_for(self, matches: Callable[[Json], bool]) -> Json:
        """The next event that matches; drops the events before it."""
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


#: Below the ports that the system assigns by itself (32768 on Linux). Each test process begins at another one.
_PORTS = itertools.islice(itertools.cycle(range(10_000, 32_000)), os.getpid() * 331 % 22_000, None)


def own_port() -> int:
    """A free port that no other daemon of the tests uses, not even between a kill and the next start, because pages reconnect to it."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port := next(_PORTS)))
            except OSError:
                continue
            return port


class Daemon:
    """A daemon that can be started many times in the home ``home`` (a short path). ``settings`` are MAESTRO_ variables.

    ``module`` is the module to run; another one than ``maestrod`` can patch the daemon first.
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
        """The id of the running process."""
        assert self.process is not None
        return self.process.pid

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start a process without waiting for it. Its stdout is closed when it ends."""
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
        """Start the daemon, and return when it reports that it is ready."""
        with self.ready_messages() as notify:
            self.process = self.spawn()
            self.wait_ready(self.process, notify)
        return self

    def kill(self) -> None:
        """Kill it with SIGKILL, and return when it has ended."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = PATIENCE) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the end, and return the exit code."""
        assert self.process is not None
        code = self.process.wait(seconds)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def restart(self) -> "Daemon":
        """Kill it, and start the next one."""
        self.kill()
        return self.start()

    def connect(self) -> Connection:
        """A new connection."""
        return Connection(self.socket)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a method, on a new connection."""
        with self.connect() as connection:
            return connection.call(method, **params)

    def every(self, method: str, **params: Any) -> list[Json]:
        """All items of a method with pages; oldest first if they have ids."""
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
        """Return when no session is alive: an agent's last report arrives shortly before its end."""
        deadline = time.monotonic() + PATIENCE
        with self.watch(topics=["session.status"]) as events:
            while self.every("session.list", live=True):
                events.next_event(deadline - time.monotonic())

    def output(self, session_id: str) -> str:
        """All output of a session that its log still has."""
        data = b""
        with self.connect() as connection:
            while True:
                page = connection.call("session.output", sessionId=session_id, offset=len(data), limit=1 << 20)
                assert page["start"] == len(data), "a gap in the output"
                if not page["data"]:
                    return data.decode(errors="replace")  # the log may end in the middle of a character
                data += base64.b64decode(page["data"])

    def words(self) -> str:
        """The end of its processes' logs."""
        return self.log.read_text()[-6000:] if self.log.exists() else ""

    def nothing_left(self) -> bool:
        """Whether no agent, and nothing that one started, is alive; shims may be about to exit."""
        if agents_of(self.data):
            return False
        _, alive = psutil.wait_procs(processes_of(self.data), timeout=PATIENCE)
        return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def close(self) -> None:
        """End the daemon and everything that it started."""
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
        """A socket on which a daemon started in the block reports that it is ready."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._notify_path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(self._notify_path))
            yield notify

    def wait_ready(self, process: "subprocess.Popen[bytes]", notify: socket.socket) -> None:
        """Return when the daemon is ready. Raises ``AssertionError`` with its last output if it ends instead."""
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
    """The ``live`` member in an event about a session; empty if the event does not contain it."""
    live: Json = event["data"].get("live") or {}
    return live


def processes_of(data: Path) -> list[psutil.Process]:
    """Every process of every session of a data folder: shims by their arguments, agents and their descendants by their tag."""
    folders = {str(folder): folder.name for folder in (data / "sessions").glob("ses_*")}
    return [process for process in psutil.process_iter() if folders and _belongs(process, folders)]


def agents_of(data: Path) -> list[psutil.Process]:
    """Those that are not shims: agents and what they started. A process that ends meanwhile has no arguments and may be a shim."""
    return [process for process in processes_of(data) if command_of(process) and not is_shim(process)]


def is_shim(process: psutil.Process) -> bool:
    """Whether a session's process is its shim."""
    return any(argument.endswith("shim/__main__.py") for argument in command_of(process))


def command_of(process: psutil.Process) -> list[str]:
    """A process's arguments; empty if it ends meanwhile, or has ended and was not reaped."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def shim_of(data: Path, session_id: str) -> psutil.Process:
    """The shim of a session."""
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
