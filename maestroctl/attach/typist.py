"""Types into a session without waiting for the daemon: one call at a time, and the next call sends what was typed meanwhile.

One call at a time keeps the keys in order. A call without a reply is not repeated: a key that is lost with a dying daemon is better
than an answer given twice to an agent that asks for permission.
"""

import msgspec

from maestroctl.client.channel import AWAY, Channel, ConnectionLost
from maestroctl.client.client import Client, Fault, decode
from maestroctl.client.errors import failure
from maestrod.api.errors import NoDaemon
from maestrod.api.session import SESSION_RESIZE, SESSION_SEND
from maestrod.api.terminal import SessionResize, SessionSend

#: Maximum characters kept for a session that does not read its input; more are dropped, with a bell.
LONGEST = 1 << 20

#: Maximum characters in one call: the daemon accepts requests of 1 MiB, and JSON may need six bytes for a character.
_PIECE = 100_000

#: Maximum columns or rows of a terminal (``SessionResize``).
_MOST_CELLS = 1000

#: Refusals that need no message: the session runs on pipes, or has ended, which its output stream reports.
_EXPECTED = frozenset({"session.no_terminal", "session.not_running", "session.ended", "session.not_found"})
_FULL = "session.input_full"


class Typist:
    """Types into one session and resizes it; keeps what cannot be sent while the daemon is away."""

    def __init__(self, client: Client, session_id: str) -> None:
        self._client = client
        self._session_id = session_id
        self._channel: Channel | None = None
        self._last_id = 0
        self._under_way: SessionSend | SessionResize | None = None
        self._typed = ""
        self._sizes: list[tuple[int, int]] = []
        self._full = False

    def type(self, text: str) -> bool:
        """Accept typed text; False if there is no room for it."""
        if len(self._typed) + len(text) > LONGEST:
            return False
        self._typed += text
        return True

    def resize(self, columns: int, rows: int, *, redraw: bool = False) -> None:
        """Set the size of the session's terminal, in cells.

        With ``redraw``, sets another size first, so that a full-screen program gets SIGWINCH (which is sent only for a change) and
        redraws.
        """
        columns, rows = (max(min(cells, _MOST_CELLS), 1) for cells in (columns, rows))
        self._sizes = [(columns, max(rows - 1, 1)), (columns, rows)] if redraw else [(columns, rows)]

    @property
    def busy(self) -> bool:
        """Whether there is anything that the daemon has not accepted yet."""
        return bool(self._under_way or self._sizes or self._typed)

    def fileno(self) -> int:
        """The descriptor for ``select``; -1 while disconnected."""
        return -1 if self._channel is None else self._channel.fileno()

    def close(self) -> None:
        """Close the connection."""
        if self._channel is not None:
            self._channel.close()
        self._channel = self._under_way = None

    def step(self, *, retry: bool) -> None:
        """Read the reply, if it has arrived, and send what waits; with ``retry`` also what was refused because the session was full.

        Never blocks. Raises the daemon's error.
        """
        self._full = self._full and not retry
        try:
            self._read()
            while self._under_way is None and (self._sizes or (self._typed and not self._full)):
                self._send()
                self._read()
        except (ConnectionLost, NoDaemon):
            self.close()

    def _send(self) -> None:
        if self._channel is None:
            self._channel = self._client.open()
        call: SessionSend | SessionResize
        if self._sizes:
            columns, rows = self._sizes.pop(0)
            name, call = SESSION_RESIZE.name, SessionResize(session_id=self._session_id, columns=columns, rows=rows)
        else:
            name, call = SESSION_SEND.name, SessionSend(self._session_id, self._typed[:_PIECE], enter=False)
            self._typed = self._typed[_PIECE:]
        self._last_id += 1
        self._under_way = call
        message = {"jsonrpc": "2.0", "id": self._last_id, "method": name, "params": self._client.members(call)}
        try:
            self._channel.send(msgspec.json.encode(message))
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def _read(self) -> None:
        while self._channel is not None and self._under_way is not None:
            line = self._channel.receive(0.0)
            if line is None:
                return
            message = decode(line)
            if message.id == self._last_id:
                self._done(message.error)

    def _done(self, fault: Fault | None) -> None:
        """Handle the end of a call; keep what the daemon did not accept."""
        call, self._under_way = self._under_way, None
        if fault is None:
            return
        error = failure(fault.code, fault.message, fault.data)
        self._full = error.reason == _FULL
        if isinstance(call, SessionSend) and (self._full or error.reason in AWAY):
            self._typed = call.text + self._typed
        if error.reason in AWAY:
            raise ConnectionLost(error.message)
        if not self._full and error.reason not in _EXPECTED:
            raise error
