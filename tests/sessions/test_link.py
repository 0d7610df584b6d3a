"""One control connection: answers find their requests, notices find their waiters, and its end releases everyone."""

import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from maestrod.sessions.link import ADDRESS_LIMIT, Link, LinkLost, connect
from maestrod.sessions.spec import ShimRefused

RECORD = {"sessionId": "ses_a", "attempt": 1, "code": 0, "signal": None, "reason": "exited", "endedAt": 1}


class Shim:
    """The far end of a link, played by the test."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.link = Link(ours)
        self.far = trio.SocketStream(trio.socket.from_stdlib_socket(theirs))
        self._rest = b""

    async def hear(self) -> dict[str, object]:
        while b"\n" not in self._rest:
            self._rest += await self.far.receive_some()
        line, _, self._rest = self._rest.partition(b"\n")
        heard: dict[str, object] = json.loads(line)
        return heard

    async def say(self, message: object) -> None:
        await self.far.send_all(json.dumps(message).encode() + b"\n")


@pytest.fixture
async def shim() -> AsyncIterator[Shim]:
    made = Shim()
    yield made
    made.link.close()
    await made.far.aclose()


async def test_answers_match_their_requests_in_any_order(shim: Shim, nursery: trio.Nursery) -> None:
    nursery.start_soon(shim.link.receive)
    got: dict[str, object] = {}

    async def ask(op: str) -> None:
        got[op] = (await shim.link.request(op))["value"]

    async with trio.open_nursery() as asking:
        asking.start_soon(ask, "one")
        asking.start_soon(ask, "two")
        requests = [await shim.hear(), await shim.hear()]
        for request in reversed(requests):
            await shim.say({"id": request["id"], "value": request["op"]})
    assert got == {"one": "one", "two": "two"}
    nursery.cancel_scope.cancel()


async def test_a_refusal_is_raised(shim: Shim, nursery: trio.Nursery) -> None:
    nursery.start_soon(shim.link.receive)
    async with trio.open_nursery() as asking:

        async def ask() -> None:
            with pytest.raises(ShimRefused) as refused:
                await shim.link.request("input")
            assert (refused.value.code, str(refused.value)) == ("input_full", "later")

        asking.start_soon(ask)
        request = await shim.hear()
        await shim.say({"id": request["id"], "error": "input_full", "message": "later"})
    nursery.cancel_scope.cancel()


async def test_the_end_of_the_connection_releases_all_waiters(shim: Shim, nursery: trio.Nursery) -> None:
    nursery.start_soon(shim.link.receive)

    async def ask() -> None:
        with pytest.raises(LinkLost):
            await shim.link.request("stop")

    async with trio.open_nursery() as waiting:
        waiting.start_soon(ask)
        waiting.start_soon(shim.link.wait_grown, 0)
        await shim.hear()
        await shim.hear()
        await shim.far.aclose()
    with pytest.raises(LinkLost):
        await shim.link.request("hello")
    with pytest.raises(LinkLost):
        await shim.link.wait_grown(0)


async def test_one_notice_serves_all_waiters(shim: Shim, nursery: trio.Nursery) -> None:
    nursery.start_soon(shim.link.receive)
    async with trio.open_nursery() as waiting:
        for _ in range(3):
            waiting.start_soon(shim.link.wait_grown, 10)
        assert await shim.hear() == {"op": "watch", "beyond": 10}
        await trio.testing.wait_all_tasks_blocked()
        await shim.say({"end": 20, "dropped": 4})
    assert shim.link.dropped == 4
    await shim.say({"exit": RECORD})  # nothing else was asked in between
    nursery.cancel_scope.cancel()


async def test_the_exit_ends_receiving(shim: Shim) -> None:
    await shim.say({"exit": RECORD})
    await shim.link.receive()
    assert shim.link.exit is not None
    assert shim.link.exit.code == 0


@pytest.mark.parametrize("line", [b"not json\n", b"[]\n", b'{"exit":{}}\n', b'{"end":1}\n', b"7\n"])
async def test_garbage_ends_the_connection_and_nothing_else(shim: Shim, line: bytes) -> None:
    await shim.far.send_all(line)
    await shim.link.receive()
    assert shim.link.exit is None


async def test_a_cancelled_question_does_not_confuse_the_next(shim: Shim, nursery: trio.Nursery) -> None:
    nursery.start_soon(shim.link.receive)
    with trio.move_on_after(0.01):
        await shim.link.request("slow")
    late = await shim.hear()
    await shim.say({"id": late["id"], "value": "late"})
    async with trio.open_nursery() as asking:

        async def ask() -> None:
            assert (await shim.link.request("next"))["value"] == "right"

        asking.start_soon(ask)
        request = await shim.hear()
        await shim.say({"id": request["id"], "value": "right"})
    nursery.cancel_scope.cancel()


def test_a_path_too_long_without_a_way_around_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    folder = tmp_path / ("x" * ADDRESS_LIMIT)
    with pytest.raises(OSError, match="MAESTRO_HOME"):
        connect(folder)


def test_a_socket_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "shim.sock"))
        listener.listen()
        connect(tmp_path).close()
        monkeypatch.setattr(os, "getuid", lambda: 4711)
        with pytest.raises(PermissionError):
            connect(tmp_path)
