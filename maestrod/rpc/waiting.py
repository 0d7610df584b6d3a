"""Waiting for something to become true of the world, without polling and without missing the moment.

The engine changes the world at once and publishes events when they are durable. A waiter looks at the world and subscribes to
the bus with no checkpoint in between, so no change falls through; what it saw is only told when it can no longer be undone.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import trio

from maestrod.api.errors import TimedOut
from maestrod.api.event import Event
from maestrod.engine.timers import hear_sockets
from maestrod.rpc.context import Context

T = TypeVar("T")


async def wait_until(
    context: Context, look: Callable[[], T | None], concerns: Callable[[Event], bool], timeout_ms: int | None
) -> T:
    """What ``look`` gives once it gives something, durably; it looks again after each event that ``concerns`` it.

    Raises ``TimedOut`` after ``timeout_ms``, and what ``look`` raises. A daemon that did not run for a while first hears what came
    meanwhile, and looks a last time.
    """
    engine = context.services.engine
    try:
        with deadline(context, timeout_ms):
            while True:
                seq = engine.world.seq
                found = look()
                if found is not None and engine.bus.seq >= seq:
                    return found
                await engine.bus.wait_for(concerns if found is None else _reaches(seq))
    except TimedOut:
        await hear_sockets()
        seq = engine.world.seq
        found = look()
        if found is None:
            raise
        if engine.bus.seq < seq:
            await engine.bus.wait_for(_reaches(seq))
        return found


@contextmanager
def deadline(context: Context, timeout_ms: int | None) -> Generator[None]:
    """Do nothing but wait in the block: it may be cut off when the daemon stops. Raises ``TimedOut`` after ``timeout_ms``."""
    exchange = context.exchange
    if exchange is None:
        raise RuntimeError("only a call that runs as a task may wait")
    exchange.idle = True
    seconds = float("inf") if timeout_ms is None else timeout_ms / 1000
    try:
        with trio.move_on_after(seconds) as scope:
            yield
    finally:
        exchange.idle = False
    if scope.cancelled_caught:
        raise TimedOut("wait.timed_out", f"nothing happened within {timeout_ms} ms", {"timeoutMs": timeout_ms})


def _reaches(seq: int) -> Callable[[Event], bool]:
    return lambda event: event.seq >= seq
