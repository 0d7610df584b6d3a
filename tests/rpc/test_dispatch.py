"""Who may call what; bugs are contained, and replies that cannot be sent are reported."""

import json
import logging
from typing import Any

import pytest
import trio
import trio.testing
from msgspec import Raw

from maestrod.api.errors import MaestroError, NotFound
from maestrod.api.model.ids import is_id
from maestrod.api.protocol.wire import REPLY_LIMIT
from maestrod.api.system import SystemParams
from maestrod.core.access.session_token import make_token
from maestrod.core.values.seen import Question, Seen
from maestrod.rpc.bind import Binding, bind
from maestrod.rpc.context import ClientState
from maestrod.rpc.dispatch import Dispatcher, refusal
from maestrod.rpc.envelope import Request
from maestrod.rpc.exchange import Exchange
from tests.core.looks import answer
from tests.kit.parts.rpc_parts import Caller, MemoryWire, parts

SECRET = "hunter2"


def broken(method: str, function: Any) -> dict[str, Binding]:
    """The bindings, with another function for one method."""
    import dataclasses

    bindings = bind()
    return {**bindings, method: dataclasses.replace(bindings[method], function=function)}


def answer_of(dispatcher: Dispatcher, method: str) -> Any:
    def begin(scope: object) -> Exchange:
        raise AssertionError("it is over at once")

    request = Request(jsonrpc="2.0", method=method, id=1, params=Raw(b"{}"))
    result = dispatcher.dispatch(request, 10, ClientState(MemoryWire()), begin, in_batch=False)
    return json.loads(dispatcher.respond(1, result))


async def test_a_bug_is_answered_with_an_incident_id_and_its_details_are_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def function(context: object, params: SystemParams) -> None:
        raise RuntimeError(SECRET)

    services = parts()
    with caplog.at_level(logging.ERROR):
        answer = answer_of(Dispatcher(services, broken("system.status", function)), "system.status")
    assert answer["error"]["code"] == -32603 and SECRET not in json.dumps(answer)
    incident = answer["error"]["data"]["details"]["incident"]
    assert is_id(incident) and incident in caplog.text and SECRET in caplog.text
    assert services.counts["incidents"] == 1


async def test_a_result_that_is_not_json_is_a_bug() -> None:
    answer = answer_of(Dispatcher(parts(), broken("system.status", lambda context, params: object())), "system.status")
    assert answer["id"] == 1 and answer["error"]["code"] == -32603


async def test_a_result_nested_too_deep_to_encode_is_a_bug() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    answer = answer_of(Dispatcher(parts(), broken("system.status", lambda context, params: deep)), "system.status")
    assert answer["error"]["code"] == -32603
    while deep:
        deep = deep.pop()


async def test_nan_is_never_sent() -> None:
    answer = answer_of(
        Dispatcher(parts(), broken("system.status", lambda context, params: float("nan"))), "system.status"
    )
    assert answer["result"] is None


async def test_an_answer_that_is_too_long_is_reported() -> None:
    dispatcher = Dispatcher(parts(), broken("system.status", lambda context, params: "x" * REPLY_LIMIT))
    answer = answer_of(dispatcher, "system.status")
    assert answer["error"]["data"]["code"] == "reply.too_large"


def test_a_refusal_keeps_code_message_and_details() -> None:
    error = refusal(NotFound("task.not_found", "no such task", {"id": "x"}))._error
    assert error == (404, "no such task", {"code": "task.not_found", "retryable": False, "details": {"id": "x"}})


@pytest.mark.parametrize("cls", MaestroError.__subclasses__())
def test_our_errors_use_only_codes_of_their_own(cls: type[MaestroError]) -> None:
    ours = cls.rpc_code > 0 or cls.rpc_code == -32800
    assert ours or cls.rpc_code in {-32700, -32600, -32602, -32603}


