"""JSON-RPC 2.0: the specification's own examples, and our choices where it leaves a choice."""

import json
from typing import Any

import msgspec
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.protocol.wire import BATCH_LIMIT, FramingError
from maestrod.rpc.conversation import PENDING_BYTES, PENDING_LIMIT, WAITING_LIMIT
from maestrod.store.memory import MemoryStore
from tests.kit.parts.rpc_parts import Caller, parts


def held() -> MemoryStore:
    """A store whose disk is as slow as the test likes."""
    return MemoryStore(lambda call: None, hold=True)


def said(caller: Caller, message: bytes | str | object) -> list[Any]:
    """What a message is answered at once."""
    before = len(caller.wire.sent)
    if not isinstance(message, bytes):
        message = (message if isinstance(message, str) else json.dumps(message)).encode()
    caller.conversation.receive(message)
    return caller.wire.sent[before:]


def request(method: str = "system.status", **members: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "method": method, "id": 1, **members}


def is_busy(caller: Caller) -> bool:
    return caller.conversation.busy


#: A page of nothing.
EMPTY: dict[str, object] = {"items": [], "nextCursor": None}


def only_error(answers: list[Any]) -> tuple[int, Any]:
    [answer] = answers
    assert answer["jsonrpc"] == "2.0" and set(answer) == {"jsonrpc", "id", "error"}
    return answer["error"]["code"], answer["id"]


async def test_spec_call_with_positional_parameters() -> None:
    [answer] = said(Caller(parts()), request("project.list", params=["/shop"], id=1))
    assert answer == {"jsonrpc": "2.0", "result": EMPTY, "id": 1}


async def test_spec_call_with_named_parameters() -> None:
    [answer] = said(Caller(parts()), request("project.list", params={"limit": 3}, id=3))
    assert answer == {"jsonrpc": "2.0", "result": EMPTY, "id": 3}


async def test_spec_a_notification_is_not_answered() -> None:
    caller = Caller(parts(held()))
    notification = {"jsonrpc": "2.0", "method": "project.create", "params": {"name": "shop", "workingDir": "/shop"}}
    assert said(caller, notification) == []
    assert [project.name for project in caller.services.engine.world.projects.values()] == ["shop"]
    assert said(caller, {"jsonrpc": "2.0", "method": "foobar"}) == []
    assert said(caller, {"jsonrpc": "2.0", "method": "task.get", "params": [1]}) == []
    assert said(caller, {"jsonrpc": "2.0", "method": "project.create", "params": {}}) == []


async def test_spec_call_of_a_method_that_is_not_there() -> None:
    assert only_error(said(Caller(parts()), '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}')) == (-32601, "1")


async def test_spec_call_with_invalid_json() -> None:
    broken = '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]'
    assert only_error(said(Caller(parts()), broken)) == (-32700, None)


async def test_spec_call_with_an_invalid_request_object() -> None:
    assert only_error(said(Caller(parts()), '{"jsonrpc": "2.0", "method": 1, "params": "bar"}')) == (-32600, None)


async def test_spec_batch_with_invalid_json() -> None:
    broken = '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]'
    assert only_error(said(Caller(parts()), broken)) == (-32700, None)


async def test_spec_call_with_an_empty_array() -> None:
    assert only_error(said(Caller(parts()), "[]")) == (-32600, None)


async def test_spec_call_with_an_invalid_batch() -> None:
    [answers] = said(Caller(parts()), "[1]")
    assert only_error(answers) == (-32600, None)
    [answers] = said(Caller(parts()), "[1,2,3]")
    assert [(answer["error"]["code"], answer["id"]) for answer in answers] == [(-32600, None)] * 3


async def test_spec_batch_of_all_kinds() -> None:
    [answers] = said(
        Caller(parts()),
        [
            request("project.list", id="1"),
            {"jsonrpc": "2.0", "method": "system.status", "params": [7]},
            request("project.list", params=[None, None, 5], id="2"),
            {"foo": "boo"},
            request("foo.get", params={"name": "myself"}, id="5"),
            request("task.list", id="9"),
        ],
    )
    outcomes = [(answer["id"], answer.get("error", {}).get("code")) for answer in answers]
    assert outcomes == [("1", None), ("2", None), (None, -32600), ("5", -32601), ("9", None)]


async def test_spec_batch_of_notifications_only_is_not_answered() -> None:
    assert said(Caller(parts()), [{"jsonrpc": "2.0", "method": "task.list"}] * 2) == []


