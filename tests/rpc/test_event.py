"""Events: a page of recorded ones, and a subscription to live ones."""

from typing import Any

import trio

from maestrod.store.memory import MemoryStore
from tests.kit.parts.rpc_parts import Caller, parts


def heard(caller: Caller) -> list[int]:
    """The seqs a client was sent, in order."""
    return [message["params"]["event"]["seq"] for message in caller.wire.sent if message.get("method") == "event"]


async def types(caller: Caller, **asked: object) -> list[str]:
    page = await caller.call("event.list", asked)
    return [event["type"] for event in page.get("items", ())]


class TestPages:
    async def test_events_after_a_seq_are_read(self) -> None:
        caller = Caller(parts())
        await caller.session()
        page = await caller.call("event.list", {"since": 0, "limit": 2})
        assert [event["seq"] for event in page["items"]] == [1, 2] and page["seq"] == 2
        rest = await caller.call("event.list", {"since": 2})
        assert [event["seq"] for event in rest["items"]] == list(range(3, caller.services.engine.bus.seq + 1))
        assert await caller.call("event.list", {"since": rest["seq"]}) == {"items": [], "seq": rest["seq"]}

    async def test_all_filters_must_match(self) -> None:
        caller = Caller(parts())
        task = await caller.task()
        session = await caller.session(taskIds=[task])
        project = (await caller.call("task.get", {"taskId": task}))["projectId"]
        assert set(await types(caller, topics=["task"])) >= {"task.created"}
        assert await types(caller, topics=["task.created"]) == ["task.created"]
        assert await types(caller, topics=["task", "project"], taskIds=["tsk_none"]) == []
        assert "session.created" in await types(caller, sessionIds=[session])
        assert "project.created" in await types(caller, projectId=project)
        assert await types(caller, projectId="prj_none") == []
        assert await types(caller, rootId=task, topics=["task.created"]) == ["task.created"]

    async def test_even_an_empty_page_has_the_cursor_to_continue(self) -> None:
        caller = Caller(parts())
        await caller.session()
        page = await caller.call("event.list", {"topics": ["plan"]})
        assert page == {"items": [], "seq": caller.services.engine.bus.seq}

    async def test_nothing_that_can_be_undone_is_published(self) -> None:
        store = MemoryStore(lambda call: None, hold=True)
        caller = Caller(parts(store))
        caller.post("project.create", {"name": "p", "workingDir": "/p"})
        assert await types(caller) == []

    async def test_events_of_the_future_belong_to_another_store(self) -> None:
        error = await Caller(parts()).refused("event.list", {"since": 99})
        assert (error["code"], error["data"]["code"]) == (410, "event.resync_required")


class TestSubscriptions:
    async def test_output_is_read_from_now_on(self) -> None:
        caller = Caller(parts())
        await caller.project()
        before = caller.services.engine.bus.seq
        assert await caller.call("event.subscribe") == {"subscription": 1, "seq": before}
        await caller.session()
        assert heard(caller) == list(range(before + 1, caller.services.engine.bus.seq + 1))

    async def test_the_answer_comes_before_the_events(self, nursery: trio.Nursery) -> None:
        caller = Caller(parts(), nursery)
        await caller.session()
        caller.post("event.subscribe", {"since": 0})
        await trio.testing.wait_all_tasks_blocked()
        kinds = ["event" if "method" in message else "answer" for message in caller.wire.sent]
        assert kinds[-1 - len(heard(caller))] == "answer" and heard(caller)[0] == 1

    async def test_only_matching_events_are_sent(self) -> None:
        caller = Caller(parts())
        await caller.call("event.subscribe", {"topics": ["project"]})
        await caller.session()
        events = [message["params"]["event"]["type"] for message in caller.wire.sent if message.get("method")]
        assert events == ["project.created"]

    async def test_it_ends_when_the_client_has_enough(self) -> None:
        caller = Caller(parts())
        subscription = (await caller.call("event.subscribe"))["subscription"]
        await caller.call("event.unsubscribe", {"subscription": subscription})
        await caller.project()
        assert heard(caller) == [] and caller.conversation.is_over
        error = await caller.refused("event.unsubscribe", {"subscription": subscription})
        assert error["data"]["code"] == "event.no_subscription"

    async def test_a_seq_from_a_read_is_not_in_the_future(self, nursery: trio.Nursery) -> None:
        """Reads see the world, which is a moment ahead of the disk."""
        store = MemoryStore(lambda call: None, hold=True)
        caller = Caller(parts(store), nursery)
        caller.post("project.create", {"name": "p", "workingDir": "/p"})
        seq = (await caller.call("system.status"))["seq"]
        assert seq > caller.services.engine.bus.seq
        await caller.call("event.subscribe", {"since": seq})
        await trio.testing.wait_all_tasks_blocked()
        store.commit()
        assert heard(caller) == []
        caller.post("project.create", {"name": "q", "workingDir": "/q"})
        store.commit()
        assert heard(caller) == [seq + 1]

    async def test_two_subscriptions_are_distinguished(self) -> None:
        caller = Caller(parts())
        numbers = [
            (await caller.call("event.subscribe", {"topics": [topic]}))["subscription"] for topic in ("a", "project")
        ]
        await caller.project()
        notified: list[Any] = [
            message["params"]["subscription"] for message in caller.wire.sent if message.get("method")
        ]
        assert numbers == [1, 2] and notified == [2]
