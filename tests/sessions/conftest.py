"""Fixtures of the tests that hold real agents."""

import pytest
import trio

from tests.sessions.kit import Agents, Daemon, agents

__all__ = ["agents"]


@pytest.fixture
async def daemon(agents: Agents, nursery: trio.Nursery) -> Daemon:
    """A custody that runs until the test ends."""
    made = Daemon(agents.sessions)
    await nursery.start(made.custody.run)
    return made
