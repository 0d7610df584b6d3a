"""The socket's round trips against a bare trio line echo, in the same run, as ratios (P1 of the quality page).

    python bench/rpc.py [--rounds N] [--seconds S]

The floor is ``trio.serve_listeners`` with a ``SocketStream`` that sends every line back. Both servers run as processes of their
own on one processor, the clients on another; they take turns in every round, and the table shows medians. The clients are one
Python loop over an epoll, so absolute numbers are low; the ratios count. The call is ``system.status`` of an empty daemon, or
``task.get`` with ``--method task.get``.
"""

import argparse
import contextlib
import json
import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trio

SHAPES = ("1 client", "8 clients", "64 in flight", "connect, call, close: 8 at once")
READ = 1 << 16


def main() -> None:
    """Serve, or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--method", choices=("system.status", "task.get"), default="system.status")
    parser.add_argument("--serve", nargs=2, metavar=("KIND", "PATH"))
    arguments = parser.parse_args()
    if arguments.serve:
        serve(*arguments.serve)
    else:
        measure(arguments.rounds, arguments.seconds, arguments.method)


def measure(rounds: int, seconds: float, method: str) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: str(Path(folder) / f"{kind}.sock") for kind in ("echo", "maestrod")}
        servers = [start(kind, path) for kind, path in paths.items()]
        pin(1)
        try:
            request = first_request(paths["maestrod"], method)
            figures = [
                {kind: {shape: run(shape, path, request, seconds) for shape in SHAPES} for kind, path in paths.items()}
                for _ in range(rounds)
            ]
        finally:
            for server in servers:
                server.terminate()
                server.wait()
    print(f"{method}: {len(request)} bytes a request; calls/s, medians of {rounds} rounds")
    for shape in SHAPES:
        floor, ours = ([figure[kind][shape] for figure in figures] for kind in paths)
        ratio = statistics.median(our / bare for our, bare in zip(ours, floor, strict=True))
        print(
            f"{shape:34} echo {statistics.median(floor):9.0f}  ours {statistics.median(ours):9.0f}  ratio {ratio:.2f}"
        )


def start(kind: str, path: str) -> subprocess.Popen[bytes]:
    """A server, listening."""
    server = subprocess.Popen([sys.executable, "-W", "ignore", __file__, "--serve", kind, path], stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    return server


def pin(processor: int) -> None:
    """Stay on one processor, where the machine has two and lets us."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {processor})


def first_request(path: str, method: str) -> bytes:
    """The request of the whole run; for ``task.get`` a task is made first."""
    if method == "system.status":
        return encoded(method, {})
    task = call(path, "task.create", {"title": "measured", "projectId": call(path, "project.create", PROJECT)["id"]})
    return encoded(method, {"taskId": task["id"]})


PROJECT = {"name": "bench", "workingDir": "/"}


def encoded(method: str, params: dict[str, object]) -> bytes:
    """A request, framed."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return json.dumps(request, separators=(",", ":")).encode() + b"\n"


def call(path: str, method: str, params: dict[str, object]) -> dict[str, str]:
    """One call on a connection of its own."""
    with connect(path) as client:
        client.sendall(encoded(method, params))
        answer = client.makefile("rb").readline()
    result: dict[str, str] = json.loads(answer)["result"]
    return result


def connect(path: str) -> socket.socket:
    """A blocking connection."""
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    return client


def run(shape: str, path: str, request: bytes, seconds: float) -> float:
    """Calls per second of one shape."""
    if shape == "1 client":
        return one_after_the_other(path, request, seconds)
    if shape == "8 clients":
        return side_by_side(path, request, seconds)
    if shape == "64 in flight":
        return in_flight(path, request, seconds)
    return connecting(path, request, seconds)


def one_after_the_other(path: str, request: bytes, seconds: float) -> float:
    """One client that waits for each answer."""
    count = 0
    with connect(path) as client:
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds:
            for _ in range(100):
                client.send(request)
                client.recv(READ)
            count += 100
        return count / (time.perf_counter() - begin)


def side_by_side(path: str, request: bytes, seconds: float) -> float:
    """Eight clients, each of which waits for its answer."""
    clients = {client.fileno(): client for client in (connect(path) for _ in range(8))}
    poll = select.epoll()
    for number, client in clients.items():
        poll.register(number, select.EPOLLIN)
        client.send(request)
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for number, _ in poll.poll():
            client = clients[number]
            client.recv(READ)
            client.send(request)
            count += 1
    elapsed = time.perf_counter() - begin
    poll.close()
    for client in clients.values():
        client.close()
    return count / elapsed


def in_flight(path: str, request: bytes, seconds: float) -> float:
    """One client that always has 64 requests under way."""
    count, begin = 0, time.perf_counter()
    with connect(path) as client:
        client.sendall(request * 64)
        while time.perf_counter() - begin < seconds:
            answered = client.recv(READ).count(b"\n")
            client.sendall(request * answered)
            count += answered
    return count / (time.perf_counter() - begin)


def connecting(path: str, request: bytes, seconds: float) -> float:
    """The shape of a hook: connect, one call, close; eight at a time."""
    poll = select.epoll()
    clients: dict[int, socket.socket] = {}

    def again() -> None:
        client = connect(path)
        clients[client.fileno()] = client
        poll.register(client.fileno(), select.EPOLLIN)
        client.send(request)

    for _ in range(8):
        again()
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for number, _ in poll.poll():
            clients[number].recv(READ)
            clients.pop(number).close()
            count += 1
            again()
    elapsed = time.perf_counter() - begin
    poll.close()
    for client in clients.values():
        client.close()
    return count / elapsed


def serve(kind: str, path: str) -> None:
    """Be one of the servers."""
    pin(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(512)
    listener.setblocking(False)
    if kind == "echo":
        trio.run(serve_echo, listener)
    else:
        sys.path.insert(0, str(Path(__file__).parent.parent))
        trio.run(serve_maestrod, listener)


async def serve_echo(listener: socket.socket) -> None:
    """The floor."""

    async def echo(stream: trio.SocketStream) -> None:
        rest = b""
        with contextlib.suppress(trio.BrokenResourceError):  # a client that left while it was being answered
            async with stream:
                while data := await stream.receive_some(READ):
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        await stream.send_all(line + b"\n")

    print("ready", flush=True)
    await trio.serve_listeners(echo, [trio.SocketListener(trio.socket.from_stdlib_socket(listener))])


async def serve_maestrod(listener: socket.socket) -> None:
    """The methods, the engine and the socket, with a store that keeps nothing: the disk is measured elsewhere."""
    from maestrod.transport.serve import serve_unix
    from tests.kit.rpc_parts import parts

    print("ready", flush=True)
    await serve_unix(listener, parts())


if __name__ == "__main__":
    main()
