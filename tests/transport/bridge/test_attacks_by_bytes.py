"""Hostile bytes on the bridge (12 to 14 of the list of attacks): ambiguous requests, floods, broken frames."""

import gc
import re

import pytest
import trio

from maestrod.transport.bridge.channel import Channel
from tests.kit.clients.attacked import UPGRADE, attacked, masked
from tests.kit.clients.bridge_client import TOKEN, BridgeServer, ask_on, until_closed
from tests.kit.patience import PATIENCE

SMUGGLED = [
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 4\r\n%b"
    % b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/status HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\n{}{}",
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 2, 3\r\n\r\n{}",
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: +2\r\n\r\n{}",
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"POST /rpc HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nX: a\r\n folded: b\r\nContent-Length: x\r\n\r\n{}",
    b"GET /health HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nContent-Length: 30\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1 \r\nHost : HOST\r\n\r\n",
    b"GET  /health HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET /health HTTP/2.0\r\nHost: HOST\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: HOST\r\n\r\n",
]


@pytest.mark.parametrize("data", SMUGGLED, ids=range(len(SMUGGLED)))
async def test_attack_12_ambiguous_requests(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        token = b"Authorization: Bearer " + TOKEN + b"\r\n"
        data = data.replace(b"Host: HOST\r\n", b"Host: " + server.host.encode() + b"\r\n" + token)
        with trio.fail_after(PATIENCE):
            async with await server.connect() as stream:
                await stream.send_all(data)
                await stream.send_eof()
                reply = await until_closed(stream)
        assert re.match(rb"HTTP/1.1 4\d\d ", reply), reply
        assert reply.count(b"HTTP/1.1 ") == 1, "what came behind it was answered"


async def test_attack_12_chunk_extensions_and_pipelining_are_read_correctly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with attacked(caplog) as server:
        head = server.request(
            "POST", "/rpc", headers={"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        )
        call = b'{"jsonrpc":"2.0","id":7,"method":"system.hello"}'
        chunked = head + b"%x;a=b;c\r\n%b\r\n0\r\nX-Trailer: y\r\n\r\n" % (len(call), call)
        async with await server.connect() as stream:
            await stream.send_all(chunked + server.request("GET", "/health") + server.request("GET", "/health"))
            with trio.fail_after(PATIENCE):
                data = b""
                while data.count(b'"status":"ok"') < 2:
                    data += await stream.receive_some()
        assert data.count(b"HTTP/1.1 200") == 3 and b'"id":7' in data


async def test_attack_12_a_bare_line_feed_does_not_make_two_requests(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        host = server.host.encode()
        reply = await server.raw(
            b"GET /health HTTP/1.1\nHost: %b\nConnection: close\n\nGET /api/status HTTP/1.1\nHost: %b\n\n"
            % (host, host)
        )
        assert reply.count(b"HTTP/1.1 ") == 1


async def test_attack_13_a_head_that_never_ends_in_time(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestrod.transport.bridge.http.HEAD_SECONDS", 0.5)
    async with attacked(caplog) as server:
        for start in (b"", b"GET /hea"):
            assert await server.raw(start) == b""


async def test_attack_13_a_body_that_never_arrives(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestrod.transport.bridge.http.BODY_SECONDS", 0.5)
    async with attacked(caplog) as server:
        head = server.request("POST", "/rpc", b"", {"Content-Length": "100"})
        assert await server.raw(head + b"{") == b""


@pytest.mark.parametrize(
    "head, status",
    [
        (b"X: " + b"x" * 65_536 + b"\r\n", 431),
        (b"".join(b"X-%d: y\r\n" % number for number in range(1000)), 431),
        (b"X: " + b"x" * 200_000, 431),
    ],
    ids=["64 KiB in one", "1000 headers", "200 kB without an end"],
)
async def test_attack_13_heads_that_are_too_big(head: bytes, status: int, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        reply = await server.raw(b"GET /health HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (server.host.encode(), head))
        assert reply.startswith(b"HTTP/1.1 %d " % status)


async def test_attack_13_a_body_that_is_too_big_is_refused_unread(caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        for path, length in (("/rpc", 10**12), ("/api/projects", 2 << 20), ("/rpc", 10**19)):
            headers = {"Content-Length": str(length), "Expect": "100-continue"}
            answer = await server.ask("POST", path, b"", headers)
            assert (answer.status, answer.code) == (413, "request.too_large")
        endless = b"ffff\r\n" + b" " * 0xFFFF + b"\r\n"
        chunked = {"Transfer-Encoding": "chunked", "Content-Length": None}
        async with await server.connect() as stream:
            await stream.send_all(server.request("POST", "/api/projects", b"", chunked))
            with trio.fail_after(PATIENCE), pytest.raises(trio.BrokenResourceError):
                for _ in range(1000):
                    await stream.send_all(endless)


@pytest.mark.slow
async def test_attack_13_idle_connections_make_room_for_clients(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maestrod.transport.bridge.serve.connection_limit", lambda: 50)
    async with attacked(caplog) as server:
        known = await server.connect()
        assert (await ask_on(known, server.request("GET", "/api/status"))).status == 200
        idle = [await server.connect() for _ in range(300)]
        assert await server.is_healthy()
        assert (await ask_on(known, server.request("GET", "/api/status"))).status == 200, "a client was thrown out"
        for stream in (known, *idle):
            await stream.aclose()


@pytest.mark.parametrize(
    "name", ["Connection", "Upgrade", *(f"Sec-WebSocket-{name}" for name in ("Extensions", "Protocol", "Key"))]
)
async def test_attack_14_a_handshake_with_strange_bytes_is_no_bug(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server:
        answer = await server.ask("GET", "/ws", headers={**UPGRADE, name: "a, \xff"})
        assert (answer.status, answer.code) == (400, "bridge.upgrade")


FRAMES = {
    "unmasked": b"\x81\x02hi",
    "reserved bit": masked(0xC1, b"hi"),
    "bad UTF-8": masked(0x81, b"\xff\xfe"),
    "2^63 bytes": b"\x81\xff" + (2**63).to_bytes(8, "big") + bytes(4),
    "reserved opcode": masked(0x83, b""),
    "fragmented ping": masked(0x09, b"x"),
    "long ping": masked(0x89, b"x" * 200),
    "continuation of nothing": masked(0x80, b"x"),
    "message too big": b"".join([masked(0x01, b"x" * 60_000), *[masked(0x00, b"x" * 60_000)] * 100]),
    "close with one byte": masked(0x88, b"x"),
    "close with a code of nobody": masked(0x88, (1004).to_bytes(2, "big")),
    "close with bad UTF-8": masked(0x88, (1000).to_bytes(2, "big") + b"\xff"),
    "close twice": masked(0x88, b"") * 2,
}


@pytest.mark.parametrize("name", FRAMES)
async def test_attack_14_frames_that_break_the_protocol(name: str, caplog: pytest.LogCaptureFixture) -> None:
    async with attacked(caplog) as server, await server.connect() as stream:
        await stream.send_all(server.request("GET", "/ws", headers=UPGRADE))
        with trio.fail_after(PATIENCE):
            assert (await stream.receive_some()).startswith(b"HTTP/1.1 101 ")
            try:
                await stream.send_all(FRAMES[name])
            except trio.BrokenResourceError:
                pass  # it hung up while we were talking
            await until_closed(stream)


async def test_attack_14_a_flood_of_pings_delays_only_its_sender(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with attacked(caplog) as server, await server.connect() as stream:
        await stream.send_all(server.request("GET", "/ws", headers=UPGRADE))
        flood = masked(0x89, b"x" * 125) * 500

        async def pour() -> None:
            while True:
                await stream.send_all(flood)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(pour)
            await trio.testing.wait_all_tasks_blocked(0.05)  # it reads nothing, so nothing more is taken from it
            nursery.cancel_scope.cancel()
        [channel] = channels(server)
        assert channel < 4 << 20


def channels(server: BridgeServer) -> list[int]:
    """What is unsent to each WebSocket, as the services' counters tell it."""
    found = [thing for thing in gc.get_objects() if isinstance(thing, Channel) and not thing.closed]
    return [channel.unsent for channel in found]
