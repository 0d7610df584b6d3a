"""Waits for a condition of the world, without polling and without missing a change.

The engine changes the world at once and publishes events when they are durable. A waiter checks the world and subscribes to
the bus with no checkpoint in between, so it misses no change. It returns what it saw only once that cannot be undone any more.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import trio

from maestrod.api.errors import TimedOut
from maestrod.api.event import Event
from maestrod.engine.timers import drain_sockets
from maestrod.rpc.context import Context

T = TypeVar("T")


async def wait_until(
    context: Context, look: Callable[[], T | None], concerns: Callable[[Event], bool], timeout_ms: int | None
) -> T:
    """Wait until ``look`` returns a value and that is durable. It is called again after each event that ``concerns`` it.

    Raises ``TimedOut`` after ``timeout_ms``, and what ``look`` raises. Before it times out, it processes what arrived while the
    daemon may not have run, and looks a last time.
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
        await drain_sockets()
        seq = engine.world.seq
        found = look()
        if found is None:
            raise
        if engine.bus.seq < seq:
            await engine.bus.wait_for(_reaches(seq))
        return found


@contextmanager
def deadline(context: Context, timeout_ms: int | None) -> Generator[None]:
    """Mark a block that only waits, so that it may be cut off when the daemon stops. Raises ``TimedOut`` after ``timeout_ms``."""
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
