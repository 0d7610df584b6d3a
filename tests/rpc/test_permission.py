"""A hook that waits for a decision: it receives the decision, finds its question again, and may leave."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio

from maestrod.api.errors import Unavailable
from maestrod.api.permission import Permission
from maestrod.store.memory import MemoryStore
from tests.core.conversations import POLICY
from tests.kit.agents.hook_words import read_hook
from tests.kit.parts.rpc_parts import Caller, parts

ASK = {"event": "Permission", "agent": "stream", "payload": {"command": "git push"}, "eventId": "e1"}


def printed(agent: str, event: str, permission: Permission | None, message: str) -> str:
    """What an adapter makes of a decision."""
    return f"{agent} {event} {permission and permission.value}: {message}"


def caller(nursery: trio.Nursery) -> Caller:
    services = parts(hook_answer=printed, read_hook=read_hook)
    services.engine.world.policy = POLICY
    return Caller(services, nursery)


async def question_of(client: Caller) -> Any:
    [question] = (await client.call("attention.list"))["items"]
    return question


@asynccontextmanager
async def asking(client: Caller) -> AsyncIterator[tuple[str, int]]:
    """A session whose hook waits: the session and the number of the call."""
    session = await client.session(agent="stream")
    number = client.post("permission.ask", {**ASK, "sessionId": session})
    await trio.testing.wait_all_tasks_blocked()
    yield session, number


async def test_the_hook_receives_what_to_print_once_it_is_decided(nursery: trio.Nursery) -> None:
    client = caller(nursery)
    async with asking(client) as (_, number):
        question = await question_of(client)
        assert not [message for message in client.wire.sent if message.get("id") == number]
        await client.call("attention.answer", {"attentionId": question["id"], "value": "allow"})
        assert (await client.answer(number))["result"] == {
            "decision": "allow",
            "output": "stream Permission allow: allowed by the user",
            "attentionId": question["id"],
        }
    assert client.services.asking == {}


async def test_a_repeated_hook_receives_the_decision_made_meanwhile(nursery: trio.Nursery) -> None:
    client = caller(nursery)
    async with asking(client) as (session, _):
        question = await question_of(client)
        await client.call("attention.answer", {"attentionId": question["id"], "value": "deny"})
        again = await client.call("permission.ask", {**ASK, "sessionId": session})
        assert again["decision"] == "deny" and "denied by the user" in again["output"]


async def test_the_question_stays_while_another_hook_waits_for_it(nursery: trio.Nursery) -> None:
    client = caller(nursery)
    async with asking(client) as (session, _):
        other, last = Caller(client.services, nursery), Caller(client.services, nursery)
        other.post("permission.ask", {**ASK, "sessionId": session})
        await trio.testing.wait_all_tasks_blocked()
        client.conversation.close()
        await trio.testing.wait_all_tasks_blocked()
        assert await question_of(last)
        other.conversation.close()
        await trio.testing.wait_all_tasks_blocked()
        assert (await last.call("attention.list"))["items"] == []
        reply = await last.call("permission.ask", {**ASK, "sessionId": session})
        assert reply["decision"] is None and reply["output"] == "stream Permission None: "


async def test_a_dying_hook_withdraws_its_question(nursery: trio.Nursery) -> None:
    client = caller(nursery)
    async with asking(client):
        client.conversation.close()
        await trio.testing.wait_all_tasks_blocked()
    assert (await Caller(client.services, nursery).call("attention.list"))["items"] == []


async def test_stopping_the_daemon_leaves_the_question_open(nursery: trio.Nursery) -> None:
    client = caller(nursery)
    async with asking(client) as (_, number):
        client.services.stopping.set()
        client.conversation.stop()
        error = (await client.answer(number))["error"]
        assert error["data"]["code"] == "daemon.stopping" and error["data"]["retryable"]
        await trio.testing.wait_all_tasks_blocked()
    assert await question_of(Caller(client.services, nursery))


async def test_a_store_that_accepts_nothing_keeps_the_question_open(nursery: trio.Nursery) -> None:
    client = caller(nursery)
    store = client.services.store
    assert isinstance(store, MemoryStore)
    async with asking(client):
        store.refused = Unavailable("store.no_space", "no room")
        client.conversation.close()
        await trio.testing.wait_all_tasks_blocked()
        store.refused = None
    assert await question_of(Caller(client.services, nursery))


async def test_a_hook_that_needs_no_decision_is_answered_at_once(nursery: trio.Nursery) -> None:
    client = caller(nursery)
    session = await client.session(agent="stream")
    reply = await client.call("permission.ask", {"event": "Stop", "agent": "stream", "sessionId": session})
    assert reply == {"decision": None, "output": "", "attentionId": None}
