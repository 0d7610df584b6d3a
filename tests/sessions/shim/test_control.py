"""Control connections of a real shim: their answers, and that no peer can harm the agent or other peers."""

import base64
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio

from maestrod.sessions.link import connect
from maestrod.sessions.shim.control import CLIENT_LIMIT, LINE_LIMIT
from tests.kit.patience import PATIENCE
from tests.sessions.kit import Agents, Daemon, daemon_on


class Peer:
    """A raw connection to a shim, in trio."""

    def __init__(self, folder: Path) -> None:
        self.stream = trio.SocketStream(trio.socket.from_stdlib_socket(connect(folder)))
        self._rest = b""

    async def say(self, line: bytes) -> None:
        await self.stream.send_all(line)

    async def hear(self) -> dict[str, Any] | None:
        with trio.fail_after(PATIENCE):
            while b"\n" not in self._rest:
                data = await self.receive()
                if not data:
                    return None
                self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        heard: dict[str, Any] = json.loads(line)
        return heard

    async def receive(self) -> bytes:
        try:
            return bytes(await self.stream.receive_some())
        except trio.BrokenResourceError:
            return b""

    async def ask(self, **request: object) -> dict[str, Any] | None:
        await self.say(json.dumps(request).encode() + b"\n")
        return await self.hear()


class Peers:
    """Makes connections to one shim, and closes them with the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Peer] = []

    def __call__(self) -> Peer:
        self._made.append(Peer(self._folder))
        return self._made[-1]

    async def aclose(self) -> None:
        for peer in self._made:
            await peer.stream.aclose()


@pytest.fixture
async def connected(folder: Path, daemon: Daemon) -> AsyncIterator[Peers]:
    made = Peers(folder)
    yield made
    await made.aclose()


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    async with daemon_on(tmp_path) as made:
        await made.custody.launch(Agents(tmp_path).spec("ses_a", "cat", terminal="pipe"))
        yield made
        await made.custody.stop("ses_a")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ses_a"


async def test_hello_identifies_the_shim_and_its_agent(connected: Peers) -> None:
    answer = await connected().ask(id=1, op="hello")
    assert answer is not None
    assert {
        "id": 1,
        "sessionId": "ses_a",
        "attempt": 1,
        "alive": True,
        "end": 0,
        "exit": None,
    }.items() <= answer.items()


@pytest.mark.parametrize(
    "line",
    [
        b"not json\n",
        b"[1]\n",
        b"{}\n",
        b'{"id":1}\n',
        b'{"id":1,"op":"no such"}\n',
        b'{"id":1,"op":["hello"]}\n',
        b'{"id":1,"op":"input"}\n',
        b'{"id":1,"op":"input","data":"%%%="}\n',
        b'{"id":1,"op":"input","data":7}\n',
        b'{"id":1,"op":"resize","cols":"x","rows":[]}\n',
        b'{"id":1,"op":"resize","cols":1e9,"rows":-5}\n',
        b'{"id":1,"op":"resize","cols":99999999999,"rows":-5}\n',
        b'{"id":1,"op":"signal","name":"SEGV"}\n',
        b'{"id":1,"op":"signal","name":{}}\n',
        b'{"id":1,"op":"stop","ladder":[["TERM"]]}\n',
        b'{"id":1,"op":"stop","ladder":"TERM"}\n',
        b'{"id":1,"op":"watch","beyond":"x"}\n',
        b"\xff\xfe\n",
        b"[" * 50_000 + b"\n",
    ],
)
async def test_a_bad_line_is_an_error_and_the_connection_stays(connected: Peers, line: bytes) -> None:
    peer = connected()
    await peer.say(line)
    answer = await peer.hear()
    assert answer is not None
    assert "error" in answer
    again = await peer.ask(id=2, op="hello")
    assert again is not None
    assert again["alive"]


async def test_a_peer_that_never_ends_its_line_is_dropped(connected: Peers) -> None:
    peer = connected()
    with pytest.raises(trio.BrokenResourceError):
        while True:
            await peer.say(b"x" * LINE_LIMIT)
    assert (await connected().ask(id=1, op="hello")) is not None


async def test_a_peer_that_does_not_read_is_dropped(connected: Peers) -> None:
    peer = connected()
    with pytest.raises(trio.BrokenResourceError), trio.fail_after(PATIENCE):
        while True:
            await peer.say(b'{"id":1,"op":"hello"}\n' * 1000)
    assert (await connected().ask(id=1, op="hello")) is not None


async def test_peers_beyond_the_limit_are_refused(connected: Peers) -> None:
    peers = []
    for _ in range(CLIENT_LIMIT - 1):  # the daemon's is one
        peers.append(connected())
        assert await peers[-1].ask(id=1, op="hello") is not None
    late = connected()
    assert await late.hear() is None
    await peers[0].stream.aclose()
    while (answer := await try_hello(connected)) is None:
        await trio.lowlevel.checkpoint()
    assert answer["alive"]


async def try_hello(connected: Peers) -> dict[str, Any] | None:
    try:
        return await connected().ask(id=1, op="hello")
    except trio.BrokenResourceError:
        return None


async def test_new_output_is_signalled_once_to_its_watchers(connected: Peers) -> None:
    peer = connected()
    await peer.say(b'{"op":"watch","beyond":0}\n')
    data = base64.b64encode(b"12345").decode()
    await connected().ask(id=1, op="input", data=data)
    assert await peer.hear() == {"end": 5, "dropped": 0}
    await connected().ask(id=1, op="input", data=data)
    answer = await peer.ask(id=2, op="hello")
    assert answer is not None
    assert answer["id"] == 2  # no second notice without a second watch
    await peer.say(b'{"op":"watch","beyond":5}\n')
    assert await peer.hear() == {"end": 10, "dropped": 0}


async def test_every_peer_is_notified_of_the_exit(connected: Peers) -> None:
    peers = [connected() for _ in range(3)]
    for peer in peers:
        await peer.ask(id=1, op="hello")
    await peers[0].ask(id=2, op="closeStdin")
    for peer in peers:
        message = await peer.hear()
        assert message is not None
        assert message["exit"]["code"] == 0
        assert await peer.hear() is None


async def test_half_a_line_now_and_half_later_is_one_line(connected: Peers) -> None:
    peer = connected()
    await peer.say(b'{"id":1,"op":')
    await peer.say(b'"hello"}\n{"id":2,"op":"hello"}\n')
    assert [(await peer.hear() or {})["id"] for _ in range(2)] == [1, 2]


async def test_two_stops_at_once_are_both_answered(connected: Peers) -> None:
    peer = connected()
    await peer.say(b'{"id":1,"op":"stop"}\n{"id":2,"op":"stop","ladder":[["KILL",5]]}\n')
    answers = [await peer.hear(), await peer.hear()]
    assert [(answer or {})["id"] for answer in answers] == [1, 2]
    assert all((answer or {})["left"] == 0 for answer in answers)


def test_a_socket_without_a_listener_is_an_error(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "shim.sock"))
    with pytest.raises(ConnectionRefusedError):
        connect(tmp_path)
