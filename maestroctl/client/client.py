"""A typed, blocking client of the daemon: ``Client(places).call(TASK_GET, TaskRef(task_id=...))`` returns a ``TaskView``.

Errors of the daemon arrive as the classes of ``maestrod.api.errors``. A connection lost in the middle of a call is made again
and the call repeated, for as long as ``patience`` says, so that commands outlive a restart of the daemon: reading calls can be
repeated as they are, changing ones carry a ``requestId`` by which the daemon knows them.
"""

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from maestroctl.client.channel import AWAY, RETRY_PAUSE, Channel, ConnectionLost, Silent, Unsafe
from maestroctl.client.errors import (
    DIED,
    absent,
    crowded,
    died,
    failure,
    lost,
    unknown_to_an_older,
    unreachable,
    unsafe,
)
from maestroctl.client.reading import filled, read, row_of
from maestroctl.client.session_env import PATIENCE
from maestroctl.output import say
from maestrod.api.errors import Malformed, NoDaemon, VersionMismatch
from maestrod.api.local.address import Paths
from maestrod.api.local.daemon_lock import is_stopped, socket_of
from maestrod.api.model.base import Params
from maestrod.api.model.method import Method

#: ``maestrod.api.protocol.wire.LARGE_REQUEST_LIMIT`` (a test compares): importing that costs every command half a millisecond.
LONGEST = 4 * 1024 * 1024

#: Seconds between looks at a daemon that is slow to answer.
_LOOK = 1.0

R = TypeVar("R")
P = TypeVar("P", bound=Params)


class Fault(msgspec.Struct, frozen=True):
    """The error object of JSON-RPC 2.0, section 5.1."""

    code: int
    message: str = ""
    data: Any = None


class Incoming(msgspec.Struct, frozen=True):
    """What a daemon sends: a reply (``id``) or a notification (``method``)."""

    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Fault | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"null")


