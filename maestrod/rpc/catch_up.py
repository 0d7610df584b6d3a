"""Catches up with events: first past events, then live ones, without gaps and overlaps.

Every stream of events begins here, whatever its form on the wire. It reads the journal as fast as its client reads. When it
reaches the last event that the bus has published, it goes live, with no checkpoint in between. The bus never waits. A client
that leaves more than ``UNSENT_BYTES`` unread is cut off with the last seq it got, and may start again from there. One commit
always fits.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from maestrod.api.event import Event
from maestrod.rpc.context import Services

#: Maximum bytes that a client may leave unread before it is cut off.
UNSENT_BYTES = 2 * 1024 * 1024

#: Events read from the journal at once.
_PIECE = 256


class Subscriber(Protocol):
    """A client that receives events."""

    @property
    def closed(self) -> bool:
        """Whether the subscription has ended."""

    def show(self, events: Sequence[Event], seq: int) -> None:
        """Send these events. The client is then up to date to ``seq``."""

    def go_live(self) -> None:
        """Receive the events that are published from now on."""

    async def wait_room(self) -> None:
        """Return when the client can take more."""


def past(services: Services, since: int) -> Iterator[Event]:
    """The journal after ``since``. A seq from a reading method may be ahead of the journal for a moment.

    Raises ``ResyncRequired`` if the journal does not go back that far, or has never reached ``since``.
    """
    engine = services.engine
    if engine.bus.seq <= since <= engine.world.seq:
        return iter(())
    return iter(services.store.events_since(since))


async def catch_up(
    services: Services, stream: Subscriber, matches: Callable[[Event], bool], earlier: Iterator[Event], since: int
) -> None:
    """Send matching events of ``earlier``, the events after ``since``, then go live.

    Raises ``ResyncRequired`` if a part of the journal is removed while a slow client still reads it.
    """
    bus, reached = services.engine.bus, since
    while not stream.closed:
        events = [event for event in islice(earlier, _PIECE) if event.seq <= bus.seq]
        reached = events[-1].seq if events else reached
        stream.show([event for event in events if matches(event)], reached)
        if reached >= bus.seq:
            stream.go_live()
            return
        if not events:
            earlier = iter(services.store.events_since(reached))
        await stream.wait_room()
