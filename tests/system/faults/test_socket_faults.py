"""Faults of clients: some never read, some vanish during a call. All others are served, and nothing happens twice."""

import json
import socket
from pathlib import Path

import psutil
import pytest
import trio

from tests.kit.clients.socket_client import SocketClient, SocketServer, serving
from tests.kit.daemons.daemon import Daemon
from tests.kit.parts.rpc_parts import parts

DEAF, PATIENT = 10, 89

#: Bytes of one change, and how many there are: far more than a socket and a subscriber's share hold together.
CHANGE, CHANGES = 100_000, 60


async def follow(client: SocketClient, heard: list[int]) -> None:
    """Read every event until the last one."""
    while len(heard) < CHANGES:
        message = await client.notification()
        assert message["method"] == "event", message
        heard.append(message["params"]["event"]["seq"])


async def trickle(server: SocketServer) -> None:
    """Read a byte now and then, far slower than the events come."""
    async with server.client() as client:
        await client.call("event.subscribe")
        while await client.stream.receive_some(1):
            await trio.sleep(0.05)


async def change(client: SocketClient, project: str) -> None:
    for number in range(CHANGES):
        description = f"{number}".ljust(CHANGE, "x")
        await client.call("project.update", {"projectId": project, "description": description})


@pytest.mark.slow
async def test_27_slow_subscribers_among_a_hundred_do_not_affect_the_others(tmp_path: Path) -> None:
    process = psutil.Process()
    async with serving(tmp_path, parts(), patience=120) as server, trio.open_nursery() as nursery:
        deaf = [SocketClient(await trio.open_unix_socket(str(server.path))) for _ in range(DEAF)]
        patient = [SocketClient(await trio.open_unix_socket(str(server.path))) for _ in range(PATIENT)]
        heard: list[list[int]] = [[] for _ in patient]
        async with server.client() as author:
            project = (await author.call("project.create", {"name": "p", "workingDir": "/p"}))["id"]
            for client in (*deaf, *patient):
                await client.call("event.subscribe", {"topics": ["project"]})
            nursery.start_soon(trickle, server)
            before = process.memory_info().rss
            async with trio.open_nursery() as readers:
                for client, seqs in zip(patient, heard, strict=True):
                    readers.start_soon(follow, client, seqs)
                readers.start_soon(change, author, project)
        assert process.memory_info().rss - before < (DEAF + 1) * 4 * 1024 * 1024 + 40_000_000
        first = heard[0][0]
        assert heard == [list(range(first, first + CHANGES))] * PATIENT
        assert server.services.counts["overflows"] >= DEAF
        for client in deaf:
            await is_cut_off(client)
        assert await server.is_healthy()
        for client in (*deaf, *patient):
            await client.stream.aclose()
        nursery.cancel_scope.cancel()


async def is_cut_off(client: SocketClient) -> None:
    """Return when it was told that it is told no more."""
    while (await client.notification())["method"] != "event.overflow":
        pass


def folder(daemon: Daemon, name: str) -> str:
    """A folder for a project."""
    path = daemon.home / name
    path.mkdir(exist_ok=True)
    return str(path)


def request(daemon: Daemon, name: str, request_id: str) -> bytes:
    params = {"name": name, "workingDir": folder(daemon, name), "requestId": request_id}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "project.create", "params": params}).encode() + b"\n"


def projects(daemon: Daemon, name: str) -> int:
    return sum(project["name"] == name for project in daemon.every("project.list"))


def said_and_gone(daemon: Daemon, data: bytes, *, half: bool = False) -> None:
    """Say something to the daemon and leave without listening."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(daemon.socket))
        client.sendall(data)
        if half:
            client.shutdown(socket.SHUT_WR)


@pytest.mark.slow
def test_28_a_client_that_vanishes_at_any_byte_can_ask_again(daemon: Daemon) -> None:
    daemon.start()
    whole = request(daemon, "n000", "r000")
    for cut in range(0, len(whole) + 1, 5):
        message = request(daemon, f"n{cut:03}", f"r{cut:03}")
        said_and_gone(daemon, message[:cut])
        assert projects(daemon, f"n{cut:03}") in {0, 1}
        with daemon.connect() as client:
            again = client.call(
                "project.create", name=f"n{cut:03}", workingDir=folder(daemon, f"n{cut:03}"), requestId=f"r{cut:03}"
            )
        assert again["name"] == f"n{cut:03}" and projects(daemon, f"n{cut:03}") == 1


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True])
def test_28_a_command_takes_effect_although_its_client_left(daemon: Daemon, half: bool) -> None:
    daemon.start()
    for number in range(20):
        said_and_gone(daemon, request(daemon, f"n{number}", f"r{number}"), half=half)
    with daemon.connect() as client:
        for number in range(20):
            client.call(
                "project.create", name=f"n{number}", workingDir=folder(daemon, f"n{number}"), requestId=f"r{number}"
            )
    assert sorted(project["name"] for project in daemon.every("project.list")) == sorted(f"n{n}" for n in range(20))


@pytest.mark.slow
def test_28_a_connection_reset_during_a_long_answer_affects_no_other_client(daemon: Daemon) -> None:
    daemon.start()
    with daemon.connect() as client:
        for number in range(20):
            client.call(
                "project.create", name=f"n{number}", workingDir=folder(daemon, f"n{number}"), description="x" * 200_000
            )
    for _ in range(10):
        said_and_gone(daemon, b'{"jsonrpc":"2.0","id":1,"method":"project.list"}\n')
    assert len(daemon.every("project.list")) == 20