class Client:
    """Calls over one connection, made when it is first needed: to the socket, or by a function that makes channels.

    ``start`` is called when no daemon answers the first call, and when one died later (``revive``); it returns when one
    answers, or raises. ``token`` says which session is speaking. When a daemon exists but does not answer, a
    person gets an error with the cause; an agent prints one notice and waits. Not thread-safe.
    """

    def __init__(
        self,
        paths: Paths | Path | Callable[[], Channel],
        *,
        token: str | None = None,
        start: Callable[[], None] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._dial = _dialer(paths)
        self._data = paths.data if isinstance(paths, Paths) else None
        self.patience = patience
        self._token = token
        self._start = start
        self._channel: Channel | None = None
        self._last_id = 0
        self._reported_silence = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; the next call makes another."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def call(self, row: Method[P, R], params: P) -> R:
        """Call the method and return its typed result.

        Raises the error the daemon answered, ``NoDaemon``, ``NotAllowed`` when the socket is not safe, or
        ``VersionMismatch`` when the reply is not what this version knows.
        """
        result = self.request(row.name, msgspec.to_builtins(params))
        try:
            return read(result, row.result)
        except msgspec.DecodeError as error:
            message = f"this maestroctl does not understand the daemon's reply to {row.name} ({error})"
            raise VersionMismatch("client.reply", f"{message}; run `maestroctl daemon restart`") from error

    def raw(self, name: str, params: Mapping[str, Any]) -> Any:
        """Call a method by name with JSON parameters; the result as JSON values, with every member."""
        row = row_of(name)
        return self.as_received(name, params) if row is None else filled(self.as_received(name, params), row.result)

    def as_received(self, name: str, params: Mapping[str, Any]) -> Any:
        """Call a method by name; the result as it came, for lists of which only a few members are looked at."""
        return msgspec.json.decode(self.request(name, params))

    def request(self, name: str, params: Mapping[str, Any]) -> msgspec.Raw:
        """Call a method by name; the result as the bytes that came. Repeats the call when the connection is lost."""
        members = {"requestId": os.urandom(10).hex(), **params}
        if self._token is not None:
            members.setdefault("sessionToken", self._token)
        deadline: float | None = None
        while True:
            try:
                return self._exchange(self._connected(deadline), name, members)
            except Malformed as error:
                raise unknown_to_an_older(error, name) from error
            except ConnectionLost as error:
                if isinstance(error, Silent):
                    self._take_silence(error)
                self.close()
                now = time.monotonic()
                deadline = deadline or now + self.patience
                if now > deadline:
                    raise lost(error) from error
                time.sleep(RETRY_PAUSE)  # a daemon that is stopping answers once more, and once more

    def why_silent(self, error: Silent) -> NoDaemon:
        """Why the daemon does not answer, for a person."""
        from maestroctl.client.diagnosis import why_silent

        return why_silent(error, self._data)

    def _take_silence(self, error: Silent) -> None:
        """Raise why the daemon does not answer, unless we are to wait for it."""
        why = self.why_silent(error)
        if self.patience <= PATIENCE:
            self.close()
            raise why from error
        if not self._reported_silence:
            self._reported_silence = True
            say(f"{why.message}. Waiting for it.")

    def open(self) -> Channel:
        """A connection of its own for a stream, without starting a daemon: raises ``NoDaemon`` when there is none."""
        return self._dial()

    def revive(self, error: NoDaemon) -> bool:
        """Start the daemon again when ``error`` says that it died, and it may be; one that was stopped stays stopped."""
        if error.reason != DIED or self._start is None:
            return False
        self._start()
        return True

    def members(self, params: Params) -> dict[str, Any]:
        """The parameters as JSON values, with the token of the session that speaks."""
        members: dict[str, Any] = msgspec.to_builtins(params)
        if self._token is not None:
            members.setdefault("sessionToken", self._token)
        return members

    def _connected(self, deadline: float | None) -> Channel:
        """The connection; with a ``deadline`` tries until then, else starts a daemon if it may."""
        while self._channel is None:
            try:
                self._channel = self._dial()
            except NoDaemon as error:
                if deadline is None:
                    if self._start is None:
                        raise
                    self._start()
                    deadline = time.monotonic() + self.patience
                elif time.monotonic() > deadline:
                    raise
                elif not self.revive(error):
                    time.sleep(RETRY_PAUSE)
        return self._channel

    def _exchange(self, channel: Channel, name: str, members: Mapping[str, Any]) -> msgspec.Raw:
        self._last_id += 1
        _send(channel, self._last_id, name, members)
        return reply(channel, self._last_id)


def _dialer(paths: Paths | Path | Callable[[], Channel]) -> Callable[[], Channel]:
    """What makes connections: to the socket that the lock of the data folder names, which may have changed since the last."""
    if callable(paths):
        return paths
    if isinstance(paths, Path) or paths.is_socket_named:
        return partial(connect, paths if isinstance(paths, Path) else paths.socket)
    return lambda: connect(socket_of(paths.data, paths.socket))


def connect(socket: Path) -> Channel:
    """A connection to the daemon. Raises ``NoDaemon`` when none answers, ``NotAllowed`` for a socket that is not safely ours."""
    try:
        return Channel(str(socket))
    except Unsafe as error:
        raise unsafe(error) from error
    except ConnectionRefusedError as error:
        raise died(str(socket)) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise absent(str(socket)) from error
    except BlockingIOError as error:
        raise crowded(str(socket)) from error
    except OSError as error:
        raise unreachable(str(socket), error) from error


def begin(channel: Channel, name: str, members: Mapping[str, Any]) -> msgspec.Raw:
    """Make the call that opens a stream on ``channel``; its result."""
    _send(channel, 1, name, members)
    return reply(channel, 1)


def reply(channel: Channel, identity: int) -> msgspec.Raw:
    """Wait for the reply with this id. Raises the error it carries; ``ConnectionLost`` when the connection ends before, ``Silent`` when the
    daemon is there and does not answer.
    """
    while True:
        line = channel.receive(_LOOK)
        if line is None:
            if channel.is_silent or (channel.silence and is_stopped(channel.peer)):
                raise channel.silent()
            continue
        message = decode(line)
        if message.error is not None and message.id in {identity, None}:
            error = failure(message.error.code, message.error.message, message.error.data)
            if error.reason in AWAY:
                raise ConnectionLost(error.message)
            raise error
        if message.id == identity:
            return message.result


def decode(line: bytes) -> Incoming:
    """A line as a message. Raises ``VersionMismatch`` for one that is not JSON-RPC."""
    try:
        return msgspec.json.decode(line, type=Incoming)
    except msgspec.DecodeError as error:
        raise VersionMismatch(
            "client.wire", f"the program on the socket does not speak JSON-RPC 2.0 ({error})"
        ) from error


def _send(channel: Channel, identity: int, name: str, members: Mapping[str, Any]) -> None:
    message = _encoded(identity, name, members)
    if len(message) > LONGEST:  # the daemon would hang up in the middle of it
        size, limit = len(message) >> 20, LONGEST >> 20
        raise Malformed("request.too_long", f"{name} has {size} MiB of parameters; the daemon accepts {limit} MiB")
    try:
        channel.send(message)
    except ConnectionError as error:
        raise ConnectionLost(str(error)) from error


def _encoded(identity: int, name: str, members: Mapping[str, Any]) -> bytes:
    """The request as JSON. What came with bytes that are not UTF-8 is replaced or refused: see ``text_input.py``."""
    request = {"jsonrpc": "2.0", "id": identity, "method": name, "params": members}
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError:
        from maestroctl.client.text_input import sound_members

        return msgspec.json.encode({**request, **sound_members({"method": name}), "params": sound_members(members)})