@pytest.mark.parametrize("id_", [0, -5, "", "x", "1", None, 2**63 - 1])
async def test_an_id_returns_unchanged(id_: object) -> None:
    [answer] = said(Caller(parts()), request(id=id_))
    assert answer["id"] == id_ and type(answer["id"]) is type(id_)


async def test_our_errors_carry_a_code_for_programs() -> None:
    [answer] = said(Caller(parts()), request("task.get", params=["tsk_none"]))
    assert answer["error"] == {
        "code": 404,
        "message": "there is no task 'tsk_none'; list them with `maestroctl task list`",
        "data": {"code": "task.not_found", "retryable": False, "details": {"id": "tsk_none"}},
    }


async def test_a_batch_has_a_limit() -> None:
    caller = Caller(parts())
    [answers] = said(caller, [request(id=number) for number in range(BATCH_LIMIT)])
    assert [answer["id"] for answer in answers] == list(range(BATCH_LIMIT))
    assert only_error(said(caller, [request(id=number) for number in range(BATCH_LIMIT + 1)])) == (-32600, None)


async def test_a_batch_is_answered_when_its_last_command_is_durable() -> None:
    store = held()
    caller = Caller(parts(store))
    create = request("project.create", params={"name": "shop", "workingDir": "/shop"})
    assert said(caller, [create, request(id=2)]) == []
    store.commit()
    [answers] = caller.wire.sent
    assert [answer["id"] for answer in answers] == [1, 2]


async def test_no_stream_is_opened_in_a_batch() -> None:
    [answers] = said(Caller(parts()), [request("event.subscribe"), request("session.attach", params=["s"], id=2)])
    assert [answer["error"]["data"]["code"] for answer in answers] == ["request.not_in_a_batch"] * 2


async def test_commands_are_answered_when_durable_and_many_share_one_flush() -> None:
    store = held()
    caller = Caller(parts(store))
    for number in range(64):
        named = {"name": f"p{number}", "workingDir": f"/p{number}"}
        assert said(caller, request("project.create", params=named, id=number)) == []
    assert caller.conversation.under_way == 64
    store.commit()
    assert [answer["id"] for answer in caller.wire.sent] == list(range(64))
    assert caller.conversation.under_way == 0 and caller.conversation.is_over


async def test_a_command_that_never_becomes_durable_fails() -> None:
    store = held()
    caller = Caller(parts(store))
    said(caller, request("project.create", params={"name": "shop", "workingDir": "/shop"}))
    store.fail()
    [answer] = caller.wire.sent
    assert answer["error"]["code"] == 503 and answer["error"]["data"]["retryable"] is True
    assert caller.services.engine.world.projects == {}


async def test_a_pending_id_cannot_be_reused() -> None:
    store = held()
    caller = Caller(parts(store))
    create = request("project.create", params={"name": "shop", "workingDir": "/shop"}, id="a")
    said(caller, create)
    assert only_error(said(caller, request(id="a"))) == (-32600, "a")
    store.commit()
    assert caller.wire.sent[-1]["result"]["name"] == "shop"
    assert "result" in said(caller, request(id="a"))[0]


async def test_requests_with_null_ids_are_answered_with_null_however_many() -> None:
    store = held()
    caller = Caller(parts(store))
    for number in range(2):
        said(caller, request("project.create", params={"name": f"n{number}", "workingDir": f"/{number}"}, id=None))
    store.commit()
    assert [answer["id"] for answer in caller.wire.sent] == [None, None]


async def test_a_cancelled_command_is_answered_as_cancelled_and_still_takes_effect() -> None:
    store = held()
    caller = Caller(parts(store))
    said(caller, request("project.create", params={"name": "shop", "workingDir": "/shop"}, id=5))
    assert only_error(said(caller, {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 5}})) == (-32800, 5)
    store.commit()
    assert len(caller.wire.sent) == 1
    assert [project.name for project in caller.services.engine.world.projects.values()] == ["shop"]


async def test_a_cancelled_wait_ends(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session = await caller.session()
    question = await caller.call("attention.ask", {"message": "?", "sessionId": session})
    waiting = caller.post("attention.wait", {"attentionId": question["id"]})
    await trio.testing.wait_all_tasks_blocked()
    caller.conversation.receive(b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%d}}' % waiting)
    assert (await caller.answer(waiting))["error"]["code"] == -32800
    await trio.testing.wait_all_tasks_blocked()
    assert caller.conversation.under_way == 0


