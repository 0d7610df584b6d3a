"""Catching up and going live without a gap or an overlap; a client that leaves too much unread is notified and cut off."""

from collections.abc import Iterator
from typing import Any

import trio
from hypothesis import given
from hypothesis import strategies as st

from maestrod.api.errors import ResyncRequired
from maestrod.api.event import Event, EventSubscribe
from maestrod.rpc.catch_up import UNSENT_BYTES
from maestrod.rpc.subscription import Subscription, matcher
from maestrod.store.memory import MemoryStore
from tests.kit.parts.rpc_parts import Caller, parts


def event(type_: str = "task.created", **members: Any) -> Event:
    return Event(seq=1, at=1, type=type_, id=members.pop("id", "x"), **members)


def heard(caller: Caller) -> list[int]:
    return [message["params"]["event"]["seq"] for message in caller.wire.sent if message.get("method") == "event"]


def test_a_topic_covers_its_types_and_not_its_prefix() -> None:
    matches = matcher(EventSubscribe(topics=("task", "session.status")))
    assert [
        matches(event(type_)) for type_ in ("task.created", "tasks.created", "session.status", "session.updated")
    ] == [
        True,
        False,
        True,
        False,
    ]


def test_an_event_about_an_entity_matches_its_id() -> None:
    assert matcher(EventSubscribe(session_ids=("s",)))(event("session.status", id="s"))
    assert matcher(EventSubscribe(task_ids=("t",)))(event("timeline.added", task_id="t"))
    assert matcher(EventSubscribe(project_id="p"))(event("project.created", id="p"))
    assert not matcher(EventSubscribe(project_id="p", root_id="r"))(event(project_id="p"))


@given(
    steps=st.lists(st.sampled_from(["change", "commit", "run", "stall", "drain"]), max_size=40),
    since=st.integers(0, 5),
)
def test_however_slow_disk_and_client_are_every_event_arrives_once_in_order(steps: list[str], since: int) -> None:
    async def scenario() -> None:
        store = MemoryStore(lambda call: None, hold=True)
        async with trio.open_nursery() as nursery:
            caller = Caller(parts(store), nursery)
            for number in range(5):
                caller.post("project.create", {"name": f"p{number}", "workingDir": f"/{number}"})
            store.commit()
            caller.post("event.subscribe", {"since": since})
            for step in steps:
                if step == "change":
                    caller.post("project.create", {"name": "p", "workingDir": "/p"})
                elif step == "commit":
                    store.commit()
                elif step == "stall":
                    caller.wire.unsent = 1
                elif step == "drain":
                    caller.wire.make_room()
                else:
                    await trio.testing.wait_all_tasks_blocked()
            store.commit()
            caller.wire.make_room()
            await trio.testing.wait_all_tasks_blocked()
            assert heard(caller) == list(range(since + 1, caller.services.engine.bus.seq + 1))
            caller.conversation.close()
            assert caller.services.engine.bus.subscribers == {}

    trio.run(scenario)


async def overflown(caller: Caller) -> None:
    """Let something happen while too much is unsent."""
    before = caller.services.engine.bus.seq
    await caller.project()
    [overflow] = [message for message in caller.wire.sent if message.get("method") == "event.overflow"]
    assert overflow["params"] == {"subscription": 1, "lastSeq": before}
    assert caller.services.engine.bus.subscribers == {} and caller.conversation.is_over
    assert caller.services.counts["overflows"] == 1


async def test_too_many_unsent_bytes_end_the_subscription_with_the_last_seq() -> None:
    caller = Caller(parts())
    await caller.call("event.subscribe")
    await caller.project()
    caller.wire.unsent = UNSENT_BYTES + 1
    await overflown(caller)


async def test_subscribing_again_from_the_last_seq_loses_nothing(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    await caller.call("event.subscribe")
    await caller.project()
    caller.wire.unsent = UNSENT_BYTES + 1
    await caller.project()
    caller.wire.make_room()
    [overflow] = [message["params"] for message in caller.wire.sent if message.get("method") == "event.overflow"]
    await caller.call("event.subscribe", {"since": overflow["lastSeq"]})
    await trio.testing.wait_all_tasks_blocked()
    assert heard(caller) == list(range(1, caller.services.engine.bus.seq + 1))


async def test_a_commit_of_any_size_reaches_a_client_that_reads() -> None:
    store = MemoryStore(lambda call: None, hold=True)
    caller = Caller(parts(store))
    caller.post("event.subscribe")
    for number in range(30):
        caller.post("project.create", {"name": f"p{number}", "workingDir": f"/{number}", "description": "x" * 100_000})
    store.commit()
    assert heard(caller) == list(range(1, 31))


async def test_the_client_receives_what_it_can_take_before_it_is_cut_off() -> None:
    caller = Caller(parts())
    await caller.call("event.subscribe")
    caller.wire.unsent = UNSENT_BYTES + 1
    caller.wire.flush = caller.wire.make_room  # type: ignore[method-assign]  # a client that was only not asked yet
    await caller.project()
    assert heard(caller) == [1]


async def test_a_journal_segment_removed_while_it_is_read_ends_the_stream_with_the_last_seq() -> None:
    caller = Caller(parts())
    await caller.project()
    await caller.project()
    first = next(iter(caller.services.store.events_since(0)))

    def past() -> Iterator[Event]:
        yield first
        raise ResyncRequired("event.resync_required", "the segment is gone")

    subscription = Subscription(caller.services, caller.conversation.client, lambda event: True, 0)
    await subscription.catch_up(past())
    assert caller.wire.sent[-1]["method"] == "event.overflow"
    assert caller.services.engine.bus.subscribers == {}


async def test_a_stream_closed_while_catching_up_never_goes_live(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    await caller.project()
    caller.post("event.subscribe", {"since": 0})
    caller.conversation.close()
    await trio.testing.wait_all_tasks_blocked()
    assert caller.services.engine.bus.subscribers == {} and heard(caller) == []
