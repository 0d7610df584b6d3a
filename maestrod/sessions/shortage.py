"""When the daemon is short of descriptors or memory, wait and try again: "cannot look" must never pass for "not there".

No session may be called lost, and no shim ended, because the daemon could not open a file at that moment.
"""

import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

Answer = TypeVar("Answer")

SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors about this process, not about the file or connection it tried to open."""

PAUSE_SECONDS = 0.1
"""The same pause that trio makes when it meets these errors while accepting connections."""


def is_shortage(error: OSError) -> bool:
    """Whether an error only means that descriptors or memory have run out."""
    return error.errno in SHORTAGES


async def once_possible(operation: Callable[[], Awaitable[Answer]]) -> Answer:
    """The result of `ask`, which is tried again while descriptors or memory are short."""
    while True:
        try:
            return await operation()
        except OSError as error:
            if not is_shortage(error):
                raise
        await trio.sleep(PAUSE_SECONDS)
