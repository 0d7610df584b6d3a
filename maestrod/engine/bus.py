"""The bus: durable events to whoever listens, in order, at once."""

from collections.abc import Callable, Sequence

import trio

from maestrod.api.event import Event

Matcher = Callable[[Event], bool]
Deliver = Callable[[Sequence[Event]], None]


class Handle:
    """A subscription to the bus; ``close`` ends it, once or often."""

    def __init__(self, bus: "Bus", matches: Matcher, deliver: Deliver) -> None:
        self._bus = bus
        self.matches = matches
        self.deliver = deliver

    def close(self) -> None:
        """Deliver nothing more."""
        self._bus.subscribers.pop(self, None)


class Bus:
    """Gives every published event to the subscribers it matches.

    ``deliver`` is called on the engine's thread with the matching events of one commit; it must not block, so a subscriber
    that is slow keeps a bounded queue of its own. ``seq`` is the last event published.
    """

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self.subscribers: dict[Handle, None] = {}

    def subscribe(self, matches: Matcher, deliver: Deliver) -> Handle:
        """Be given every later event that matches."""
        handle = Handle(self, matches, deliver)
        self.subscribers[handle] = None
        return handle

    def publish(self, events: Sequence[Event]) -> None:
        """Give the events of one commit out."""
        if not events:
            return
        self.seq = events[-1].seq
        for handle in list(self.subscribers):
            wanted = [event for event in events if handle.matches(event)]
            if wanted and handle in self.subscribers:
                handle.deliver(wanted)

    async def wait_for(self, matches: Matcher) -> Event:
        """The next event that matches."""
        found: list[Event] = []
        came = trio.Event()

        def take(events: Sequence[Event]) -> None:
            found.extend(events)
            came.set()

        handle = self.subscribe(matches, take)
        try:
            await came.wait()
        finally:
            handle.close()
        return found[0]
