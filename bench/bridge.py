"""P13: small calls over HTTP and WebSocket, against h11 on trio with a constant answer. P6: one event to many WebSocket clients, against
C that writes each frame once per client, and against trio-websocket that sends to one client after the other."""

import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.daemon import Daemon, daemon
from bench.programs import floor, program
from bench.table import Row, at_least, at_most, median_ratio

#: Bytes of the message about a changed project; the floors send the same number.
SIZE = 440

#: Clients and events of one broadcast.
SHAPES = ((100, 300), (500, 100))

_KEY = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"


class Address:
    """The address of a bridge, and files with the requests to measure."""

    def __init__(self, running: Daemon, folder: Path) -> None:
        address = json.loads((running.home / "run" / "maestrod.json").read_text())
        self.port = int(address["url"].rpartition(":")[2])
        self._head = f"Host: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {(running.home / 'run' / 'bridge.token').read_text()}\r\n"
        self._folder = folder

    def get(self, path: str, more: str = "") -> Path:
        """A file with a GET."""
        return self.file(f"GET {path} HTTP/1.1\r\n{self._head}{more}\r\n".encode())

    def post(self, body: bytes) -> Path:
        """A file with a JSON-RPC POST."""
        head = (
            f"POST /rpc HTTP/1.1\r\n{self._head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return self.file(head.encode() + body)

    def frame(self, text: bytes) -> Path:
        """A file with a short text frame from a client, masked with zeros."""
        return self.file(b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text)

    def follow(self, path: str) -> tuple[Path, Path]:
        """Files with the requests that open a WebSocket and subscribe to events on it."""
        return self.get(path, _KEY), self.frame(b'{"type":"subscribe"}')

    def file(self, data: bytes) -> Path:
        """A file with these bytes."""
        path = self._folder / str(len(list(self._folder.iterdir())))
        path.write_bytes(data)
        return path


def measure(*, quick: bool) -> list[Row]:
    """The rows of P13 and P6."""
    with daemon() as ours, tempfile.TemporaryDirectory() as folder:
        address = Address(ours, Path(folder))
        return [
            *small_calls(address, quick=quick),
            *broadcasts(ours, address, quick=quick),
            durable(ours, address, quick=quick),
        ]


def small_calls(address: Address, *, quick: bool) -> Iterator[Row]:
    """One row for each way to make a small call."""
    rounds, seconds = (3, 0.2) if quick else (7, 0.6)
    call = b'{"jsonrpc":"2.0","id":1,"method":"system.status"}'
    nothing, upgrade = address.file(b""), address.get("/ws", _KEY)
    shapes = (
        ("small JSON GET", nothing, address.get("/api/status")),
        ("JSON-RPC by POST", nothing, address.post(call)),
        ("JSON-RPC by WebSocket", upgrade, address.frame(call)),
    )
    with served(sys.executable, "-m", "bench.bridge_floor", "http") as bare:
        port = bare.number()
        for connections in (1, 8):
            for name, hello, ask in shapes:
                same = ask if hello is nothing else shapes[1][2]
                ratio, own, constant = median_ratio(
                    rounds,
                    lambda h=hello, a=ask, c=connections: load(address.port, c, seconds, h, a),  # type: ignore[misc]  # mypy infers no lambda with defaults
                    lambda a=same, c=connections: load(port, c, seconds, nothing, a),  # type: ignore[misc]  # mypy infers no lambda with defaults
                )
                what = f"bridge, {name}, {connections} connection{'s' if connections > 1 else ''}"
                yield at_least("P13", what, ratio, 0.8, f"{own:.0f} of {constant:.0f} calls/s")


def broadcasts(ours: Daemon, address: Address, *, quick: bool) -> Iterator[Row]:
    """Two rows per number of clients: events per second that reach all of them, against C and against the plain loop."""
    yield single(ours, address, quick=quick)
    for clients, events in SHAPES:
        yield from broadcast(ours, address, clients, events, 3 if quick else 7)


def broadcast(ours: Daemon, address: Address, clients: int, events: int, rounds: int) -> tuple[Row, Row]:
    """Send durable changes to all clients; the floors send constants of the same length."""
    with contextlib.ExitStack() as stack:
        project, caller = stack.enter_context(publisher(ours))
        own = stack.enter_context(listening(clients, address.port, *address.follow("/ws")))
        c = stack.enter_context(served(str(program("bridge")), "server", str(clients), str(SIZE)))
        by_c = stack.enter_context(listening(clients, c.number(), address.file(b""), address.file(b"")))
        loop = stack.enter_context(served(sys.executable, "-m", "bench.bridge_floor", "loop", str(SIZE)))
        by_loop = stack.enter_context(listening(clients, loop.number(), *address.follow("/")))

        def bridge_() -> float:
            return events / own.all_have(events, lambda: caller.publish(project, events))

        def in_c() -> float:
            return events / by_c.all_have(events, lambda: c.order(events))

        def in_loop() -> float:
            return events / by_loop.all_have(events, lambda: loop.order(events))

        to_c, mine, bare = median_ratio(rounds, bridge_, in_c)
        to_loop, _, plain = median_ratio(rounds, bridge_, in_loop)
    detail = (
        f"{mine * clients:.0f} of {bare * clients:.0f} deliveries/s of {SIZE} bytes; the loop {plain * clients:.0f}"
    )
    name = f"events to {clients} WebSocket clients"
    return at_least("P6", f"{name}, to C", to_c, 0.6, detail), at_least("P6", f"{name}, to a plain loop", to_loop, 3)


def single(ours: Daemon, address: Address, *, quick: bool) -> Row:
    """How long after the replies a subscriber has the changes. With one client, making the changes is most of the work."""
    events, rounds = 1000, 3 if quick else 7
    with (
        publisher(ours) as (project, caller),
        listening(1, address.port, *address.follow("/ws")) as client,
    ):

        def followed() -> float:
            return events / client.all_have(events, lambda: caller.publish(project, events))

        def answered() -> float:
            client.tell(events)
            rate = events / (-caller.publish(project, events) + time.monotonic())
            client.line()
            return rate

        ratio, mine, bare = median_ratio(rounds, followed, answered)
    return at_least(
        "P6", "durable changes until one WebSocket client has them", ratio, 0.6, f"{mine:.0f} of {bare:.0f}/s"
    )


def durable(ours: Daemon, address: Address, *, quick: bool) -> Row:
    """Microseconds from a durable change until the last of ten clients has it."""
    runs = 30 if quick else 200
    with publisher(ours) as (project, caller), listening(10, address.port, *address.follow("/ws")) as clients:
        times = [clients.all_have(1, lambda: caller.publish(project, 1)) * 1e6 for _ in range(runs)]
    flush = 1e6 / floor("commit", str(ours.home / "floor"), "1", "0.3" if quick else "1")
    took = statistics.median(times)
    detail = f"{took:.0f} µs; a fdatasync {flush:.0f} µs"
    return at_most("P6", "durable change to the last of 10 clients, p50", took / flush, 5, detail)


class Publisher:
    """Changes a project many times without waiting for replies in between."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._count = 0

    def publish(self, project: str, events: int) -> float:
        """Make that many changes; returns when it began."""
        lines = []
        for _ in range(events):
            self._count += 1
            params = {"projectId": project, "description": f"change {self._count:09}"}
            lines.append(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "project.update", "params": params}))
        began = time.monotonic()
        self._connection.sendall(
            "\n".join([*[line.replace('"id": 1', f'"id": {n}') for n, line in enumerate(lines)], ""]).encode()
        )
        for _ in range(events):
            assert b'"error"' not in self._lines.readline()
        return began


@contextlib.contextmanager
def publisher(ours: Daemon) -> Iterator[tuple[str, Publisher]]:
    """A project and its publisher."""
    project: str = ours.call("project.create", name="fan-out", workingDir="/tmp")["id"]  # noqa: S108 - it is there
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(ours.socket))
        yield project, Publisher(connection)


class Process:
    """A program that reads numbers and writes numbers, one per line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in, self._out = process.stdin, process.stdout

    def line(self) -> str:
        """The next line. Raises ``RuntimeError`` if the program has ended."""
        line = self._out.readline()
        if not line:
            raise RuntimeError("a program of the benchmark ended early")
        return line

    def number(self) -> int:
        """The next line as a number."""
        return int(self.line())

    def order(self, count: int) -> float:
        """Send a number, and return the time in the reply."""
        self.tell(count)
        return float(self.line())

    def tell(self, count: int) -> None:
        """Send a number."""
        self._in.write(f"{count}\n")
        self._in.flush()


class Clients(Process):
    """Many clients, which report when the last of them has received enough."""

    def all_have(self, events: int, publish: Callable[[], float]) -> float:
        """Seconds from the start of ``publish`` (which it returns) until every client has received that many more messages."""
        self.tell(events)
        began = publish()
        return float(self.line()) - began


def load(port: int, connections: int, seconds: float, hello: Path, ask: Path) -> float:
    """Answers per second."""
    words = [str(program("bridge")), "load", str(port), str(connections), str(seconds), str(hello), str(ask)]
    return float(subprocess.check_output(words))


@contextlib.contextmanager
def served(*words: str) -> Iterator[Process]:
    """A program that runs for the block."""
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Process(process)
        finally:
            process.kill()


@contextlib.contextmanager
def listening(clients: int, port: int, hello: Path, subscribe: Path) -> Iterator[Clients]:
    """That many clients, all connected and subscribed."""
    words = [str(program("bridge")), "clients", str(port), str(clients), str(hello), str(subscribe)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        made = Clients(process)
        assert made.line() == "ready\n"
        try:
            yield made
        finally:
            process.kill()
