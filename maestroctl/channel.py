"""A blocking connection to the daemon's socket: lines of JSON out and in, with deadlines.

Imports nothing that costs time to import: the commands that agents run all day stand on it. Errors are ``OSError``s; what they
mean to a user is ``client.py``'s.
"""

import _socket
import os
import stat
import time

#: Reasons of refusals that mean "the next daemon will": the call is as good as not made.
AWAY = frozenset({"daemon.stopping", "store.closed"})

#: Seconds between tries to connect: a socket that is not there yet gives no event to wait for.
RETRY_PAUSE = 0.05

#: Bytes read at once, and the longest line taken from a daemon (its reply limit, and room for the envelope).
_CHUNK = 262_144
_LINE_LIMIT = 17 * 1024 * 1024

#: Seconds between tries while the daemon's backlog is full; Linux says EAGAIN then, and gives no event to wait for.
_BACKLOG_PAUSE = 0.02
_BACKLOG_PATIENCE = 5.0


class Unsafe(OSError):
    """Somebody else could be at the other end of the socket."""


class Lost(OSError):
    """The daemon closed the connection before it had answered."""


def check(path: str) -> None:
    """Make sure that what listens on ``path`` can only be ours: raises ``Unsafe`` before a byte is sent to a stranger.

    Squatting on a known path is the way to read another user's secrets.
    """
    owner = os.stat(path).st_uid  # noqa: PTH116 - pathlib costs more time than the whole call
    if owner != os.getuid():
        raise Unsafe(f"the socket {path} belongs to user {owner}, not to you")
    folder = os.path.dirname(path)  # noqa: PTH120 - see above
    if os.stat(folder).st_mode & stat.S_IWOTH:  # noqa: PTH116 - see above
        raise Unsafe(f"everybody can write to the folder of the socket {path}: chmod o-w {folder}")


class Channel:
    """One connection. Not for two threads."""

    def __init__(self, path: str) -> None:
        """Connect. Raises ``FileNotFoundError`` or ``ConnectionRefusedError`` when there is no daemon, ``Unsafe`` for a stranger."""
        check(path)
        self._socket = _connect(path)
        self._pending = bytearray()
        self._scanned = 0

    def fileno(self) -> int:
        """For ``select``; look at ``pending_line`` first."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, message: bytes) -> None:
        """Send one message, which must be JSON on one line."""
        self._socket.settimeout(None)
        self._socket.sendall(message + b"\n")

    def receive(self, timeout: float | None = None) -> bytes | None:
        """The next message, or None when ``timeout`` seconds (None: no limit) passed without one.

        Raises ``Lost`` when the daemon has closed the connection.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (line := self._next_line()) is None:
            remaining = None if deadline is None else deadline - time.monotonic()
            if not self._fill(None if remaining is None else max(remaining, 0.0)):  # zero still takes what has arrived
                return None
        return line

    def pending_line(self) -> bool:
        """Whether ``receive`` would return without reading."""
        return self._pending.find(b"\n", self._scanned) >= 0

    def _next_line(self) -> bytes | None:
        end = self._pending.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._pending)
            return None
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        self._scanned = 0
        return line

    def _fill(self, timeout: float | None) -> bool:
        """Read once; False when nothing came in time."""
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(_CHUNK)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionError as error:
            raise Lost(str(error)) from error
        if not data:
            raise Lost("the daemon closed the connection")
        self._pending += data
        if len(self._pending) > _LINE_LIMIT and not self.pending_line():
            raise Lost("the daemon sends a message without end")
        return True


def _connect(path: str) -> "_socket.socket":
    """A connected socket. A full backlog means a living daemon with a lot to do: waits a moment for its turn."""
    deadline = time.monotonic() + _BACKLOG_PATIENCE
    while True:
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        connection.settimeout(_BACKLOG_PATIENCE)
        try:
            connection.connect(path)
        except BlockingIOError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(_BACKLOG_PAUSE)
        except OSError:
            connection.close()
            raise
        else:
            return connection
