"""Feeds the view with data: a thread reads everything once, then every event, and passes both on.

It is a thread because the client blocks and a screen must not. It waits for a lost daemon as long as the view is open. Then it asks
for the events since the last one, and reads everything again if the daemon no longer has them.
"""

import base64
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from maestroctl.client.caller import Caller
from maestroctl.client.channel import ConnectionLost
from maestroctl.client.client import Client
from maestroctl.client.stream import EventStream
from maestroctl.screen.fleet import LISTS, Fleet
from maestroctl.show.sanitizer import Sanitizer
from maestroctl.show.transcript import has_transcript, newest
from maestrod.api.errors import MaestroError, NoDaemon, ResyncRequired
from maestrod.api.event import Event, EventSubscribe
from maestrod.api.system import SystemStatus

#: Seconds between two updates while events arrive, between two checks of the sessions' output, and of the daemon's status.
GATHER = 0.1
_LOOK = 0.5
_STATUS = 2.0
_AWAY = 0.2

_PAGE = 1000
#: Maximum sessions whose last line is read, and bytes of output that are read of the selected one.
_TAILS = 50
_TAIL_BYTES = 65_536


class News(msgspec.Struct, frozen=True):
    """What has changed since the last news; None means unchanged."""

    fleet: Fleet | None = None
    events: tuple[Event, ...] = ()
    away: bool | None = None
    status: SystemStatus | None = None
    tails: dict[str, str] | None = None
    output: tuple[str, str] | None = None  # a session's id and the end of its output
    failure: MaestroError | None = None


class Feed:
    """Calls ``tell`` with news from its own thread until it is closed. ``look_at`` is the session whose output is shown."""

    def __init__(self, caller: Caller, notify: Callable[[News], object]) -> None:
        self.look_at: str | None = None
        self._tell = notify
        self._client = caller.client(patience=_STATUS)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._next_look = self._next_status = 0.0
        self._live: list[str] = []
        self._seen = News()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and return when the thread has ended."""
        self._closing.set()
        self._thread.join(5)

    def live(self, sessions: list[str]) -> None:
        """Set the live sessions, whose last lines are read regularly."""
        self._live = sessions[-_TAILS:]

    def _run(self) -> None:
        try:
            with self._client:
                while not self._closing.is_set():
                    self._follow()
        except MaestroError as error:
            self._tell(News(failure=error))

    def _follow(self) -> None:
        """Read everything, then follow events; returns when everything must be read again."""
        stream = EventStream(self._client, EventSubscribe())
        stream.patience = math.inf
        stream.notify = _nothing
        try:
            stream.open()
            self._tell(News(fleet=read_all(self._client), away=False))
            self._next_look = self._next_status = 0.0
            self._seen = News()
            self._listen(stream)
        except ResyncRequired:
            return
        except NoDaemon:
            self._tell(News(away=True))
            self._closing.wait(_AWAY)
        finally:
            stream.close()

    def _listen(self, stream: EventStream) -> None:
        away = False
        while not self._closing.is_set():
            events = list(stream.poll(_AWAY if stream.away else GATHER))
            if events:
                events += self._gathered(stream)
                self._tell(News(events=tuple(events)))
            if stream.away != away:
                away = stream.away
                self._tell(News(away=away))
            if not away:
                self._look()

    def _gathered(self, stream: EventStream) -> list[Event]:
        """The events that arrive until the next update is due."""
        deadline, more = time.monotonic() + GATHER, list[Event]()
        while (left := deadline - time.monotonic()) > 0 and not stream.away:
            more += stream.poll(left)
        return more

    def _look(self) -> None:
        """Read what events do not contain: the sessions' output and the daemon's status."""
        now = time.monotonic()
        try:
            if now >= self._next_look:
                self._next_look = now + _LOOK
                seen = News(tails=self._tails(), output=self._output())
                if seen != self._seen:  # an unchanged picture is not drawn again
                    self._seen = seen
                    self._tell(seen)
            if now >= self._next_status:
                self._next_status = now + _STATUS
                status = self._client.raw("system.status", {})
                self._tell(News(status=msgspec.convert(status, SystemStatus)))
        except (MaestroError, ConnectionLost, msgspec.ValidationError):  # the picture is still useful without it
            return

    def _tails(self) -> dict[str, str]:
        if not self._live:
            return {}
        lines: dict[str, str] = self._client.raw("session.tails", {"sessionIds": self._live}).get("lines", {})
        return lines

    def _output(self) -> tuple[str, str] | None:
        session_id = self.look_at
        if session_id is None:
            return None
        return session_id, tail(self._client, session_id)


def _nothing(text: str) -> None:
    """Print nothing: the view shows it."""


def read_all(client: Client) -> Fleet:
    """Read every entity, page by page."""
    documents: dict[str, list[dict[str, Any]]] = {}
    for kind, (method, params) in LISTS.items():
        items = documents[kind] = []
        cursor = None
        while True:
            page = client.as_received(method, {**params, "limit": _PAGE, **({"cursor": cursor} if cursor else {})})
            items += page.get("items", ())
            cursor = page.get("nextCursor")
            if not cursor:
                break
    return Fleet(documents)


def tail(client: Client, session_id: str, lines: int = 200) -> str:
    """The end of a session's output, with colours but no other control sequences; readable text if the output is for programs."""
    if has_transcript(client, session_id):
        return "\n".join(newest(client, session_id, lines))
    page = client.raw("session.output", {"sessionId": session_id, "lines": lines, "limit": _TAIL_BYTES})
    return Sanitizer().feed(base64.b64decode(page["data"])).decode("utf-8", "replace")
