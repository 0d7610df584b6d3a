"""One control connection to a shim, in trio: requests with answers, notices of grown output, the exit.

A link costs one descriptor and one small task (`receive`); it holds a plain non-blocking socket, because trio's
streams cost more memory than a session may (8 KiB, see `hold.py`). The protocol is described in
`shim/control.py`.
"""

import errno
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import msgspec
import trio

from maestrod.sessions.shim.records import SOCKET
from maestrod.sessions.spec import ExitRecord, ShimRefused

ADDRESS_LIMIT = 107 if sys.platform.startswith("linux") else 103
"""Maximum length of a socket's path, in bytes: unix(7); sys/un.h of macOS."""

_READ_BYTES = 65536


class LinkLost(Exception):
    """The connection ended before the answer came: the shim died, or it dropped a peer that did not read."""


class Link:
    """One connection. `exit` is the exit record once the shim has reported it; `dropped` is the last reported count."""

    __slots__ = ("_answers", "_buffer", "_grown", "_lost", "_next_id", "_sending", "_socket", "dropped", "exit")

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""
        self._answers: dict[int, _Answer] = {}
        self._next_id = 0
        self._sending: trio.Lock | None = None
        self._grown: trio.Event | None = None
        self._lost = False
        self.exit: ExitRecord | None = None
        self.dropped = 0

    def close(self) -> None:
        """Close the connection and wake everyone who waits on it."""
        self._lost = True
        if self._socket.fileno() >= 0:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()
        self._wake_all()

    async def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send one request and return its answer; ShimRefused on an error, LinkLost when the connection ends first."""
        answer = _Answer()
        self._next_id += 1
        request_id = self._next_id
        self._answers[request_id] = answer
        try:
            await self.send({"id": request_id, "op": op, **fields})
            await answer.event.wait()
        finally:
            self._answers.pop(request_id, None)
        if answer.reply is None:
            raise LinkLost
        if "error" in answer.reply:
            raise ShimRefused(answer.reply["error"], answer.reply.get("message", ""))
        return answer.reply

    async def send(self, message: dict[str, Any]) -> None:
        """Send one line; LinkLost when the connection is gone."""
        if self._sending is None:
            self._sending = trio.Lock()
        async with self._sending:
            await send_all(self._socket, msgspec.json.encode(message) + b"\n", self._lost)

    async def wait_grown(self, beyond: int) -> None:
        """Return when the log has grown beyond an offset or the connection has ended. One notice wakes all waiters."""
        if self._lost or self.exit is not None:
            raise LinkLost
        grown = self._grown
        if grown is None:
            grown = self._grown = trio.Event()
            await self._ask_notice(beyond, grown)
        await grown.wait()

    async def _ask_notice(self, beyond: int, grown: trio.Event) -> None:
        asked = False
        try:
            await self.send({"op": "watch", "beyond": beyond})
            asked = True
        finally:
            if not asked:  # the next waiter must ask again
                self._grown = None
                grown.set()

    async def receive_line(self) -> dict[str, Any] | None:
        """The next line, None at the end of the connection. Call it only before `receive` runs."""
        while b"\n" not in self._buffer:
            data = await _read(self._socket)
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return msgspec.json.decode(line, type=dict[str, Any])

    async def receive(self) -> None:
        """Dispatch lines to their waiters until the shim reports the exit or the connection ends."""
        try:
            while self.exit is None and (line := await self.receive_line()) is not None:
                self._take(line)
        except (msgspec.MsgspecError, KeyError, TypeError):
            return  # the shim broke the protocol: `adopt.look` identifies it again on a new connection
        finally:
            self.close()

    def _take(self, line: dict[str, Any]) -> None:
        if "exit" in line and "id" not in line:
            self.exit = msgspec.convert(line["exit"], ExitRecord)
        elif "end" in line and "id" not in line:
            self.dropped = line["dropped"]
            if self._grown is not None:
                self._grown.set()
                self._grown = None
        elif (answer := self._answers.get(line.get("id", 0))) is not None:
            answer.reply = line
            answer.event.set()

    def _wake_all(self) -> None:
        if self._grown is not None:
            self._grown.set()
            self._grown = None
        for answer in self._answers.values():
            answer.event.set()


class _Answer:
    __slots__ = ("event", "reply")

    def __init__(self) -> None:
        self.event = trio.Event()
        self.reply: dict[str, Any] | None = None


async def send_all(connection: socket.socket, data: bytes, lost: bool = False) -> None:
    """Send every byte; LinkLost when the peer is gone."""
    view = memoryview(data)
    while view:
        if lost or connection.fileno() < 0:
            raise LinkLost
        try:
            view = view[connection.send(view) :]
        except BlockingIOError:
            try:
                await trio.lowlevel.wait_writable(connection)
            except trio.ClosedResourceError as error:
                raise LinkLost from error
        except OSError as error:
            raise LinkLost from error


async def _read(connection: socket.socket) -> bytes:
    """Whatever has arrived; empty at the end of the connection, however it ended."""
    while True:
        try:
            return connection.recv(_READ_BYTES)
        except BlockingIOError:
            try:
                await trio.lowlevel.wait_readable(connection)
            except trio.ClosedResourceError:
                return b""
        except OSError:
            return b""


def connect(folder: Path) -> socket.socket:
    """Connect to the shim of a session folder; OSError when no shim listens there.

    On Linux a folder whose path is too long for a socket address is reached through a descriptor; other systems raise
    ENAMETOOLONG.
    """
    path = folder / SOCKET
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        if len(os.fsencode(path)) <= ADDRESS_LIMIT:
            connection.connect(str(path))
        else:
            _connect_through_descriptor(connection, folder)
        _check_peer(connection)
    except OSError:
        connection.close()
        raise
    return connection


def _connect_through_descriptor(connection: socket.socket, folder: Path) -> None:
    if not sys.platform.startswith("linux"):
        message = f"the path {folder / SOCKET} is too long for a socket; set MAESTRO_HOME to a shorter one"
        raise OSError(errno.ENAMETOOLONG, message)
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{descriptor}/{SOCKET}")
    finally:
        os.close(descriptor)


def _check_peer(connection: socket.socket) -> None:
    """Require that the peer belongs to this user (SO_PEERCRED, unix(7)). Where that option is missing, the folder's
    mode 0700 must suffice.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    if uid != os.getuid():
        raise PermissionError(errno.EACCES, "the shim's socket belongs to another user")
