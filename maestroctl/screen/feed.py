"""Where the view's knowledge comes from: a thread that reads everything once, then every event, and hands both on.

A thread, because the client blocks and a screen must not. A daemon that goes away is waited for as long as somebody watches;
what happened meanwhile comes by ``since``, and when the daemon no longer has it everything is read again.
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

#: Seconds between two pictures while things happen; between two looks at what sessions wrote, and at the daemon.
GATHER = 0.1
_LOOK = 0.5
_STATUS = 2.0
_AWAY = 0.2

_PAGE = 1000
#: Sessions whose last line is asked for, and bytes of the end of the one that is looked at.
_TAILS = 50
_TAIL_BYTES = 65_536


class News(msgspec.Struct, frozen=True):
    """What is new since the last one: only what is given is."""

    fleet: Fleet | None = None
    events: tuple[Event, ...] = ()
    away: bool | None = None
    status: SystemStatus | None = None
    tails: dict[str, str] | None = None
    output: tuple[str, str] | None = None  # a session's id, and the end of what it wrote
    failure: MaestroError | None = None


class Feed:
    """Runs ``tell`` with news, on a thread of its own, until it is closed. ``look_at`` is the session whose output is shown."""

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
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; returns when the thread has."""
        self._closing.set()
        self._thread.join(5)

    def live(self, sessions: list[str]) -> None:
        """Which sessions are at work: the last line of each is told now and then."""
        self._live = sessions[-_TAILS:]

    def _run(self) -> None:
        try:
            with self._client:
                while not self._closing.is_set():
                    self._follow()
        except MaestroError as error:
            self._tell(News(failure=error))

    def _follow(self) -> None:
        """Read everything, then follow; returns when it has to be read again."""
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
        """What else comes until the next picture."""
        deadline, more = time.monotonic() + GATHER, list[Event]()
        while (left := deadline - time.monotonic()) > 0 and not stream.away:
            more += stream.poll(left)
        return more

    def _look(self) -> None:
        """What no event tells: what sessions wrote, and the daemon's own state."""
        now = time.monotonic()
        try:
            if now >= self._next_look:
                self._next_look = now + _LOOK
                seen = News(tails=self._tails(), output=self._output())
                if seen != self._seen:  # a picture that would be the same is not drawn
                    self._seen = seen
                    self._tell(seen)
            if now >= self._next_status:
                self._next_status = now + _STATUS
                status = self._client.raw("system.status", {})
                self._tell(News(status=msgspec.convert(status, SystemStatus)))
        except (MaestroError, ConnectionLost, msgspec.ValidationError):  # a picture without it is better than none
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
    """It is told in the picture."""


def read_all(client: Client) -> Fleet:
    """Everything there is to see, page by page."""
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
    """The end of what a session wrote, with its colours and nothing else that drives a terminal; in words, where its output is
    a stream for programs.
    """
    if has_transcript(client, session_id):
        return "\n".join(newest(client, session_id, lines))
    page = client.raw("session.output", {"sessionId": session_id, "lines": lines, "limit": _TAIL_BYTES})
    return Sanitizer().feed(base64.b64decode(page["data"])).decode("utf-8", "replace")
