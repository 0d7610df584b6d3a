"""A subscription: events from a seq on, first those that were, then those that come, without a gap and without an overlap.

While it catches up it reads the journal as fast as the client takes it. When it has reached what the bus has published, it
subscribes to the bus with no checkpoint in between; from then on it is told each commit's events once. The bus never waits: a
client that lets too much pile up is told the last seq it got (``event.overflow``), and may subscribe again from there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from maestrod.api.errors import ResyncRequired
from maestrod.api.event import Event, EventList, EventSubscribe
from maestrod.rpc.context import ClientState, Services

#: What may be unsent before a subscriber that is told more is cut off: bytes and messages. One commit always fits.
UNSENT_BYTES = 2 * 1024 * 1024
UNSENT_EVENTS = 8192

#: Events read from the journal at a time.
_PIECE = 256


def matcher(params: EventSubscribe | EventList) -> Callable[[Event], bool]:
    """Whether an event passes every filter that is given."""
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


def past(services: Services, since: int) -> Iterator[Event]:
    """The journal after ``since``. A seq that a reading method told may be ahead of the journal by a moment.

    Raises ``ResyncRequired`` when the journal does not go back so far, or has never been so far.
    """
    engine = services.engine
    if engine.bus.seq <= since <= engine.world.seq:
        return iter(())
    return iter(services.store.events_since(since))


class Subscription:
    """One client's events. ``start`` it with an open stream's number; ``close`` ends it without a word."""

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
        """Be told every event that is published from now on."""
        handle = self._services.engine.bus.subscribe(self._matches, self._deliver)
        self._unsubscribe = handle.close

    async def catch_up(self, past: Iterable[Event]) -> None:
        """Send what was, then go live."""
        bus, store = self._services.engine.bus, self._services.store
        reached = self._sent
        try:
            while not self._closed:
                events = list(islice(past, _PIECE))
                published = [event for event in events if event.seq <= bus.seq]
                self._send([event for event in published if self._matches(event)])
                reached = published[-1].seq if published else reached
                if reached >= bus.seq:
                    self._sent = reached
                    self.go_live()
                    return
                if not events:
                    past = iter(store.events_since(reached))
                await self._wire.wait_room()
        except ResyncRequired:  # a segment went while a slow client was reading it
            self._overflow()

    def _deliver(self, events: Sequence[Event]) -> None:
        fresh = [event for event in events if event.seq > self._sent]
        if self._too_much():
            self._wire.flush()
            if self._too_much():
                self._overflow()
                return
        self._send(fresh)

    def _too_much(self) -> bool:
        return self._wire.unsent > UNSENT_BYTES or self._wire.queued > UNSENT_EVENTS

    def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            self._wire.send(b"%b%b}}" % (self._prefix, self._services.events.encode(event)))
            self._sent = event.seq

    def _overflow(self) -> None:
        self._services.counts["overflows"] += 1
        self.close()
        self._client.forget_stream(self.number)
        params = b'{"subscription":%d,"lastSeq":%d}' % (self.number, self._sent)
        self._wire.send(b'{"jsonrpc":"2.0","method":"event.overflow","params":%b}' % params)
