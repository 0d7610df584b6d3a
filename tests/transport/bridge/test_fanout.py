"""Events to many: each encoded once, one write per client and moment."""

from collections.abc import Sequence
from typing import Any

import pytest
import trio
import trio.testing

from maestrod.api.event import Event, EventSubscribe
from maestrod.transport.bridge import fanout as module
from maestrod.transport.bridge.fanout import Fanout
from tests.kit.parts.rpc_parts import Caller, parts


class Notes:
    """A follower that remembers."""

    def __init__(self) -> None:
        self.writes: list[list[int]] = []

    def take(self, events: Sequence[Event], frames: Sequence[bytes], joined: bytes) -> None:
        assert joined == b"".join(frames)
        self.writes.append([event.seq for event in events])

    @property
    def seqs(self) -> list[int]:
        return [seq for write in self.writes for seq in write]


async def settle() -> None:
    await trio.testing.wait_all_tasks_blocked()


async def test_events_published_in_one_turn_are_one_write(nursery: trio.Nursery) -> None:
    caller = Caller(parts())
    fanout = Fanout(caller.services)
    nursery.start_soon(fanout.run)
    first, second = Notes(), Notes()
    leave = fanout.join(first, EventSubscribe())
    fanout.join(second, EventSubscribe(topics=("task",)))
    for number in range(3):
        caller.post("project.create", {"name": str(number), "workingDir": f"/{number}"})
    await settle()
    assert first.writes == [[1, 2, 3]] and second.writes == []
    await caller.task()
    await settle()
    assert second.seqs == [5]
    leave()
    leave()
    await caller.project()
    await settle()
    assert first.seqs == [1, 2, 3, 4, 5] and fanout.followers == 1


async def test_a_new_follower_receives_no_earlier_events(nursery: trio.Nursery) -> None:
    caller = Caller(parts())
    fanout = Fanout(caller.services)
    early, late = Notes(), Notes()
    fanout.join(early, EventSubscribe())
    await caller.project()
    assert early.writes == []
    fanout.join(late, EventSubscribe())
    assert early.seqs == [1] and late.writes == []
    await caller.project()
    fanout.flush()
    assert late.seqs == [2]


async def test_each_event_is_encoded_once_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(parts())
    fanout = Fanout(caller.services)
    encoded: list[int] = []

    def encode(world: Any, event: Event) -> bytes:
        encoded.append(event.seq)
        return b"{}"

    monkeypatch.setattr(module, "ui_event", encode)
    for number in range(50):
        fanout.join(Notes(), EventSubscribe(topics=("project",) if number % 2 else ()))
    await caller.project()
    fanout.flush()
    assert encoded == [1]


async def test_a_failing_follower_affects_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def take(self, events: Sequence[Event], frames: Sequence[bytes], joined: bytes) -> None:
            raise RuntimeError("a bug")

    caller = Caller(parts())
    fanout = Fanout(caller.services)
    notes = Notes()
    fanout.join(Broken(), EventSubscribe())
    fanout.join(notes, EventSubscribe())
    for _ in range(3):
        await caller.project()
        fanout.flush()
    assert notes.seqs == [1, 2, 3] and fanout.followers == 1
    assert caplog.text.count("a client failed") == 1


async def test_the_bus_is_followed_only_for_followers() -> None:
    caller = Caller(parts())
    fanout = Fanout(caller.services)
    leave = fanout.join(Notes(), EventSubscribe())
    assert len(caller.services.engine.bus.subscribers) == 1
    leave()
    assert not caller.services.engine.bus.subscribers
