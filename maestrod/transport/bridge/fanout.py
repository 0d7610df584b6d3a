"""Sends UI events to every client that follows them: encodes each once, and sends each client a turn's events in one write.

Clients with the same filter share a view: the filter is evaluated once per event, and the frames are joined once. The
events that the bus delivers in one turn of the loop are sent together in the next, so a burst of commits costs each
client one system call. The fan-out never waits: a client has a bounded backlog and is disconnected beyond that.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

import trio

from maestrod.api.event import Event, EventSubscribe
from maestrod.rpc.context import Services
from maestrod.rpc.subscription import matcher
from maestrod.rpc.ui_event import ui_event
from maestrod.transport.bridge.frames import text_frame

log = logging.getLogger(__name__)

#: How many frames are remembered: clients that reconnect together ask for the same ones.
_KEPT = 2048


class ViewClient(Protocol):
    """A client of a view."""

    def take(self, events: Sequence[Event], frames: Sequence[bytes], joined: bytes) -> None:
        """Send these events or hold them; must not wait."""


class Frames:
    """Events as frames, each made once."""

    def __init__(self, services: Services) -> None:
        self._world = services.engine.world
        self._by_seq: dict[int, bytes] = {}

    def of(self, event: Event) -> bytes:
        """The frame of an event."""
        made = self._by_seq.get(event.seq)
        if made is None:
            if len(self._by_seq) >= _KEPT:
                self._by_seq.clear()
            made = self._by_seq[event.seq] = text_frame(ui_event(self._world, event))
        return made


class View:
    """All clients with the same filter."""

    def __init__(self, matches: Callable[[Event], bool]) -> None:
        self.matches = matches
        self.followers: dict[ViewClient, None] = {}


class Fanout:
    """Subscribes to the bus while it has clients. ``run`` must be running."""

    def __init__(self, services: Services) -> None:
        self.frames = Frames(services)
        self._bus = services.engine.bus
        self._views: dict[EventSubscribe, View] = {}
        self._pending: list[Event] = []
        self._flushes: dict[Callable[[], None], None] = {}
        self._came = trio.Event()
        self._end: Callable[[], None] | None = None

    @property
    def followers(self) -> int:
        """How many clients follow events."""
        return sum(len(view.followers) for view in self._views.values())

    def join(self, follower: ViewClient, filter_: EventSubscribe) -> Callable[[], None]:
        """Send a client every event from now on that passes the filter; returns the function that ends this."""
        self.flush()
        view = self._views.get(filter_)
        if view is None:
            view = self._views[filter_] = View(matcher(filter_))
        view.followers[follower] = None
        if self._end is None:
            self._end = self._bus.subscribe(lambda event: True, self._published).close
        return lambda: self._leave(follower, filter_)

    async def run(self) -> None:
        """Send the published events, once per turn of the loop."""
        while True:
            await self._came.wait()
            self._came = trio.Event()
            self.flush()
            flushes, self._flushes = self._flushes, {}
            for flush in flushes:
                flush()

    def flush_soon(self, flush: Callable[[], None]) -> None:
        """Call ``flush`` once in the next turn, so that data that became ready together is sent together."""
        self._flushes[flush] = None
        self._came.set()

    def flush(self) -> None:
        """Send the published events now."""
        events, self._pending = self._pending, []
        if events:
            for view in list(self._views.values()):
                self._send(view, [event for event in events if view.matches(event)])

    def _send(self, view: View, events: list[Event]) -> None:
        if events:
            frames = [self.frames.of(event) for event in events]
            joined = b"".join(frames)
            for follower in list(view.followers):
                try:
                    follower.take(events, frames, joined)
                except Exception:  # one bad connection must not harm the others
                    log.exception("a client failed to accept events and receives no more")
                    view.followers.pop(follower, None)

    def _published(self, events: Sequence[Event]) -> None:
        self._pending += events
        self._came.set()

    def _leave(self, follower: ViewClient, filter_: EventSubscribe) -> None:
        view = self._views.get(filter_)
        if view is None:
            return
        view.followers.pop(follower, None)
        if not view.followers:
            del self._views[filter_]
        if not self._views and self._end is not None:
            self._end()
            self._end = None