class TestCallers:
    async def test_without_a_token_the_caller_is_the_owner(self) -> None:
        caller = Caller(parts())
        assert (await caller.call("system.stop"))["pid"] == 4242

    async def test_a_session_may_not_call_owner_methods(self) -> None:
        caller = Caller(parts())
        session = await caller.session()
        error = await caller.refused("system.stop", token=caller.token(session))
        assert (error["code"], error["data"]["code"]) == (403, "method.owner_only")

    @pytest.mark.parametrize("token", ["", "x", "ses_1.1.00", make_token(b"another key", "ses_1", 1)])
    async def test_a_token_of_another_daemon_is_refused(self, token: str) -> None:
        error = await Caller(parts()).refused("system.status", token=token)
        assert error["data"]["code"] == "token.invalid"

    async def test_a_stale_attempt_is_refused(self) -> None:
        caller = Caller(parts())
        session = await caller.session()
        error = await caller.refused("session.report", {"message": "m"}, token=caller.token(session, 2))
        assert error["data"]["code"] == "session.stale_attempt"

    async def test_a_sessions_calls_are_about_itself_by_default(self) -> None:
        caller = Caller(parts())
        session = await caller.session()
        token = caller.token(session)
        assert (await caller.call("session.get", token=token))["id"] == session
        assert (await caller.call("session.why", token=token))["session"]["id"] == session
        assert (await caller.refused("session.get"))["data"]["code"] == "session.missing"

    async def test_a_session_that_names_a_task_gets_the_reasons_of_the_task(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        session = await caller.session()
        task = await caller.task()
        page = await caller.call("session.timeline", {"taskId": task}, token=caller.token(session))
        assert page["items"] == []

    async def test_the_token_in_hello_is_valid_for_the_connection(self) -> None:
        caller = Caller(parts())
        session = await caller.session()
        await caller.call("system.hello", token=caller.token(session))
        assert (await caller.call("session.get"))["id"] == session
        assert (await caller.refused("system.stop"))["code"] == 403


class SlowEyes:
    """Eyes that take until the test says so, on a machine where every folder is there (``tests/core/looks.py``)."""

    def __init__(self) -> None:
        self.open = trio.Event()

    async def look(self, question: Question) -> Seen:
        await self.open.wait()
        return answer(question)


class TestLooks:
    """Calls that have to see something outside: they are answered once it is seen, and nobody waits for them."""

    @staticmethod
    async def caller(nursery: trio.Nursery, eyes: SlowEyes, wires: trio.Nursery) -> Caller:
        services = parts(eyes=eyes)
        await nursery.start(services.engine.run)
        return Caller(services, wires)

    async def test_reads_and_commands_wait_for_the_check_and_others_do_not(self, nursery: trio.Nursery) -> None:
        eyes = SlowEyes()
        client = await self.caller(nursery, eyes, nursery)
        command = client.post("project.create", {"name": "shop", "workingDir": "/shop"})
        assert await client.call("task.list") == {"items": [], "nextCursor": None}
        eyes.open.set()
        assert (await client.answer(command))["result"]["workingDir"] == "/shop"
        eyes.open = trio.Event()
        read = client.post("project.list")
        await client.call("task.list")
        assert all(message.get("id") != read for message in client.wire.sent)
        eyes.open.set()
        [project] = (await client.answer(read))["result"]["items"]
        assert (project["name"], project["problem"]) == ("shop", "")
        assert (await client.refused("project.get", {"projectId": "none"}))["data"]["code"] == "project.not_found"
        assert (await client.refused("run.start", {"text": "x", "workingDir": "/shop"}))["data"][
            "code"
        ] == "run.no_planner"

    async def test_a_command_is_carried_out_although_its_caller_hangs_up(self, nursery: trio.Nursery) -> None:
        """A hook that does not wait for an answer reports and goes."""
        eyes = SlowEyes()
        async with trio.open_nursery() as wires:
            client = await self.caller(nursery, eyes, wires)
            client.post("project.create", {"name": "shop", "workingDir": "/shop"})
            await trio.testing.wait_all_tasks_blocked()
            wires.cancel_scope.cancel()
        eyes.open.set()
        await client.services.engine.bus.wait_for(lambda event: event.type == "project.created")
