"""A typed, blocking client of the daemon: ``Client(paths).call(TASK_GET, TaskRef(task_id=...))`` returns a ``TaskView``.

The daemon's errors are raised as the classes of ``maestrod.api.errors``. If a connection is lost during a call, the client reconnects
and repeats the call for up to ``patience`` seconds, so that commands survive a restart of the daemon. Calls that read can be repeated
as they are; calls that change something carry a ``requestId`` by which the daemon recognises them.
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

#: ``maestrod.api.protocol.wire.LARGE_REQUEST_LIMIT`` (a test compares them): importing it costs every command half a millisecond.
LONGEST = 4 * 1024 * 1024

#: Seconds between checks of a daemon that is slow to answer.
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
    """Makes calls over one connection, opened on first use: to the socket, or by a function that makes channels.

    ``start`` is called if no daemon answers the first call, and if one died later (``revive``); it returns when a daemon answers, or
    raises. ``token`` identifies the calling session. If a daemon exists but does not answer, a person gets an error with the cause,
    while an agent's call prints one notice and waits. Not thread-safe.
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
        """Close the connection; the next call opens another."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def call(self, row: Method[P, R], params: P) -> R:
        """Call the method and return its typed result.

        Raises the daemon's error, ``NoDaemon``, ``NotAllowed`` if the socket is not safe, or ``VersionMismatch`` if this version does
        not understand the reply.
        """
        result = self.request(row.name, msgspec.to_builtins(params))
        try:
            return read(result, row.result)
        except msgspec.DecodeError as error:
            message = f"this maestroctl does not understand the daemon's reply to {row.name} ({error})"
            raise VersionMismatch("client.reply", f"{message}; run `maestroctl daemon restart`") from error

    def raw(self, name: str, params: Mapping[str, Any]) -> Any:
        """Call a method by name with JSON parameters; returns the result as JSON values, with every member."""
        row = row_of(name)
        return self.as_received(name, params) if row is None else filled(self.as_received(name, params), row.result)

    def as_received(self, name: str, params: Mapping[str, Any]) -> Any:
        """Call a method by name; returns the result as received, for lists of which only a few members are needed."""
        return msgspec.json.decode(self.request(name, params))

    def request(self, name: str, params: Mapping[str, Any]) -> msgspec.Raw:
        """Call a method by name; returns the result's bytes. Repeats the call if the connection is lost."""
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
                time.sleep(RETRY_PAUSE)  # a stopping daemon may refuse several attempts

    def why_silent(self, error: Silent) -> NoDaemon:
        """The error that says why the daemon does not answer."""
        from maestroctl.client.diagnosis import why_silent

        return why_silent(error, self._data)

    def _take_silence(self, error: Silent) -> None:
        """Raise the error that says why the daemon does not answer, unless this client waits for it."""
        why = self.why_silent(error)
        if self.patience <= PATIENCE:
            self.close()
            raise why from error
        if not self._reported_silence:
            self._reported_silence = True
            say(f"{why.message}. Waiting for it.")

    def open(self) -> Channel:
        """A separate connection for a stream. Does not start a daemon: raises ``NoDaemon`` if none answers."""
        return self._dial()

    def revive(self, error: NoDaemon) -> bool:
        """Start the daemon again if ``error`` says that it died and this client may start it; a stopped daemon stays stopped."""
        if error.reason != DIED or self._start is None:
            return False
        self._start()
        return True

    def members(self, params: Params) -> dict[str, Any]:
        """The parameters as JSON values, with the calling session's token."""
        members: dict[str, Any] = msgspec.to_builtins(params)
        if self._token is not None:
            members.setdefault("sessionToken", self._token)
        return members

    def _connected(self, deadline: float | None) -> Channel:
        """The connection. With a ``deadline``, tries until then; otherwise starts a daemon if it may."""
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
    """A function that connects to the socket named in the lock of the data folder, which may change between two calls."""
    if callable(paths):
        return paths
    if isinstance(paths, Path) or paths.is_socket_named:
        return partial(connect, paths if isinstance(paths, Path) else paths.socket)
    return lambda: connect(socket_of(paths.data, paths.socket))


def connect(socket: Path) -> Channel:
    """A connection to the daemon. Raises ``NoDaemon`` if none answers, ``NotAllowed`` if the socket may belong to another user."""
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
    """Make a call on ``channel`` before a stream begins there, and return its result."""
    _send(channel, 1, name, members)
    return reply(channel, 1)


def reply(channel: Channel, identity: int) -> msgspec.Raw:
    """Wait for the reply with this id, and return its result.

    Raises the error in the reply, ``ConnectionLost`` if the connection ends first, ``Silent`` if the daemon does not answer.
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
    """Decode a line as a message. Raises ``VersionMismatch`` if it is not JSON-RPC."""
    try:
        return msgspec.json.decode(line, type=Incoming)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise VersionMismatch(
            "client.wire", f"the program on the socket does not speak JSON-RPC 2.0 ({error})"
        ) from error


def _send(channel: Channel, identity: int, name: str, members: Mapping[str, Any]) -> None:
    message = _encoded(identity, name, members)
    if len(message) > LONGEST:  # the daemon would close the connection
        size, limit = len(message) >> 20, LONGEST >> 20
        raise Malformed("request.too_long", f"{name} has {size} MiB of parameters; the daemon accepts {limit} MiB")
    try:
        channel.send(message)
    except ConnectionError as error:
        raise ConnectionLost(str(error)) from error


def _encoded(identity: int, name: str, members: Mapping[str, Any]) -> bytes:
    """The request as JSON. Input that is not UTF-8 is replaced or refused: see ``text_input.py``."""
    request = {"jsonrpc": "2.0", "id": identity, "method": name, "params": members}
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError:
        from maestroctl.client.text_input import sound_members

        return msgspec.json.encode({**request, **sound_members({"method": name}), "params": sound_members(members)})
