"""Hostile input on the socket, by the numbers of the list of attacks: refused, and all others are served on."""

import array
import json
import logging
import os
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio

from maestrod.api.protocol.wire import LARGE_REQUEST_LIMIT, REQUEST_LIMIT
from tests.kit.clients.socket_client import SocketServer, serving
from tests.kit.parts.rpc_parts import parts
from tests.kit.patience import PATIENCE


async def answer_to(server: SocketServer, message: bytes) -> Any:
    """What one message on a connection of its own is answered; the server is well afterwards."""
    async with server.client() as client:
        await client.send(message + b"\n")
        answer = await client.read()
    assert await server.is_healthy()
    return answer


def request(params: bytes = b"{}", method: bytes = b"system.status", id_: bytes = b"1") -> bytes:
    return b'{"jsonrpc":"2.0","method":"%b","id":%b,"params":%b}' % (method, id_, params)


async def test_attack_22_a_flood_without_a_line_end_is_cut_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        with pytest.raises(trio.BrokenResourceError), trio.fail_after(PATIENCE):
            while True:
                await client.stream.send_all(b"x" * 1_000_000)
        assert (await client.read())["error"]["data"]["code"] == "wire.too_long"
        assert await client.hung_up()
        assert await server.is_healthy()
    assert caplog.text.count("cannot be read") == 1 and "xxx" not in caplog.text


@pytest.mark.parametrize("length", [b"5000000000000", b"-1", b"9" * 400, b"1\r\nContent-Length: 2", b""])
async def test_attack_22_a_hostile_length_is_refused_before_anything_is_stored(tmp_path: Path, length: bytes) -> None:
    async with serving(tmp_path) as server, server.client() as client:
        await client.send(b"Content-Length: " + length + b"\r\n\r\n")
        with trio.fail_after(PATIENCE):
            data = await client.stream.receive_some()
        assert b'"code":-32700' in data
        assert await client.hung_up()
        assert await server.is_healthy()


async def test_attack_22_only_plans_may_be_longer_than_a_mebibyte(tmp_path: Path) -> None:
    text = b'{"markdown":"' + b"x" * (2 * REQUEST_LIMIT) + b'"}'
    async with serving(tmp_path) as server:
        assert "result" in await answer_to(server, request(text, b"plan.check"))
        error = (await answer_to(server, request(text, b"system.status")))["error"]
        assert error["data"]["code"] == "request.too_large"
        error = (await answer_to(server, b"x" * (LARGE_REQUEST_LIMIT + 1)))["error"]
        assert error["data"]["code"] == "wire.too_long"


@pytest.mark.parametrize("opening, closing", [(b"[", b"]"), (b'{"a":', b"}"), (b"[", b"")])
async def test_attack_23_nested_brackets(tmp_path: Path, opening: bytes, closing: bytes) -> None:
    deep = opening * 200_000 + b"1" + closing * 200_000
    async with serving(tmp_path) as server:
        assert (await answer_to(server, deep))["error"]["code"] in {-32700, -32600}
        assert (await answer_to(server, request(deep)))["error"]["code"] == -32700
        assert (await answer_to(server, b"[" + deep + b"]"))["error"]["code"] == -32700
        shallower = opening * 500 + b"1" + closing * 500
        params = b'{"message":"m","metadata":{"a":' + shallower + b"}}"
        assert (await answer_to(server, request(params, b"session.report")))["error"]["code"] in {-32602, -32700}


@pytest.mark.parametrize(
    "params, code",
    [
        (b'{"limit":' + b"9" * 5000 + b"}", -32602),
        (b'{"limit":1e999}', -32602),
        (b'{"limit":NaN}', -32700),
        (b'{"limit":Infinity}', -32700),
        (b'{"cursor":"\\ud800"}', -32602),
        (b'{"cursor":"\xed\xa0\x80"}', -32700),
        (b'{"cursor":"\xff"}', -32700),
        (b'{"cursor":"a\x00b"}', -32700),
        (b'{"cursor":"a\\u0000b"}', -32602),
        (b'{"cursor":1,"cursor":"../../etc/passwd"}', -32600),
    ],
    ids=["5000 digits", "1e999", "NaN", "Infinity", "surrogate", "raw surrogate", "bad UTF-8", "NUL", "u0000", "twice"],
)
async def test_attack_24_values_that_are_hard_to_decode(tmp_path: Path, params: bytes, code: int) -> None:
    async with serving(tmp_path) as server:
        assert (await answer_to(server, request(params, b"task.list")))["error"]["code"] == code


async def test_attack_24_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        assert "result" in await answer_to(server, b"\xef\xbb\xbf" + request())


