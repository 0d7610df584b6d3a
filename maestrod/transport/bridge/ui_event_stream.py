"""The UI events of one client: first the recorded ones after a seq, then the live ones, each once and in order.

A client that reads slowly delays no one else (``rpc/catch_up.py``): it is disconnected and gets the last seq that it was
sent. A client that asked to coalesce states is disconnected later: while it lags, the newest ``*.updated`` of an entity
replaces the one before. All other events (``created``, ``status``, ``deleted``, timelines, questions) are always sent.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from maestrod.api.event import Event, EventSubscribe
from maestrod.rpc.catch_up import UNSENT_BYTES, catch_up
from maestrod.rpc.context import Services
from maestrod.rpc.subscription import matcher
from maestrod.rpc.ui_event import is_state
from maestrod.transport.bridge.fanout import Fanout

#: Unsent bytes above which a client that coalesces states receives only the newest; and how many events are held for it.
LAG = 256 * 1024
HELD_LIMIT = 4096


class Pipe(Protocol):
    """The way to the client: ``transport.channel.Channel``."""

    @property
    def unsent(self) -> int: ...

    def write(self, data: bytes) -> None: ...

    async def wait_room(self) -> None: ...


class UiEventStream:
    """Sends the UI events that pass ``filter_``.

    ``cut`` is called with the last seq when the client is too slow; ``start`` runs a task beside the connection.
    """

    def __init__(
        self,
        services: Services,
        fanout: Fanout,
        pipe: Pipe,
        filter_: EventSubscribe,
        *,
        coalesce: bool,
        cut: Callable[[int], None],
        start: Callable[[Callable[[], Awaitable[None]]], None],
    ) -> None:
        self.sent = services.engine.bus.seq
        self._services = services
        self._fanout = fanout
        self._pipe = pipe
        self._filter = filter_
        self._coalesce = coalesce
        self._cut = cut
        self._start = start
        self._closed = False
        self._held: dict[object, tuple[int, bytes]] = {}
        self._leave: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        self._held.clear()
        self._leave()

    def go_live(self) -> None:
        """Send the events that are published from now on."""
        self._leave = self._fanout.join(self, self._filter)

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._closed

    async def wait_room(self) -> None:
        """Return when the client can receive more."""
        await self._pipe.wait_room()

    async def catch_up(self, earlier: Iterator[Event]) -> None:
        """Send earlier events, then go live. Raises ``ResyncRequired`` when the client is too slow."""
        await catch_up(self._services, self, matcher(self._filter), earlier, self.sent)

    def show(self, events: Sequence[Event], seq: int) -> None:
        """Send events; after that the client has everything up to ``seq``."""
        if events:
            self._pipe.write(b"".join(map(self._fanout.frames.of, events)))
        self.sent = seq

    def take(self, events: Sequence[Event], frames: Sequence[bytes], joined: bytes) -> None:
        """Send, or hold, events that the fan-out has just received."""
        unsent = self._pipe.unsent
        if self._held or (self._coalesce and unsent > LAG):
            self._hold(events, frames)
        elif unsent > UNSENT_BYTES:
            self._overflow()
        else:
            self._pipe.write(joined)
            self.sent = events[-1].seq

    async def release(self) -> None:
        """Send what is held, as fast as the client reads."""
        while self._held and not self._closed:
            await self._pipe.wait_room()
            held, self._held = self._held, {}
            if held:
                self._pipe.write(b"".join(frame for _, frame in held.values()))
                self.sent = max(seq for seq, _ in held.values())

    def _hold(self, events: Sequence[Event], frames: Sequence[bytes]) -> None:
        first = not self._held
        for event, frame in zip(events, frames, strict=True):
            key: object = (event.type, event.id) if is_state(event) else event.seq
            self._held.pop(key, None)
            self._held[key] = (event.seq, frame)
        if len(self._held) > HELD_LIMIT:
            self._overflow()
        elif first:
            self._start(self.release)

    def _overflow(self) -> None:
        self._services.counts["overflows"] += 1
        self.close()
        self._cut(self.sent)
