"""What is done when the daemon itself is short of descriptors or memory: wait and ask again, never take "cannot look" for "not there".

A session must not be called lost, nor its shim be ended, because this daemon could not open a file just then.
"""

import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

Answer = TypeVar("Answer")

SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that speak of us and not of what was asked about."""

PAUSE_SECONDS = 0.1
"""As long as trio itself pauses when accepting connections meets the same errors."""


def is_shortage(error: OSError) -> bool:
    """Whether an error means that this process has no room, and nothing else."""
    return error.errno in SHORTAGES


async def once_possible(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer to a question, asked again as long as we have no room to ask it."""
    while True:
        try:
            return await ask()
        except OSError as error:
            if not is_shortage(error):
                raise
        await trio.sleep(PAUSE_SECONDS)
