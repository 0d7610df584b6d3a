"""A JSON-RPC subscription: each event that passes the filter is a notification ``event``; ``event.overflow`` ends a slow
client's subscription.
"""

from collections.abc import Callable, Iterator, Sequence

from maestrod.api.errors import ResyncRequired
from maestrod.api.event import Event, EventList, EventSubscribe
from maestrod.rpc.catch_up import UNSENT_BYTES, catch_up
from maestrod.rpc.context import ClientState, Services


def matcher(params: EventSubscribe | EventList) -> Callable[[Event], bool]:
    """A function that says whether an event passes all given filters."""
    topics = frozenset(params.topics)
    kinds = frozenset(topic for topic in topics if "." not in topic)
    sessions, tasks = frozenset(params.session_ids), frozenset(params.task_ids)
    project, root = params.project_id, params.root_id
    if not (topics or sessions or tasks or project or root):
        return lambda event: True

    def matches(event: Event) -> bool:
        return (
            (not topics or event.type in topics or event.type.partition(".")[0] in kinds)
            and (not sessions or event.session_id in sessions or event.id in sessions)
            and (not tasks or event.task_id in tasks or event.id in tasks)
            and (project is None or project in (event.project_id, event.id))
            and (root is None or root in (event.root_id, event.id))
        )

    return matches


class Subscription:
    """One client's subscription. ``close`` ends it without a notification."""

    def __init__(self, services: Services, client: ClientState, matches: Callable[[Event], bool], seq: int) -> None:
        self.number = client.open_stream(self.close)
        self._services = services
        self._wire = client.wire
        self._client = client
        self._matches = matches
        self._sent = seq
        self._closed = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._prefix = b'{"jsonrpc":"2.0","method":"event","params":{"subscription":%d,"event":' % self.number

    def close(self) -> None:
        """End it."""
        self._closed = True
        self._unsubscribe()

    def go_live(self) -> None:
        """Receive every event that is published from now on."""
        handle = self._services.engine.bus.subscribe(self._matches, self._deliver)
        self._unsubscribe = handle.close

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._closed

    async def wait_room(self) -> None:
        """Return when the client can take more."""
        await self._wire.wait_room()

    async def catch_up(self, earlier: Iterator[Event]) -> None:
        """Send past events, then go live."""
        try:
            await catch_up(self._services, self, self._matches, earlier, self._sent)
        except ResyncRequired:  # a segment was removed while a slow client was reading it
            self._overflow()

    def show(self, events: Sequence[Event], seq: int) -> None:
        """Send events. The client is then up to date to ``seq``."""
        for event in events:
            self._wire.send(b"%b%b}}" % (self._prefix, self._services.events.encode(event)))
        self._sent = seq

    def _deliver(self, events: Sequence[Event]) -> None:
        fresh = [event for event in events if event.seq > self._sent]
        if self._too_much():
            self._wire.flush()
            if self._too_much():
                self._overflow()
                return
        if fresh:
            self.show(fresh, fresh[-1].seq)

    def _too_much(self) -> bool:
        return self._wire.unsent > UNSENT_BYTES

    def _overflow(self) -> None:
        self._services.counts["overflows"] += 1
        self.close()
        self._client.forget_stream(self.number)
        params = b'{"subscription":%d,"lastSeq":%d}' % (self.number, self._sent)
        self._wire.send(b'{"jsonrpc":"2.0","method":"event.overflow","params":%b}' % params)
