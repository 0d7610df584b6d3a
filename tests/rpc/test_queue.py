"""Claiming from a queue, and waiting for an item."""

import pytest
import trio

from maestrod.store.memory import MemoryStore
from tests.kit.parts.rpc_parts import Caller, parts
from tests.kit.patience import PATIENCE


async def queue_of(caller: Caller, tasks: int) -> tuple[str, list[str]]:
    """A session with a queue of so many tasks."""
    project = await caller.project()
    ids = [await caller.task(projectId=project, title=f"t{number}") for number in range(tasks)]
    return await caller.session(taskIds=ids, strategy="queue"), ids


async def test_a_claim_gives_the_next_item(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session, tasks = await queue_of(caller, 2)
    claim = await caller.call("queue.next", {"sessionId": session})
    assert claim["item"]["taskId"] == tasks[0] and claim["task"]["status"] == "in_progress"
    nothing = await caller.call("queue.next", {"sessionId": session})
    assert nothing["item"] is None and not nothing["closed"]


async def test_a_session_claims_from_its_own_queue(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session, tasks = await queue_of(caller, 1)
    claim = await caller.call("queue.next", token=caller.token(session))
    assert claim["item"]["taskId"] == tasks[0]


async def test_waiting_ends_when_there_is_an_item(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session, tasks = await queue_of(caller, 2)
    await caller.call("queue.next", {"sessionId": session})
    waiting = caller.post("queue.next", {"sessionId": session, "wait": True})
    await trio.testing.wait_all_tasks_blocked()
    await caller.call("queue.complete", {"sessionId": session})
    assert (await caller.answer(waiting))["result"]["item"]["taskId"] == tasks[1]


async def test_waiting_ends_when_the_queue_closes(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session, _ = await queue_of(caller, 1)
    await caller.call("queue.next", {"sessionId": session})
    waiting = caller.post("queue.next", {"sessionId": session, "wait": True})
    await trio.testing.wait_all_tasks_blocked()
    await caller.call("queue.complete", {"sessionId": session})
    response = await caller.answer(waiting)
    assert response.get("result", {}).get("closed") or response["error"]["data"]["code"] == "session.ended"


async def test_waiting_ends_at_its_timeout(nursery: trio.Nursery, autojump_clock: trio.testing.MockClock) -> None:
    caller = Caller(parts(), nursery)
    session, _ = await queue_of(caller, 1)
    await caller.call("queue.next", {"sessionId": session})
    error = await caller.refused("queue.next", {"sessionId": session, "wait": True, "timeoutMs": 5000})
    assert error["code"] == 408 and trio.current_time() >= 5
    assert caller.services.engine.bus.subscribers == {}


async def test_an_item_from_the_time_without_a_daemon_is_claimed_before_the_timeout(
    nursery: trio.Nursery, mock_clock: trio.testing.MockClock
) -> None:
    caller = Caller(parts(), nursery)
    session, tasks = await queue_of(caller, 2)
    await caller.call("queue.next", {"sessionId": session})
    waiting = caller.post("queue.next", {"sessionId": session, "wait": True, "timeoutMs": 5000})
    await trio.testing.wait_all_tasks_blocked()
    send, receive = trio.open_memory_channel[None](1)

    async def client() -> None:
        await receive.receive()
        caller.post("queue.complete", {"sessionId": session})

    nursery.start_soon(client)
    await trio.testing.wait_all_tasks_blocked()
    send.send_nowait(None)
    mock_clock.jump(3600)
    assert (await caller.answer(waiting))["result"]["item"]["taskId"] == tasks[1]


async def test_an_item_goes_to_exactly_one_of_many_waiting_sessions(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session, tasks = await queue_of(caller, 2)
    await caller.call("queue.next", {"sessionId": session})
    waiting = [caller.post("queue.next", {"sessionId": session, "wait": True}) for _ in range(8)]
    await trio.testing.wait_all_tasks_blocked()
    await caller.call("queue.complete", {"sessionId": session})
    await trio.testing.wait_all_tasks_blocked()
    answers = [message for message in caller.wire.sent if message.get("id") in waiting]
    assert [answer["result"]["item"]["taskId"] for answer in answers] == [tasks[1]]
    caller.conversation.close()


async def test_a_claim_is_reported_once_it_is_durable(nursery: trio.Nursery) -> None:
    store = MemoryStore(trio.lowlevel.current_trio_token().run_sync_soon)
    caller = Caller(parts(store), nursery)
    session, tasks = await queue_of(caller, 1)
    store.hold = True
    claim = caller.post("queue.next", {"sessionId": session})
    await trio.testing.wait_all_tasks_blocked()
    assert caller.wire.sent[-1]["id"] != claim
    store.commit()
    assert (await caller.answer(claim))["result"]["item"]["taskId"] == tasks[0]


async def test_a_claim_repeated_with_its_request_id_gives_the_same_item(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session, tasks = await queue_of(caller, 2)
    for _ in range(2):
        claim = await caller.call("queue.next", {"sessionId": session, "requestId": "r"})
        assert claim["item"]["taskId"] == tasks[0]


async def test_a_wait_with_a_request_id_continues_after_an_empty_claim(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session, tasks = await queue_of(caller, 2)
    await caller.call("queue.next", {"sessionId": session})
    waiting = caller.post("queue.next", {"sessionId": session, "wait": True, "requestId": "r"})
    await trio.testing.wait_all_tasks_blocked()
    await caller.call("queue.complete", {"sessionId": session})
    with trio.fail_after(PATIENCE):
        assert (await caller.answer(waiting))["result"]["item"]["taskId"] == tasks[1]


@pytest.mark.parametrize("params", [{"sessionId": "ses_none"}, {}])
async def test_an_unknown_queue_is_refused(nursery: trio.Nursery, params: dict[str, str]) -> None:
    assert (await Caller(parts(), nursery).refused("queue.next", params))["code"] in {404, -32602}
