"""A blocking connection to the daemon's socket: lines of JSON out and in, with deadlines.

Imports nothing that costs time, because the commands that agents run all day use it. Errors are ``OSError``s; ``client.py`` turns
them into errors for users.
"""

import _socket
import os
import stat
import sys
import time

#: Reasons of refusals that mean that the next daemon will accept the call: this one had no effect.
AWAY = frozenset({"daemon.stopping", "store.closed"})

#: Seconds between attempts to connect: there is no event to wait for while the socket does not exist.
RETRY_PAUSE = 0.05

#: Bytes read at once, and the longest line accepted from a daemon (its reply limit, and room for the envelope).
_CHUNK = 262_144
_LINE_LIMIT = 17 * 1024 * 1024

#: Seconds without data after which the daemon is probed, doubled with each answer up to the second value, and seconds without an answer
#: after which it counts as silent. Any bytes are an answer.
_QUIET = 2.0
_QUIET_LONGEST = 15.0
SILENT_AFTER = 6.0

#: The probe and its id, which no call uses.
PROBE_ID = "alive"
PROBE = b'{"jsonrpc":"2.0","id":"alive","method":"system.hello","params":{"client":"maestroctl"}}'

#: Maximum seconds in which a daemon reads nothing of what is sent to it.
SEND_PATIENCE = 10.0

#: Seconds between attempts while the daemon's backlog is full: Linux returns EAGAIN then, and there is no event to wait for.
_BACKLOG_PAUSE = 0.02
_BACKLOG_PATIENCE = 5.0

#: The socket option for the peer's process id on macOS (sys/un.h).
_LOCAL_PEERPID = 2


class Unsafe(OSError):
    """Another user could be at the other end of the socket."""


class ConnectionLost(OSError):
    """The daemon closed the connection before it answered."""


class Silent(ConnectionLost):
    """The peer ``name`` does not answer; ``pid`` is its process, if the kernel reports it."""

    def __init__(self, name: str, seconds: float, pid: int | None = None) -> None:
        super().__init__(f"{name} has not answered for {seconds:.0f} seconds")
        self.name = name
        self.seconds = seconds
        self.pid = pid


def check(path: str) -> None:
    """Raise ``Unsafe`` if another user could listen on ``path``, before anything is sent.

    By squatting on a known path, another user could read this user's secrets.
    """
    owner = os.stat(path).st_uid  # noqa: PTH116 - pathlib costs more time than the whole call
    if owner != os.getuid():
        raise Unsafe(f"the socket {path} belongs to user {owner}, not to you")
    folder = os.path.dirname(path)  # noqa: PTH120 - see above
    if os.stat(folder).st_mode & stat.S_IWOTH:  # noqa: PTH116 - see above
        raise Unsafe(f"all users can write to the folder of the socket {path}: chmod o-w {folder}")


class Channel:
    """One connection. Not thread-safe.

    While no data arrives it probes the daemon from time to time; ``silence`` is how long an answer has been overdue.
    """

    name = ""  #: what it is connected to, for messages
    _last_received = 0.0  # when data last arrived, on the monotonic clock
    _pinged_at: float | None = None  # when the unanswered probe was sent
    _quiet = _QUIET

    def __init__(self, path: str) -> None:
        """Connect. Raises ``FileNotFoundError`` or ``ConnectionRefusedError`` if no daemon listens, ``Unsafe`` if the peer may be another user."""
        check(path)
        self.name = path
        self._socket = _connect(path)
        self._pending = bytearray()
        self._scanned = 0
        self._last_received = time.monotonic()

    @property
    def silence(self) -> float:
        """Seconds since an answer became overdue; 0 if none is. As of the last ``receive``."""
        return 0.0 if self._pinged_at is None else time.monotonic() - self._pinged_at

    @property
    def is_silent(self) -> bool:
        """Whether an answer has been overdue for too long."""
        return self.silence >= SILENT_AFTER

    def silent(self) -> Silent:
        """The error for a daemon that does not answer."""
        return Silent(self.name, time.monotonic() - self._last_received, self.peer)

    @property
    def peer(self) -> int | None:
        """The id of the listening process; None if the kernel does not report it."""
        return _peer(self._socket)

    def fileno(self) -> int:
        """The descriptor for ``select``; check ``pending_line`` first."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, message: bytes) -> None:
        """Send one message, which must be JSON on one line. Raises ``Silent`` if the daemon does not read it."""
        rest = memoryview(message + b"\n")
        self._socket.settimeout(SEND_PATIENCE)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError:
                raise self.silent() from None

    def receive(self, timeout: float | None = None) -> bytes | None:
        """The next message; None if none arrived within ``timeout`` seconds or the daemon is silent (see ``silence``).

        Without a ``timeout`` it waits as long as the daemon answers probes. Those answers are returned as messages too.

        Raises ``ConnectionLost`` if the daemon closed the connection.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (line := self._next_line()) is None:
            now = time.monotonic()
            remaining = self._patience(now) if deadline is None else min(deadline - now, self._patience(now))
            if self._fill(max(remaining, 0.0)):  # zero still reads what has arrived
                self._hear()
                continue
            now = time.monotonic()
            if self._pinged_at is None and now - self._last_received >= self._quiet:
                self._ask(now)
            if (deadline is not None and now >= deadline) or self.is_silent:
                return None
        return line

    def _patience(self, now: float) -> float:
        """Seconds to wait for data before the next step; a silent daemon is checked repeatedly."""
        if self._pinged_at is None:
            return self._last_received + self._quiet - now
        left = self._pinged_at + SILENT_AFTER - now
        return left if left > 0 else _QUIET

    def _hear(self) -> None:
        """Data arrived: the daemon is alive."""
        self._last_received = time.monotonic()
        if self._pinged_at is not None:
            self._pinged_at = None
            self._quiet = min(self._quiet * 2, _QUIET_LONGEST)

    def _ask(self, now: float) -> None:
        """Send the probe. The answer is due even if the daemon does not read the probe."""
        self._pinged_at = now
        self._socket.settimeout(0.0)
        try:
            self._probe()
        except BlockingIOError:
            pass
        except ConnectionError:  # the next read reports it
            pass

    def _probe(self) -> None:
        """Send the probe, which fits into the socket's buffer whole or not at all."""
        self._socket.send(PROBE + b"\n")

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
        """Read once; False if nothing arrived in time."""
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(_CHUNK)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionError as error:
            raise ConnectionLost(str(error)) from error
        if not data:
            raise ConnectionLost("the daemon closed the connection")
        self._pending += data
        if len(self._pending) > _LINE_LIMIT and not self.pending_line():
            raise ConnectionLost("the daemon sends a message without end")
        return True


def _connect(path: str) -> "_socket.socket":
    """A connected socket. A full backlog means that the daemon is alive and busy, so it waits a moment."""
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


def _peer(connection: "_socket.socket") -> int | None:
    """The id of the process that listens at the other end: Linux's unix(7), macOS's sys/un.h."""
    try:
        if sys.platform == "darwin":
            return connection.getsockopt(0, _LOCAL_PEERPID) or None
        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    except OSError:
        return None
    return int.from_bytes(credentials[:4], sys.byteorder) or None
