"""A hold notifies all waiters of the result of the start."""

import socket

import pytest
import trio

from maestrod.sessions.hold import Hold
from maestrod.sessions.link import Link
from maestrod.sessions.spec import Identity, LaunchError

IDENTITY = Identity(
    boot_id="b",
    session_id="ses_a",
    attempt=1,
    shim_pid=1,
    shim_start="1",
    agent_pid=2,
    agent_start="2",
    agent_pgid=2,
    at=1,
)


async def test_waiters_receive_the_identity_once_it_exists(nursery: trio.Nursery) -> None:
    hold = Hold("ses_a", 1)
    got: list[Identity] = []

    async def wait() -> None:
        got.append(await hold.wait_held())

    nursery.start_soon(wait)
    await trio.testing.wait_all_tasks_blocked()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        hold.begin(IDENTITY, Link(ours))
        await trio.testing.wait_all_tasks_blocked()
    assert got == [IDENTITY]


async def test_waiters_get_the_failure() -> None:
    hold = Hold("ses_a", 1)
    hold.fail(LaunchError("EAGAIN", "no more processes"))
    with pytest.raises(LaunchError, match="EAGAIN"):
        await hold.wait_held()
    assert hold.ended.is_set()


async def test_waiters_are_released_when_custody_ends() -> None:
    hold = Hold("ses_a", 1)
    hold.finish()
    with pytest.raises(LaunchError, match="custody ended"):
        await hold.wait_held()


async def test_a_broken_connection_makes_waiters_wait_again() -> None:
    hold = Hold("ses_a", 1)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        hold.begin(IDENTITY, Link(ours))
        hold.unsettle()
        assert hold.link is None
        assert not hold.settled.is_set()
