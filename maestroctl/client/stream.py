"""Streams that survive a restart of the daemon: events and terminal output, each on its own connection.

A stream that loses its connection continues where it stopped, at its last event or the offset of its last byte: without a gap
or a repetition, also across a restart of the daemon.
"""

import base64
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, Generic, TypeVar

import msgspec

from maestroctl.client.channel import RETRY_PAUSE, Channel, ConnectionLost, Silent
from maestroctl.client.client import Client, Incoming, begin, decode
from maestroctl.client.errors import lost
from maestroctl.output import say
from maestrod.api.errors import MaestroError, NoDaemon, ResyncRequired
from maestrod.api.event import (
    EVENT_LIST,
    EVENT_SUBSCRIBE,
    Event,
    EventList,
    EventPage,
    EventSubscribe,
    Subscription,
)
from maestrod.api.model.base import Params
from maestrod.api.session import SESSION_ATTACH
from maestrod.api.terminal import Attachment, SessionAttach

_AWAY = "The daemon is away"

T = TypeVar("T")


class Stream(ABC, Generic[T]):
    """Connects, polls and reconnects, for both kinds of stream. ``poll`` suits a loop that has other things to do."""

    method = ""  #: the notification with an item
    overflow = ""  #: the notification that this client was too slow and was disconnected

    def __init__(self, client: Client) -> None:
        self._client = client
        self._channel: Channel | None = None
        self._lost_at: float | None = None
        self.patience = client.patience  #: seconds to wait for a lost daemon
        self.notify: Callable[[str], object] = say  #: called once with the reason when this stream waits for the daemon
        self._notified = False

    def __iter__(self) -> Iterator[T]:
        while not self.ended:
            yield from self.poll(None)

    def close(self) -> None:
        """Close the connection."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    @property
    def ended(self) -> bool:
        """Whether no more items can follow."""
        return False

    @property
    def away(self) -> bool:
        """Whether this stream waits for the daemon: it is absent, or does not answer."""
        return self._lost_at is not None or self._is_silent

    @property
    def _is_silent(self) -> bool:
        return self._channel is not None and self._channel.is_silent

    @property
    def trouble(self) -> str:
        """Why this stream waits for the daemon; empty if it does not, or if nothing but the daemon's absence is known."""
        if not self._is_silent or self._channel is None:
            return ""
        return self._client.why_silent(self._channel.silent()).message

    def open_when_there(self) -> None:
        """Let ``poll`` connect as after a loss, so that it waits for a daemon that is away."""
        self._lost_at = time.monotonic()

    def open(self) -> None:
        """Connect and subscribe. Raises ``NoDaemon``, or the error that the daemon answers (``ResyncRequired``)."""
        channel = self._client.open()
        try:
            self._begin(channel)
        except Silent as error:
            channel.close()
            raise self._client.why_silent(error) from error
        except ConnectionLost as error:
            channel.close()
            raise lost(error) from error
        except MaestroError:
            channel.close()
            raise
        self._channel = channel
        self._lost_at = None

    def fileno(self) -> int:
        """The descriptor for ``select``; -1 while disconnected."""
        return -1 if self._channel is None else self._channel.fileno()

    def poll(self, timeout: float | None) -> list[T]:
        """The items that arrive within ``timeout`` seconds (None: no limit), as soon as there are any.

        Raises ``NoDaemon`` if a lost daemon does not come back within ``patience``.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            remaining = None if deadline is None else max(deadline - time.monotonic(), 0.0)
            if self._channel is None and not self._reopen(remaining):
                return []
            items = self._drain(remaining)
            self._give_up_on_silence()
            self._tell_away()
            if items or self.ended or (deadline is not None and time.monotonic() >= deadline):
                return items

    def _give_up_on_silence(self) -> None:
        """Raise the error if the daemon has not answered for longer than ``patience``; until then, keep its connection."""
        if self._is_silent and self._channel is not None and self._channel.silence > self.patience:
            raise self._client.why_silent(self._channel.silent())

    def _tell_away(self) -> None:
        if self.away and not self._notified:
            self.notify(f"{self.trouble or _AWAY}. Waiting for it; agents continue.")
        self._notified = self.away

    def _reopen(self, remaining: float | None) -> bool:
        """Try to reconnect within this time; False if it passed."""
        self._tell_away()
        now = time.monotonic()
        deadline = None if remaining is None else now + remaining
        while True:
            try:
                self.open()
            except NoDaemon as error:
                lost_at = self._lost_at or now
                if self._lost_at is None or time.monotonic() - lost_at > self.patience:
                    raise lost(error) from error
                if self._client.revive(error):
                    continue
                if deadline is not None and time.monotonic() >= deadline:
                    return False
                time.sleep(RETRY_PAUSE if deadline is None else min(RETRY_PAUSE, max(deadline - time.monotonic(), 0)))
            else:
                return True

    def _drain(self, timeout: float | None) -> list[T]:
        """Everything that has arrived, after waiting for the first item; includes what arrived before the connection was lost."""
        assert self._channel is not None  # noqa: S101 - poll has just connected
        items: list[T] = []
        try:
            while not self.ended and (line := self._channel.receive(0.0 if items else timeout)) is not None:
                items += self._read(decode(line))
        except ConnectionLost:
            self.close()
            self._lost_at = time.monotonic()
        return items

    def _read(self, message: Incoming) -> list[T]:
        if message.method == self.overflow:
            raise ConnectionLost("the daemon disconnected this client because it read too slowly")
        return self._items(message) if message.method == self.method else []

    @abstractmethod
    def _begin(self, channel: Channel) -> None:
        """Subscribe on a new connection, from where this stream stopped."""

    @abstractmethod
    def _items(self, message: Incoming) -> list[T]:
        """The items in a notification."""

    def _call(self, channel: Channel, name: str, params: Params, overrides: Mapping[str, Any]) -> msgspec.Raw:
        return begin(channel, name, {**self._client.members(params), **overrides})


class _EventNote(msgspec.Struct, frozen=True):
    """The parameters of a notification ``event``."""

    subscription: int
    event: Event


class EventStream(Stream[Event]):
    """Every event that passes the filters, from ``params.since`` or from now on. ``seq`` is the last one known.

    A sequence number alone does not identify an event: a store that was restored from a backup, or repaired, uses the same numbers
    again. So after each reconnection the stream compares the last event it knows with the daemon's event of that number, and raises
    ``ResyncRequired`` if they differ.
    """

    method = "event"
    overflow = "event.overflow"

    def __init__(self, client: Client, params: EventSubscribe) -> None:
        super().__init__(client)
        self._params = params
        self.seq = params.since
        self._last: Event | None = None  # the event ``seq``, where the daemon has it
        self._begun = False

    def begin_again(self) -> None:
        """After ``ResyncRequired``, subscribe from now on; read the state afterwards. Raises as ``open`` does."""
        self.close()
        self.seq, self._last, self._begun = None, None, False
        self.open()

    def _begin(self, channel: Channel) -> None:
        if self._begun:
            self._check_history(channel)
        elif self.seq is not None:
            self._last = self._kept(channel, self.seq)
        since = {} if self.seq is None else {"since": self.seq}
        answer = self._call(channel, EVENT_SUBSCRIBE.name, self._params, since)
        if self.seq is None:
            self.seq = msgspec.json.decode(answer, type=Subscription).seq
            with closing(self._client.open()) as other:  # notifications already arrive on the first
                self._last = self._kept(other, self.seq)
        self._begun = True

    def _check_history(self, channel: Channel) -> None:
        """Raise ``ResyncRequired`` unless the daemon has the last event this stream knows."""
        if self.seq and (self._last is None or not _is_same(self._kept(channel, self.seq), self._last)):
            message = f"the daemon's history has changed at event {self.seq}: its store was restored or trimmed; run the command again"
            raise ResyncRequired("event.resync_required", message)

    def _kept(self, channel: Channel, seq: int) -> Event | None:
        """The event ``seq``; None if the daemon no longer has it, or does not have it on disk yet."""
        try:
            return self._at(channel, seq)
        except ResyncRequired:
            return None

    def _at(self, channel: Channel, seq: int) -> Event | None:
        if seq == 0:
            return None
        answer = self._call(channel, EVENT_LIST.name, EventList(since=seq - 1, limit=1), {})
        items = msgspec.json.decode(answer, type=EventPage).items
        return items[0] if items else None

    def _items(self, message: Incoming) -> list[Event]:
        event = msgspec.json.decode(message.params, type=_EventNote).event
        if self.seq is not None and event.seq <= self.seq:
            return []
        self.seq, self._last = event.seq, event
        return [event]


def _is_same(one: Event | None, other: Event) -> bool:
    return one is not None and (one.seq, one.at, one.type, one.id) == (other.seq, other.at, other.type, other.id)


class _OutputNote(msgspec.Struct, frozen=True):
    """The parameters of a notification ``output``; ``offset`` is that of the first byte."""

    attachment: int
    offset: int
    data: str = ""
    dropped: int = 0
    ended: bool = False


class OutputStream(Stream[bytes]):
    """The bytes of a session's terminal from ``params.offset`` (or from now) on. ``offset`` is that of the next byte.

    ``dropped`` counts bytes that were rotated away before they could be read.
    """

    method = "output"

    def __init__(self, client: Client, params: SessionAttach) -> None:
        super().__init__(client)
        self._params = params
        self.offset = params.offset
        self.dropped = 0
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the session has ended and all its output was read."""
        return self._ended

    def _begin(self, channel: Channel) -> None:
        offset = {} if self.offset is None else {"offset": self.offset}
        answer = self._call(channel, SESSION_ATTACH.name, self._params, offset)
        self.offset = msgspec.json.decode(answer, type=Attachment).offset

    def _items(self, message: Incoming) -> list[bytes]:
        note = msgspec.json.decode(message.params, type=_OutputNote)
        data = base64.b64decode(note.data)
        if self.offset is not None and note.offset > self.offset:
            self.dropped += note.offset - self.offset
        self.offset = note.offset + len(data)
        self._ended = note.ended
        return [data] if data else []
