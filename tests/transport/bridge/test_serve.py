"""The port: bad connections affect no other, unneeded modules are not imported, and it ends with the daemon."""

import contextlib
import datetime as dt
import errno
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trio

from maestrod.transport.bridge.certificate import context_of, own_pair
from maestrod.transport.bridge.http import HttpConnection
from tests.kit.clients.bridge_client import BridgeServer, ask_on, bridging
from tests.kit.patience import PATIENCE


async def test_a_bug_in_the_daemon_costs_one_connection(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bridging() as server:

        async def fail(self: HttpConnection, *rest: Any) -> Any:
            raise RuntimeError("a bug")

        with monkeypatch.context() as patched:
            patched.setattr(HttpConnection, "_serve_admitted", fail)
            assert await server.raw(server.request("GET", "/health")) == b""
        assert await server.is_healthy()
    assert "a connection of the bridge failed" in caplog.text


async def test_a_full_bridge_refuses_new_clients(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestrod.transport.bridge.serve.connection_limit", lambda: 3)
    async with bridging() as server:
        known = [await server.connect() for _ in range(3)]
        for stream in known:
            await ask_on(stream, server.request("GET", "/api/status"))
        assert await server.raw(b"") == b""
        for stream in known:
            assert (await ask_on(stream, server.request("GET", "/health"))).status == 200
            await stream.aclose()
        with trio.fail_after(PATIENCE):
            while not await _served(server):
                await trio.lowlevel.checkpoint()
    assert "bridge.crowded" in caplog.text


@pytest.fixture
def certified(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Both sides of a TLS connection."""
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  # real TLS looks at the real clock
    server = context_of(own_pair(tmp_path, ["localhost"], now))
    return server, ssl.create_default_context(cafile=tmp_path / "certificate.pem")


async def test_a_flood_of_unfinished_handshakes_keeps_nobody_out(
    certified: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestrod.transport.bridge.serve.connection_limit", lambda: 60)  # ten with TLS
    async with bridging(tls=certified[0]) as server:
        known = await encrypted(server, certified[1])
        assert (await ask_on(known, server.request("GET", "/api/status"))).status == 200
        flood = [await server.connect() for _ in range(200)]
        fresh = await encrypted(server, certified[1])
        for stream in (fresh, known):
            assert (await ask_on(stream, server.request("GET", "/api/status"))).status == 200
        assert server.services.counts["http_refused"] >= 190, "more are kept than there is room for"
        for silent in flood:
            await silent.aclose()
        for stream in (fresh, known):
            await trio.aclose_forcefully(stream)


async def test_a_handshake_without_descriptors_costs_one_connection(
    certified: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none_left() -> Any:
        raise OSError(errno.EMFILE, "Too many open files")

    async with bridging(tls=certified[0]) as server:
        with monkeypatch.context() as patched:
            patched.setattr("maestrod.transport.bridge.tls.socket.socketpair", none_left)
            lost = await encrypted(server, certified[1])
            with contextlib.suppress(trio.BrokenResourceError):  # however the kernel says that we hung up
                assert await lost.receive_some() == b""
        found = await encrypted(server, certified[1])
        assert (await ask_on(found, server.request("GET", "/api/status"))).status == 200
        for stream in (lost, found):
            await trio.aclose_forcefully(stream)
    assert "Traceback" not in caplog.text


async def encrypted(server: BridgeServer, context: ssl.SSLContext) -> "trio.SSLStream[trio.SocketStream]":
    """A client past the handshake of TLS."""
    stream = trio.SSLStream(await server.connect(), context, server_hostname="localhost", https_compatible=True)
    with trio.fail_after(PATIENCE):
        await stream.do_handshake()
    return stream


async def _served(server: Any) -> bool:
    return bool(await server.raw(server.request("GET", "/health", headers={"Connection": "close"})))


def test_an_unused_bridge_imports_neither_h11_nor_web_sockets() -> None:
    code = "import sys, maestrod.app; print(*{'h11', 'wsproto', 'trio_websocket', 'ssl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"h11", "wsproto", "trio_websocket"}.isdisjoint(done.stdout.split())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of its timers")
async def test_a_client_that_vanished_silently_is_pinged() -> None:
    """The kernel's own timer of our end: without it a client behind a network that went would hold its place for two hours."""
    async with bridging() as server, server.web_socket():
        port = f":{int(server.listener.url.rpartition(':')[2]):04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        [row] = [row for row in rows if row[1].endswith(port) and row[3] == "01"]
        kind, _, hundredths = row[5].partition(":")
        assert kind == "02", "no keepalive timer (proc(5))"
        assert int(hundredths, 16) <= 60 * 100
