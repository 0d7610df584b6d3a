"""TLS on a connection: bytes both ways, both ends noticed, and other protocols disconnected."""

import datetime as dt
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from maestrod.transport.bridge.certificate import context_of, own_pair
from maestrod.transport.bridge.tls import HANDSHAKE_SECONDS, decrypted
from tests.kit.patience import PATIENCE

#: A certificate is good for the day the test runs on.
NOW = dt.datetime.now(dt.UTC)  # noqa: TID251  # real TLS looks at the real clock


@pytest.fixture
def server(tmp_path: Path) -> ssl.SSLContext:
    return context_of(own_pair(tmp_path, ["localhost"], NOW))


@pytest.fixture
def client(tmp_path: Path, server: ssl.SSLContext) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=tmp_path / "certificate.pem")


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    for each in (near, far):
        each.setblocking(False)
    return near, far


class Spawned:
    """Tasks that the decryption starts."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self.nursery = nursery
        self.running = 0

    def __call__(self, task: Callable[[], Awaitable[None]]) -> None:
        self.running += 1
        self.nursery.start_soon(self._run, task)

    async def _run(self, task: Callable[[], Awaitable[None]]) -> None:
        await task()
        self.running -= 1


async def connected(
    nursery: trio.Nursery, server: ssl.SSLContext, client: ssl.SSLContext
) -> tuple["trio.SSLStream[trio.SocketStream]", trio.SocketStream, Spawned]:
    near, far = pair()
    spawned = Spawned(nursery)
    tls = trio.SSLStream(
        trio.SocketStream(trio.socket.from_stdlib_socket(near)),
        client,
        server_hostname="localhost",
        https_compatible=True,
    )
    found: list[socket.socket | None] = []

    async def accept() -> None:
        found.append(await decrypted(far, server, spawned))

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as both:
            both.start_soon(accept)
            both.start_soon(tls.do_handshake)
    assert found[0] is not None
    return tls, trio.SocketStream(trio.socket.from_stdlib_socket(found[0])), spawned


async def test_bytes_go_both_ways_and_both_ends_are_noticed(
    nursery: trio.Nursery, server: ssl.SSLContext, client: ssl.SSLContext
) -> None:
    tls, plain, spawned = await connected(nursery, server, client)
    with trio.fail_after(PATIENCE):
        await tls.send_all(b"question")
        assert await plain.receive_some() == b"question"
        large = b"x" * 3_000_000
        nursery.start_soon(plain.send_all, large)
        received = bytearray()
        while len(received) < len(large):
            received += await tls.receive_some()
        await tls.aclose()
        assert await plain.receive_some() == b""
        await plain.aclose()
        while spawned.running:
            await trio.testing.wait_all_tasks_blocked()


async def test_the_last_answer_arrives_when_the_client_hangs_up(
    nursery: trio.Nursery, server: ssl.SSLContext, client: ssl.SSLContext
) -> None:
    tls, plain, spawned = await connected(nursery, server, client)
    with trio.fail_after(PATIENCE):
        await tls.send_all(b"question")
        await plain.receive_some()
        await plain.send_all(b"no")
        await plain.aclose()
        assert await tls.receive_some() == b"no"
        assert await tls.receive_some() == b""
        await trio.aclose_forcefully(tls)
        while spawned.running:
            await trio.testing.wait_all_tasks_blocked()


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff", b"\x80"])
async def test_a_client_without_tls_is_disconnected(nursery: trio.Nursery, server: ssl.SSLContext, said: bytes) -> None:
    near, far = pair()
    near.sendall(said)
    near.shutdown(socket.SHUT_WR)
    with trio.fail_after(PATIENCE):
        assert await decrypted(far, server, Spawned(nursery)) is None
    near.close()


async def test_a_silent_client_is_disconnected_soon(
    nursery: trio.Nursery, server: ssl.SSLContext, autojump_clock: trio.testing.MockClock
) -> None:
    near, far = pair()
    start = trio.current_time()
    assert await decrypted(far, server, Spawned(nursery)) is None
    assert trio.current_time() - start == pytest.approx(HANDSHAKE_SECONDS)
    near.close()