async def test_attack_24_a_message_with_a_repeated_member_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        twice = b'{"jsonrpc":"2.0","method":"system.stop","method":"system.status","id":1,"id":2}'
        assert (await answer_to(server, twice))["error"]["code"] == -32600


@pytest.mark.parametrize(
    "method",
    [
        "__class__",
        "system.listMethods",
        "rpc.x",
        "rpc.",
        "task.__init__",
        "task.get.__globals__",
        "",
        ".",
        "task",
        "$/x",
    ],
)
async def test_attack_25_invalid_method_names(tmp_path: Path, method: str) -> None:
    async with serving(tmp_path) as server:
        answer = await answer_to(server, request(method=method.encode()))
        assert answer["error"]["code"] == -32601


async def test_attack_26_oversized_and_nested_batches(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        many = b"[" + b",".join([request()] * 10_000) + b"]"
        assert (await answer_to(server, many))["error"]["data"]["code"] == "request.batch"
        [answer] = await answer_to(server, b"[[" + request() + b"]]")
        assert (answer["error"]["code"], answer["id"]) == (-32600, None)


@pytest.mark.parametrize("id_", [b"{}", b"[1]", b"1.5", b"true", b"1" * 5000, b'"' + b"x" * 5000 + b'"'])
async def test_attack_26_invalid_ids(tmp_path: Path, id_: bytes) -> None:
    async with serving(tmp_path) as server:
        answer = await answer_to(server, request(id_=id_))
        assert (answer["error"]["code"], answer["id"]) == (-32600, None)


@pytest.mark.slow
async def test_attack_27_connections_by_the_thousand_leave_nothing_behind(tmp_path: Path) -> None:
    """Open and close, half-close, and reset in the middle of an answer; 5,000 of them, because a test is to be short."""
    process = psutil.Process()
    async with serving(tmp_path) as server:
        assert await server.is_healthy()
        descriptors, memory = process.num_fds(), process.memory_info().rss
        for number in range(5_000):
            raw = socket.socket(socket.AF_UNIX)
            raw.setblocking(False)
            try:
                raw.connect(str(server.path))
                raw.send(request() + b"\n" if number % 3 else b'{"jsonrpc"')
                if number % 3 == 1:
                    raw.shutdown(socket.SHUT_WR)
            except BlockingIOError:
                pass  # the backlog is full: that one came for nothing
            raw.close()
            if number % 50 == 0:
                await trio.testing.wait_all_tasks_blocked(0.001)
        assert await server.is_healthy()
        with trio.fail_after(PATIENCE):
            while process.num_fds() > descriptors:  # what has just been closed is noticed in the next turns
                await trio.sleep(0.01)
        assert process.memory_info().rss - memory < 20_000_000


async def test_attack_28_a_subscriber_that_never_reads_is_cut_off(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=0.2) as server, server.client() as deaf, server.client() as client:
        await deaf.call("event.subscribe")
        project = (await client.call("project.create", {"name": "p", "workingDir": "/p"}))["id"]
        with trio.fail_after(PATIENCE):
            while server.services.engine.bus.subscribers:
                text = {"projectId": project, "description": str(client._last) + "x" * 200_000}
                await client.call("project.update", text)
        assert server.services.counts["overflows"] <= 1
        assert await server.is_healthy()


async def test_attack_29_unwanted_descriptors_are_closed(tmp_path: Path) -> None:
    process = psutil.Process()
    async with serving(tmp_path) as server, server.client() as client:
        await client.call("system.status")
        before = process.num_fds()
        reader, writer = os.pipe()
        rights = array.array("i", [writer])
        await client.socket.sendmsg([request() + b"\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        os.close(writer)
        assert (await client.read())["id"] == 1
        assert os.read(reader, 1) == b""  # every copy of the other end is closed
        os.close(reader)
        assert process.num_fds() == before


async def test_attack_30_a_link_in_place_of_the_socket_leads_to_no_other_daemon(tmp_path: Path) -> None:
    """A client that follows a swapped path learns from ``system.hello`` whose daemon it reached."""
    real, other = tmp_path / "real", tmp_path / "other"
    real.mkdir()
    other.mkdir()
    async with serving(real, parts()) as server, serving(other, parts()) as stranger, server.client() as client:
        instance = (await client.call("system.hello"))["instance"]
        server.path.unlink()
        server.path.symlink_to(stranger.path)
        assert (await client.call("system.hello"))["instance"] == instance


async def test_refusals_are_logged_without_the_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    canary = "hunter2-canary"
    with caplog.at_level(logging.DEBUG):
        async with serving(tmp_path) as server:
            for message in (canary, json.dumps([canary]), request(f'{{"sessionToken":"{canary}"}}'.encode()).decode()):
                answer = await answer_to(server, message.encode())
                assert canary not in json.dumps(answer)
    assert canary not in caplog.text
