"""The bus delivers to each subscriber what it asked for, in order, and nothing after it left."""

import trio

from maestrod.api.event import Event
from maestrod.engine.bus import Bus


def event(seq: int, type_: str = "task.status") -> Event:
    return Event(seq=seq, at=0, type=type_, id=f"tsk_{seq}")


async def test_subscribers_get_matching_events_of_a_commit_at_once() -> None:
    bus, got = Bus(), []
    bus.subscribe(lambda each: each.type == "task.status", lambda events: got.append([each.seq for each in events]))
    bus.publish([event(1), event(2, "session.status"), event(3)])
    bus.publish([event(4, "session.status")])
    assert (got, bus.seq) == ([[1, 3]], 4)


async def test_a_closed_handle_receives_nothing_even_within_the_same_commit() -> None:
    bus, got = Bus(), []
    second = bus.subscribe(lambda each: True, lambda events: got.append("second"))
    handles = [second]
    bus.subscribers.clear()
    bus.subscribe(lambda each: True, lambda events: handles[0].close())
    bus.subscribers[second] = None
    bus.publish([event(1)])
    second.close()
    assert got == []


async def test_wait_for_returns_the_first_match_and_unsubscribes() -> None:
    bus = Bus()
    async with trio.open_nursery() as nursery:
        found = []

        async def wait() -> None:
            found.append(await bus.wait_for(lambda each: each.seq > 1))

        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        bus.publish([event(1)])
        bus.publish([event(2), event(3)])
    assert [each.seq for each in found] == [2]
    assert not bus.subscribers


async def test_wait_for_unsubscribes_when_cancelled() -> None:
    bus = Bus()
    with trio.move_on_after(0):
        await bus.wait_for(lambda each: True)
    assert not bus.subscribers