@pytest.mark.parametrize("params", [{"id": 99}, {"id": {}}, {}, [1], "x"])
async def test_cancelling_an_unknown_request_is_not_an_error(params: object) -> None:
    caller = Caller(parts())
    assert said(caller, {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": params}) == []
    [answer] = said(caller, request("$/cancelRequest", params=params))
    assert answer["result"] is None


async def test_a_client_with_enough_pending_calls_is_busy_until_there_is_room(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session = await caller.session()
    question = await caller.call("attention.ask", {"message": "?", "sessionId": session})
    last = 0
    for _ in range(WAITING_LIMIT):
        assert not is_busy(caller)
        last = caller.post("attention.wait", {"attentionId": question["id"]})
    assert is_busy(caller) and caller.wire.resumed == 0
    caller.conversation.receive(b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":%d}}' % last)
    await trio.testing.wait_all_tasks_blocked()
    assert not is_busy(caller) and caller.wire.resumed == 1
    caller.conversation.close()


async def test_pending_commands_are_bounded_in_number_and_bytes() -> None:
    store = held()
    caller = Caller(parts(store))
    for number in range(PENDING_LIMIT):
        assert not is_busy(caller)
        caller.post("project.create", {"name": f"n{number}", "workingDir": f"/{number}"})
    assert is_busy(caller)
    store.commit()
    assert not is_busy(caller)
    large = "x" * 250_000
    for number in range(PENDING_BYTES // len(large) + 1):
        named = {"name": f"large{number}", "workingDir": f"/large{number}"}
        caller.post("project.create", {**named, "description": large})
    assert is_busy(caller)


async def test_closing_ends_waits_and_keeps_submitted_work(nursery: trio.Nursery) -> None:
    store = held()
    caller = Caller(parts(store), nursery)
    caller.post("event.subscribe")
    caller.post("project.create", {"name": "shop", "workingDir": "/shop"})
    caller.conversation.close()
    store.commit()
    assert caller.services.engine.bus.subscribers == {}
    assert len(caller.services.engine.world.projects) == 1


async def test_stopping_notifies_waiting_callers_and_lets_work_finish(nursery: trio.Nursery) -> None:
    store = MemoryStore(trio.lowlevel.current_trio_token().run_sync_soon)
    caller = Caller(parts(store), nursery)
    session = await caller.session()
    question = await caller.call("attention.ask", {"message": "?", "sessionId": session})
    waiting = caller.post("attention.wait", {"attentionId": question["id"]})
    await trio.testing.wait_all_tasks_blocked()
    store.hold = True
    working = caller.post("attention.answer", {"attentionId": question["id"], "value": "yes"})
    caller.conversation.stop()
    assert (await caller.answer(waiting))["error"]["data"]["code"] == "daemon.stopping"
    store.commit()
    assert (await caller.answer(working))["result"]["answer"]["value"] == "yes"


async def test_the_reason_of_a_broken_stream_is_shown() -> None:
    caller = Caller(parts())
    caller.conversation.refuse(FramingError("wire.too_long", "too long"))
    assert only_error(caller.wire.sent) == (-32700, None)


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_METHODS = st.sampled_from(["task.get", "task.list", "system.hello", "project.create", "event.unsubscribe", "x"])
_REQUESTS = st.fixed_dictionaries(
    {}, optional={"jsonrpc": st.just("2.0") | _ANY, "method": _METHODS | _ANY, "id": _ANY, "params": _ANY}
)


@given(messages=st.lists(_REQUESTS | st.lists(_REQUESTS | _ANY, max_size=4) | _ANY, max_size=8))
def test_every_message_is_answered_as_the_specification_says(messages: list[Any]) -> None:
    store = MemoryStore(lambda call: None, hold=True)
    caller = Caller(parts(store))
    for message in messages:
        answers = said(caller, msgspec.json.encode(message))
        store.commit()
        answers = caller.wire.sent[len(caller.wire.sent) - len(answers) :] or caller.wire.sent[-1:]
        for answer in answers[0] if answers and isinstance(answers[0], list) else answers:
            assert answer["jsonrpc"] == "2.0" and ("result" in answer) != ("error" in answer)
            assert answer["id"] is None or isinstance(answer["id"], (str, int))
            assert answer.get("error", {}).get("code") != -32603
    assert caller.conversation.under_way == 0
