"""The streams that a connection remembers."""

import pytest

from maestrod.api.errors import Busy, NotFound
from maestrod.core.values.command import OWNER
from maestrod.rpc.context import STREAM_LIMIT, ClientState
from tests.kit.parts.rpc_parts import MemoryWire, parts


def test_a_connection_belongs_to_the_owner_by_default() -> None:
    assert ClientState(MemoryWire()).actor is OWNER


def test_streams_are_numbered_and_closed_once() -> None:
    client, stopped = ClientState(MemoryWire()), list[str]()
    assert client.open_stream(lambda: stopped.append("a")) == 1
    assert client.open_stream(lambda: stopped.append("b")) == 2
    client.close_stream(1)
    assert (stopped, client.has_streams) == (["a"], True)
    with pytest.raises(NotFound):
        client.close_stream(1)
    client.forget_stream(2)
    assert client.has_streams is False
    assert client.open_stream(lambda: stopped.append("c")) == 3
    client.close()
    client.close()
    assert stopped == ["a", "c"]


def test_a_connection_follows_a_bounded_number_of_things() -> None:
    client = ClientState(MemoryWire())
    for _ in range(STREAM_LIMIT):
        client.open_stream(lambda: None)
    with pytest.raises(Busy):
        client.open_stream(lambda: None)
    client.close_stream(1)
    assert client.open_stream(lambda: None) == STREAM_LIMIT + 1


async def test_daemons_do_not_share_counters() -> None:
    first, second = parts(), parts()
    first.counts["messages"] += 1
    assert second.counts["messages"] == 0 and not second.stopping.is_set()
