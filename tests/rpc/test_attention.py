"""Waiting for a person's answer."""

import trio

from maestrod.store.memory import MemoryStore
from tests.kit.parts.rpc_parts import Caller, parts


async def asked(caller: Caller) -> str:
    session = await caller.session()
    question = await caller.call(
        "attention.ask", {"message": "deploy?", "options": ["yes", "no"], "sessionId": session}
    )
    return str(question["id"])


async def test_the_wait_ends_with_the_answer(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    question = await asked(caller)
    waiting = caller.post("attention.wait", {"attentionId": question})
    await trio.testing.wait_all_tasks_blocked()
    await caller.call("attention.answer", {"attentionId": question, "value": "yes"})
    assert (await caller.answer(waiting))["result"]["answer"]["value"] == "yes"
    assert (await caller.call("attention.wait", {"attentionId": question}))["answer"]["by"] == "user"


async def test_an_answer_is_sent_when_it_is_durable(nursery: trio.Nursery) -> None:
    store = MemoryStore(trio.lowlevel.current_trio_token().run_sync_soon)
    caller = Caller(parts(store), nursery)
    question = await asked(caller)
    store.hold = True
    caller.post("attention.answer", {"attentionId": question, "value": "no"})
    waiting = caller.post("attention.wait", {"attentionId": question})
    await trio.testing.wait_all_tasks_blocked()
    assert caller.wire.sent[-1]["id"] != waiting
    store.commit()
    assert (await caller.answer(waiting))["result"]["answer"]["value"] == "no"


async def test_an_unknown_question_is_refused(nursery: trio.Nursery) -> None:
    assert (await Caller(parts(), nursery).refused("attention.wait", {"attentionId": "att_none"}))["code"] == 404
