"""Catching up with events: first those that were, then those that come, without a gap and without an overlap.

Every stream of events begins here, whatever it looks like on the wire. It reads the journal as fast as its client takes it. When
it has reached what the bus has published it goes live, with no checkpoint in between. The bus never waits: a client that leaves more
than ``UNSENT_BYTES`` unread is cut off and told how far it got, and may begin again from there. One commit always fits.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from maestrod.api.event import Event
from maestrod.rpc.context import Services

#: Bytes a client may leave unread before it is cut off.
UNSENT_BYTES = 2 * 1024 * 1024

#: Events read from the journal at a time.
_PIECE = 256


class Subscriber(Protocol):
    """A client that is told events."""

    @property
    def closed(self) -> bool:
        """Whether it wants no more."""

    def show(self, events: Sequence[Event], seq: int) -> None:
        """Send these events, after which it knows all there is up to ``seq``."""

    def go_live(self) -> None:
        """Be told what is published from now on."""

    async def wait_room(self) -> None:
        """Return when its client can take more."""


def past(services: Services, since: int) -> Iterator[Event]:
    """The journal after ``since``. A seq that a reading method told may be ahead of the journal by a moment.

    Raises ``ResyncRequired`` when the journal does not go back so far, or has never been so far.
    """
    engine = services.engine
    if engine.bus.seq <= since <= engine.world.seq:
        return iter(())
    return iter(services.store.events_since(since))


async def catch_up(
    services: Services, stream: Subscriber, matches: Callable[[Event], bool], earlier: Iterator[Event], since: int
) -> None:
    """Show what matches of the ``earlier`` events, which are those after ``since``, then go live.

    Raises ``ResyncRequired`` when a part of the journal goes while a slow client still reads it.
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
