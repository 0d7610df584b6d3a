"""UI events of one client: none missed, none twice, for readers of any speed."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.testing

from maestrod.api.errors import ResyncRequired
from maestrod.api.event import EventSubscribe
from maestrod.rpc.catch_up import past
from maestrod.transport.bridge import ui_event_stream as module
from maestrod.transport.bridge.fanout import Fanout
from maestrod.transport.bridge.ui_event_stream import UiEventStream
from tests.kit.parts.rpc_parts import Caller, parts


class SlowPipe:
    """A client that reads when the test says so."""

    def __init__(self) -> None:
        self.unsent = 0
        self.slow = False
        self.received: list[Any] = []
        self._room = trio.Event()

    def write(self, data: bytes) -> None:
        self.received += decode(data)
        if self.slow:
            self.unsent += len(data)

    async def wait_room(self) -> None:
        await trio.lowlevel.checkpoint()
        while self.unsent:
            await self._room.wait()

    def read(self) -> None:
        """Take everything."""
        self.unsent, self.slow = 0, False
        self._room.set()
        self._room = trio.Event()

    @property
    def seqs(self) -> list[int]:
        return [message["seq"] for message in self.received]


def decode(data: bytes) -> list[Any]:
    """The messages of some text frames."""
    messages = []
    while data:
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        messages.append(json.loads(data[start : start + length]))
        data = data[start + length :]
    return messages


class Client:
    """A stream with everything around it."""

    def __init__(self, nursery: trio.Nursery, *, coalesce: bool = False, caller: Caller | None = None) -> None:
        self.caller = caller or Caller(parts())
        self.fanout = Fanout(self.caller.services)
        self.pipe = SlowPipe()
        self.cut: list[int] = []

        def start(task: Callable[[], Awaitable[None]]) -> None:
            nursery.start_soon(task)

        self.stream = UiEventStream(
            self.caller.services,
            self.fanout,
            self.pipe,
            EventSubscribe(),
            coalesce=coalesce,
            cut=self.cut.append,
            start=start,
        )

    async def happen(self, count: int = 1) -> None:
        for _ in range(count):
            await self.caller.project()
        self.fanout.flush()


async def test_a_client_that_reconnects_gets_missed_and_then_live_events(nursery: trio.Nursery) -> None:
    client = Client(nursery)
    await client.happen(600)
    client.stream.sent = 20
    await client.stream.catch_up(past(client.caller.services, 20))
    await client.happen(5)
    assert client.pipe.seqs == list(range(21, 606)) and client.stream.sent == 605


async def test_events_that_arrive_during_the_catch_up_are_sent_once(nursery: trio.Nursery) -> None:
    client = Client(nursery)
    await client.happen(300)
    client.stream.sent = 0
    client.pipe.slow = True
    nursery.start_soon(client.stream.catch_up, past(client.caller.services, 0))
    await trio.testing.wait_all_tasks_blocked()
    await client.happen(300)
    client.pipe.read()
    await trio.testing.wait_all_tasks_blocked()
    await client.happen(3)
    assert client.pipe.seqs == list(range(1, 604))


async def test_a_client_that_does_not_read_is_cut_off_with_its_last_seq(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNSENT_BYTES", 1000)
    client = Client(nursery)
    client.stream.go_live()
    client.pipe.slow = True
    await client.happen()
    for _ in range(20):
        await client.happen()
    assert client.cut == [client.pipe.seqs[-1]] and client.fanout.followers == 0
    assert client.caller.services.counts["overflows"] == 1


async def test_states_of_a_slow_client_are_coalesced_and_lifecycles_never(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAG", 100)
    client = Client(nursery, coalesce=True)
    task = await client.caller.task()
    client.stream.sent = client.caller.services.engine.bus.seq
    client.stream.go_live()
    client.pipe.slow = True
    await client.happen()
    begun = len(client.pipe.received)
    for number in range(50):
        await client.caller.call("task.update", {"taskId": task, "description": str(number)})
        client.fanout.flush()
    await client.caller.call("task.start", {"taskId": task})
    await client.caller.call("task.complete", {"taskId": task})
    client.fanout.flush()
    assert len(client.pipe.received) == begun
    client.pipe.read()
    await trio.testing.wait_all_tasks_blocked()
    received = client.pipe.received[begun:]
    updates = [message for message in received if message["topic"] == "task.updated"]
    assert [message["data"]["description"] for message in updates] == ["49"]
    assert [m["change"]["status"] for m in received if m["topic"] == "task.status"] == ["in_progress", "completed"]
    assert client.pipe.seqs == sorted(client.pipe.seqs)
    await client.happen()
    assert client.pipe.seqs[-1] == client.caller.services.engine.bus.seq == client.stream.sent


async def test_even_the_events_held_for_a_slow_client_are_bounded(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAG", 100)
    monkeypatch.setattr(module, "HELD_LIMIT", 10)
    client = Client(nursery, coalesce=True)
    client.stream.go_live()
    client.pipe.slow = True
    await client.happen(1)
    for _ in range(12):
        await client.happen()
    assert client.cut == [1]
    client.pipe.read()


async def test_an_impossible_seq_is_refused_at_once() -> None:
    caller = Caller(parts())
    await caller.project()
    with pytest.raises(ResyncRequired):
        past(caller.services, 999)


async def test_a_closed_stream_says_nothing(nursery: trio.Nursery) -> None:
    client = Client(nursery)
    client.stream.go_live()
    client.stream.close()
    await client.happen()
    assert client.pipe.received == []
