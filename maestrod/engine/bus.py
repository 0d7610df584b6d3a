"""The bus: delivers durable events to all subscribers, in order and at once."""

from collections.abc import Callable, Sequence

import trio

from maestrod.api.event import Event

Matcher = Callable[[Event], bool]
Deliver = Callable[[Sequence[Event]], None]


class Handle:
    """A subscription to the bus. ``close`` ends it; further calls do nothing."""

    def __init__(self, bus: "Bus", matches: Matcher, deliver: Deliver) -> None:
        self._bus = bus
        self.matches = matches
        self.deliver = deliver

    def close(self) -> None:
        """End the subscription."""
        self._bus.subscribers.pop(self, None)


class Bus:
    """Delivers every published event to the subscribers that it matches.

    ``deliver`` is called on the engine's thread with the matching events of one commit. It must not block, so a slow subscriber
    needs a bounded queue of its own. ``seq`` is that of the last published event.
    """

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self.subscribers: dict[Handle, None] = {}

    def subscribe(self, matches: Matcher, deliver: Deliver) -> Handle:
        """Subscribe to all later events that match."""
        handle = Handle(self, matches, deliver)
        self.subscribers[handle] = None
        return handle

    def publish(self, events: Sequence[Event]) -> None:
        """Deliver the events of one commit."""
        if not events:
            return
        self.seq = events[-1].seq
        for handle in list(self.subscribers):
            wanted = [event for event in events if handle.matches(event)]
            if wanted and handle in self.subscribers:
                handle.deliver(wanted)

    async def wait_for(self, matches: Matcher) -> Event:
        """Return the next event that matches."""
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
