"""A blocking connection to the daemon's socket: lines of JSON out and in, with deadlines.

Imports nothing that costs time to import: the commands that agents run all day stand on it. Errors are ``OSError``s; what they
mean to a user is ``client.py``'s.
"""

import _socket
import os
import stat
import sys
import time

#: Reasons of refusals that mean "the next daemon will": the call is as good as not made.
AWAY = frozenset({"daemon.stopping", "store.closed"})

#: Seconds between tries to connect: a socket that is not there yet gives no event to wait for.
RETRY_PAUSE = 0.05

#: Bytes read at once, and the longest line taken from a daemon (its reply limit, and room for the envelope).
_CHUNK = 262_144
_LINE_LIMIT = 17 * 1024 * 1024

#: Seconds without a word after which the daemon is asked whether it is there, doubled up to the second with each answer, and
#: seconds it has for that answer before it is called silent. Any bytes are an answer.
_QUIET = 2.0
_QUIET_LONGEST = 15.0
SILENT_AFTER = 6.0

#: What it is asked, and the id of that, which no call has.
PROBE_ID = "alive"
PROBE = b'{"jsonrpc":"2.0","id":"alive","method":"system.hello","params":{"client":"maestroctl"}}'

#: Seconds a daemon may take none of what is sent to it.
SEND_PATIENCE = 10.0

#: Seconds between tries while the daemon's backlog is full; Linux says EAGAIN then, and gives no event to wait for.
_BACKLOG_PAUSE = 0.02
_BACKLOG_PATIENCE = 5.0

#: macOS, sys/un.h: the process at the other end.
_LOCAL_PEERPID = 2


class Unsafe(OSError):
    """Somebody else could be at the other end of the socket."""


class ConnectionLost(OSError):
    """The daemon closed the connection before it had answered."""


class Silent(ConnectionLost):
    """What is at the other end (``name``) does not answer; ``pid`` is its process, where the kernel says which."""

    def __init__(self, name: str, seconds: float, pid: int | None = None) -> None:
        super().__init__(f"{name} has not answered for {seconds:.0f} seconds")
        self.name = name
        self.seconds = seconds
        self.pid = pid


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
    """One connection. Not for two threads.

    While nothing comes it asks the daemon now and then whether it is there; ``silence`` says for how long it has owed the answer.
    """

    name = ""  #: what it is connected to, for people
    _last_received = 0.0  # when bytes came last, on the monotonic clock
    _pinged_at: float | None = None  # when the question was sent that has no answer yet
    _quiet = _QUIET

    def __init__(self, path: str) -> None:
        """Connect. Raises ``FileNotFoundError`` or ``ConnectionRefusedError`` when there is no daemon, ``Unsafe`` for a stranger."""
        check(path)
        self.name = path
        self._socket = _connect(path)
        self._pending = bytearray()
        self._scanned = 0
        self._last_received = time.monotonic()

    @property
    def silence(self) -> float:
        """Seconds since the daemon should have answered; 0 while all is well. As of the last ``receive``."""
        return 0.0 if self._pinged_at is None else time.monotonic() - self._pinged_at

    @property
    def is_silent(self) -> bool:
        """Whether the daemon has owed the answer for too long."""
        return self.silence >= SILENT_AFTER

    def silent(self) -> Silent:
        """The error for a daemon that does not answer."""
        return Silent(self.name, time.monotonic() - self._last_received, self.peer)

    @property
    def peer(self) -> int | None:
        """The process that listens; None where the kernel does not say."""
        return _peer(self._socket)

    def fileno(self) -> int:
        """For ``select``; look at ``pending_line`` first."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, message: bytes) -> None:
        """Send one message, which must be JSON on one line. Raises ``Silent`` when the daemon does not take it."""
        rest = memoryview(message + b"\n")
        self._socket.settimeout(SEND_PATIENCE)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError:
                raise self.silent() from None

    def receive(self, timeout: float | None = None) -> bytes | None:
        """The next message, or None when ``timeout`` seconds passed without one, or the daemon is silent (see ``silence``).

        Without a ``timeout`` it waits for as long as the daemon is there. Answers to the question whether it is come as messages.

        Raises ``ConnectionLost`` when the daemon has closed the connection.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (line := self._next_line()) is None:
            now = time.monotonic()
            remaining = self._patience(now) if deadline is None else min(deadline - now, self._patience(now))
            if self._fill(max(remaining, 0.0)):  # zero still takes what has arrived
                self._hear()
                continue
            now = time.monotonic()
            if self._pinged_at is None and now - self._last_received >= self._quiet:
                self._ask(now)
            if (deadline is not None and now >= deadline) or self.is_silent:
                return None
        return line

    def _patience(self, now: float) -> float:
        """Seconds until there is something to do if nothing comes; a daemon that is silent is looked at again and again."""
        if self._pinged_at is None:
            return self._last_received + self._quiet - now
        left = self._pinged_at + SILENT_AFTER - now
        return left if left > 0 else _QUIET

    def _hear(self) -> None:
        """Something came: the daemon is there."""
        self._last_received = time.monotonic()
        if self._pinged_at is not None:
            self._pinged_at = None
            self._quiet = min(self._quiet * 2, _QUIET_LONGEST)

    def _ask(self, now: float) -> None:
        """Ask whether it is there; a daemon that takes not even the question owes the answer all the same."""
        self._pinged_at = now
        self._socket.settimeout(0.0)
        try:
            self._probe()
        except BlockingIOError:
            pass
        except ConnectionError:  # reading says so
            pass

    def _probe(self) -> None:
        """Send the question, which a socket takes whole or not at all."""
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
        """Read once; False when nothing came in time."""
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


def _peer(connection: "_socket.socket") -> int | None:
    """The process that listens at the other end: Linux's unix(7), macOS's sys/un.h."""
    try:
        if sys.platform == "darwin":
            return connection.getsockopt(0, _LOCAL_PEERPID) or None
        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    except OSError:
        return None
    return int.from_bytes(credentials[:4], sys.byteorder) or None
