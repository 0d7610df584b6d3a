"""Catching up: recorded events, then live ones, each once; every stream uses the same function and limit."""

import ast
from collections.abc import Sequence

import pytest
import trio
import trio.testing

from maestrod.api.errors import ResyncRequired
from maestrod.api.event import Event
from maestrod.rpc.catch_up import catch_up, past
from tests.kit.parts.rpc_parts import Caller, parts
from tests.meta.tree import modules, parsed, shown


class Listener:
    """A client that takes a piece when the test says so."""

    def __init__(self, caller: Caller) -> None:
        self.services = caller.services
        self.closed = False
        self.seqs: list[int] = []
        self.known = 0
        self.live_from: int | None = None
        self.room = trio.Event()

    def show(self, events: Sequence[Event], seq: int) -> None:
        self.seqs += [event.seq for event in events]
        self.known = seq

    def go_live(self) -> None:
        self.live_from = self.services.engine.bus.seq

    async def wait_room(self) -> None:
        await self.room.wait()


@pytest.fixture
def caller(nursery: trio.Nursery) -> Caller:
    return Caller(parts(), nursery)


async def follow(caller: Caller, listener: Listener, since: int = 0) -> None:
    await catch_up(caller.services, listener, lambda event: event.seq % 2 == 0, past(caller.services, since), since)


async def test_events_that_do_not_match_are_known_without_being_sent(caller: Caller) -> None:
    for _ in range(3):
        await caller.project()
    listener = Listener(caller)
    await follow(caller, listener)
    assert (listener.seqs, listener.known, listener.live_from) == ([2], 3, 3)


async def test_events_during_the_catch_up_are_read_before_it_goes_live(caller: Caller, nursery: trio.Nursery) -> None:
    for _ in range(300):
        await caller.project()
    listener = Listener(caller)
    nursery.start_soon(follow, caller, listener)
    await trio.testing.wait_all_tasks_blocked()
    assert listener.live_from is None
    for _ in range(300):
        await caller.project()
    listener.room.set()
    await trio.testing.wait_all_tasks_blocked()
    assert listener.seqs == list(range(2, 601, 2)) and listener.live_from == listener.known == 600


async def test_a_client_that_left_is_read_no_longer(caller: Caller, nursery: trio.Nursery) -> None:
    for _ in range(300):
        await caller.project()
    listener = Listener(caller)
    nursery.start_soon(follow, caller, listener)
    await trio.testing.wait_all_tasks_blocked()
    listener.closed = True
    listener.room.set()
    await trio.testing.wait_all_tasks_blocked()
    assert listener.seqs[-1] == 256 and listener.live_from is None


async def test_a_seq_of_another_store_is_refused(caller: Caller) -> None:
    await caller.project()
    with pytest.raises(ResyncRequired):
        past(caller.services, 99)


def test_only_catch_up_reads_the_journal_for_a_stream() -> None:
    readers = {
        shown(path)
        for path in modules("maestrod")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr == "events_since" and "/store/" not in shown(path)
    }
    assert readers == {"maestrod/rpc/catch_up.py"}
