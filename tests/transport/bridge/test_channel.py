"""Bytes in and out of one connection, with clients that do not read."""

import logging
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from maestrod.transport.bridge.channel import UNSENT_HIGH, UNSENT_LOW, Channel
from tests.kit.patience import PATIENCE

BIG = b"x" * (8 << 20)


@asynccontextmanager
async def channel(patience: float = 30.0) -> AsyncGenerator[tuple[Channel, trio.SocketStream]]:
    """A channel and its client."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    client = trio.SocketStream(trio.socket.from_stdlib_socket(_unblocked(theirs)))
    async with trio.open_nursery() as nursery, client:
        made = Channel(ours, nursery.start_soon, patience)
        with trio.fail_after(PATIENCE):
            yield made, client
        made.close()


def _unblocked(plain: socket.socket) -> socket.socket:
    plain.setblocking(False)
    return plain


async def read(client: trio.SocketStream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += await client.receive_some(1 << 18)
    return data


async def test_data_the_socket_does_not_accept_follows_later_in_order() -> None:
    async with channel() as (made, client):
        made.write(b"a" + BIG)
        made.write(b"b")
        assert made.unsent > UNSENT_HIGH
        data = await read(client, len(BIG) + 2)
        assert data[:1] == b"a" and data[-1:] == b"b" and made.unsent == 0


async def test_a_writer_resumes_when_little_is_unsent() -> None:
    async with channel() as (made, client), trio.open_nursery() as nursery:
        made.write(BIG)
        went_on = trio.Event()

        async def wait() -> None:
            await made.wait_room()
            assert made.unsent <= UNSENT_LOW
            went_on.set()

        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        assert not went_on.is_set()
        await read(client, len(BIG))
        await went_on.wait()


async def test_several_tasks_wait_for_one_channel() -> None:
    async with channel() as (made, client), trio.open_nursery() as nursery:
        made.write(BIG)
        for wait in (made.wait_room, made.wait_room, made.finish, made.part):
            nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        assert len(nursery.child_tasks) == 4
        await read(client, len(BIG))
        await client.aclose()


async def test_a_client_that_reads_nothing_is_cut_off(
    caplog: pytest.LogCaptureFixture, autojump_clock: trio.testing.MockClock
) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        async with trio.open_nursery() as nursery:
            made = Channel(ours, nursery.start_soon, patience=10)
            made.write(BIG)
            await made.wait_room()
        assert made.closed and made.unsent == 0
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_a_cancelled_send_does_not_split_a_message() -> None:
    async with channel() as (made, client):
        with trio.move_on_after(0) as scope:
            await made.send_all(BIG)
        assert scope.cancelled_caught
        made.write(b"next")
        data = await read(client, len(BIG) + 4)
        assert len(data) == len(BIG) + 4 and data.endswith(b"xnext")


async def test_finish_sends_everything_waits_until_it_is_read_and_closes() -> None:
    async with channel() as (made, client), trio.open_nursery() as nursery:
        made.write(BIG)
        nursery.start_soon(made.finish)
        await client.send_all(b"unread")
        assert len(await read(client, len(BIG))) == len(BIG)
        assert await client.receive_some() == b""
        await client.aclose()
    assert made.closed


async def test_parting_does_not_wait_indefinitely(autojump_clock: trio.testing.MockClock) -> None:
    async with channel() as (made, client):
        made.write_last(b"bye")
        await made.part()
        assert made.closed and await client.receive_some() == b"bye"


async def test_closing_wakes_readers_and_waiters() -> None:
    async with channel() as (made, _), trio.open_nursery() as nursery:

        async def reading() -> None:
            with pytest.raises(trio.ClosedResourceError):
                await made.receive_some()

        nursery.start_soon(reading)
        made.write(BIG)
        nursery.start_soon(made.wait_room)
        await trio.testing.wait_all_tasks_blocked()
        made.close()
    with pytest.raises(trio.BrokenResourceError):
        await made.send_all(b"x")
    with pytest.raises(trio.ClosedResourceError):
        await made.receive_some()
    made.write(b"dropped")
    assert made.unsent == 0


async def test_a_client_that_left_is_noticed_when_something_is_sent() -> None:
    async with channel() as (made, client):
        await client.aclose()
        while not made.closed:
            made.write(b"x" * 1000)
        assert made.unsent == 0


async def test_nothing_follows_the_last_message() -> None:
    async with channel() as (made, client):
        made.write_last(b"goodbye")
        made.write(b"and goodbye again")
        assert await client.receive_some(100) == b"goodbye"
        assert made.unsent == 0
        made.close()
        assert await client.receive_some(100) == b""
