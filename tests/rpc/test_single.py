"""One call with one answer."""

import pytest
import trio

from maestrod.rpc.bind import bindings
from maestrod.rpc.context import ClientState
from maestrod.rpc.dispatch import Dispatcher
from maestrod.rpc.single import SingleCall
from tests.kit.parts.rpc_parts import MemoryWire, parts
from tests.kit.patience import PATIENCE


def call(dispatcher: Dispatcher, nursery: trio.Nursery | None, method: str, params: bytes = b"{}") -> SingleCall:
    return SingleCall(dispatcher, ClientState(MemoryWire(nursery), has_stream=False), method, params)


async def test_reading_calls_are_answered_at_once() -> None:
    dispatcher = Dispatcher(parts(), bindings())
    read = call(dispatcher, None, "system.status")
    assert read.result is not None and not read.waits
    assert dispatcher.plain(await read.answer())[0] == 200


async def test_changing_calls_are_answered_when_durable() -> None:
    dispatcher = Dispatcher(parts(), bindings())
    change = call(dispatcher, None, "project.create", b'{"name":"p","workingDir":"/p"}')
    assert change.result is None and not change.waits
    status, body = dispatcher.plain(await change.answer())
    assert status == 200 and b'"name":"p"' in body


async def test_a_client_that_stops_waiting_ends_the_call(nursery: trio.Nursery) -> None:
    dispatcher = Dispatcher(parts(), bindings())
    waiting = call(dispatcher, nursery, "attention.wait", b'{"attentionId":"att_x"}')
    assert dispatcher.plain(await waiting.answer())[0] == 404
    session = call(dispatcher, nursery, "queue.next", b'{"wait":true}')
    with trio.fail_after(PATIENCE):
        await session.answer()
    assert session.result is not None


@pytest.mark.parametrize("method", ["event.subscribe", "session.attach"])
async def test_a_closing_answer_cannot_follow_events(nursery: trio.Nursery, method: str) -> None:
    services = parts()
    dispatcher = Dispatcher(services, bindings())
    follow = call(dispatcher, nursery, method, b'{"sessionId":"ses_1"}' if "session" in method else b"{}")
    status, body = dispatcher.plain(await follow.answer())
    assert (status, b"event.no_stream" in body or b"session.not_found" in body) == (422 if status == 422 else 404, True)
