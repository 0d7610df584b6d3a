"""One connection to the daemon that outlives it: newline-delimited JSON-RPC 2.0 on the Unix socket.

A call whose answer did not come is made again, with the same ``requestId``, on a new connection, for as long as it takes: the
daemon knows what it has done already, so nothing happens twice and nothing is lost while it restarts.
"""

import _socket
import posix
import time

from .jsontext import dumps, loads
from .terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Seconds between tries: soon at first (a restart takes half a second), then seldom (nobody may come for hours).
FIRST_PAUSE = 0.05
LAST_PAUSE = 2.0
#: Seconds work waits for the answer to a note: a daemon that runs takes milliseconds, one that is stopped must not stop us.
_NOTE_SECONDS = 1.0
#: An answer is at most 16 MiB (the contract's reply limit), with room for the envelope.
_LINE_LIMIT = 17 * 1024 * 1024


class Refused(Exception):
    """The daemon's no. ``code`` is the JSON-RPC code, ``reason`` the stable name of it, ``details`` what it said more."""

    def __init__(self, code: int, message: str, data: "dict[str, Any]") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = str(data.get("code", ""))
        self.details: dict[str, Any] = data.get("details") or {}
        self.retryable = data.get("retryable") is True
        #: Whether it is the session that is refused, and not only this report.
        self.is_final = self.reason.startswith(("session.", "token."))


class Gone(Exception):
    """The session has been removed."""


class Daemon:
    """Calls the methods a worker may call, in the name of its session.

    A parameter ``at`` is a moment by ``steady``. It is sent as wall time, reckoned anew for each try, so that a clock that was
    set meanwhile does not move it.
    """

    def __init__(self, path: str, token: str, calls: str, witness: str) -> None:
        """``calls`` begins the id of every call; it must be this worker's alone. ``witness`` is a file of the session."""
        self._path = path
        self._token = token
        self._calls = calls
        self._witness = witness
        self._number = 0
        self._connection: _socket.socket | None = None
        self._received = b""
        self._is_connected = False
        self._open: list[_Request] = []
        self._answers: dict[int, Any] = {}

    def call(self, method: str, **params: "Any") -> "Any":
        """The result of a method. Raises ``Refused``; waits for the daemon when it is away or busy.

        Raises ``Gone`` when it is away and the session's files have been removed: then no daemon will ever come back for it.
        """
        answer = self.calls((method, params))[0]
        if isinstance(answer, Refused):
            raise answer
        return answer

    def calls(self, *requests: "tuple[str, dict[str, Any]]") -> "list[Any]":
        """The results, or ``Refused``, of several methods, carried out in this order and sent in one piece.

        All that is open is sent again when one got no answer, or the daemon is busy: what it has done already it only says again.
        """
        numbers = [self._add(method, params, noted=False) for method, params in requests]
        pause = FIRST_PAUSE
        while True:
            try:
                self._ask(None)
                return [self._answers.pop(number) for number in numbers]
            except OSError as error:
                trouble = str(error)
            self.close()
            if not _exists(self._witness):
                raise Gone(f"{self._witness} has been removed")
            if pause > 8 * FIRST_PAUSE:
                say(f"# waiting for maestrod: {trouble}")
            time.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE)

    def note(self, method: str, **params: "Any") -> None:
        """Report something and go on, also while the daemon is away: the next call tells it again until it is answered.

        Raises ``Refused`` for a no to the session as such: it has no work any more.
        """
        self._add(method, params, noted=True)
        try:
            self._ask(_NOTE_SECONDS)
        except OSError:
            self.close()

    def _add(self, method: str, params: "dict[str, Any]", *, noted: bool) -> int:
        self._number += 1
        params = {**params, "sessionToken": self._token, "requestId": f"{self._calls}.{self._number}"}
        self._open.append(_Request(self._number, method, params, noted=noted))
        return self._number

    def close(self) -> None:
        """End the connection; the next call makes another, and sends what is open again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._is_connected = False
        self._received = b""

    def _ask(self, seconds: "float | None") -> None:
        """Send what is open and take in the answers. Raises ``OSError`` when there was none in time, or it is worth another try."""
        if self._connection is None:
            self._connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._connection.settimeout(seconds)
        if not self._is_connected:
            self._connection.connect(self._path)
            self._is_connected = True
        self._connection.sendall("".join(request.line() for request in self._open).encode())
        while self._open:
            self._take_answer(self._read_line())

    def _take_answer(self, line: bytes) -> None:
        try:
            reply = loads(line.decode())
        except ValueError as error:
            raise OSError(f"the answer is not JSON: {error}") from None
        number = reply.get("id") if isinstance(reply, dict) else None
        for request in self._open:
            if request.number == number:
                self._settle(request, _outcome(reply))
                return

    def _settle(self, request: "_Request", answer: "Any") -> None:
        if isinstance(answer, Refused) and answer.retryable:
            raise OSError(answer.message)
        self._open.remove(request)
        if not request.noted:
            self._answers[request.number] = answer
        elif isinstance(answer, Refused):
            if answer.is_final:
                raise answer
            say(f"# {request.method} was refused: {answer.message}")

    def _read_line(self) -> bytes:
        connection = self._connection
        while connection is not None and b"\n" not in self._received:
            data = connection.recv(65536)
            if not data or len(self._received) > _LINE_LIMIT:
                raise OSError("the connection was closed")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line


class _Request:
    """A call that has no answer yet. ``noted``: nobody waits for that."""

    def __init__(self, number: int, method: str, params: "dict[str, Any]", *, noted: bool) -> None:
        self.number = number
        self.method = method
        self.noted = noted
        self._params = params

    def line(self) -> str:
        """What is sent."""
        params = self._params
        if "at" in params:
            params = {**params, "at": round((time.time() - (steady() - params["at"])) * 1000)}
        return dumps({"jsonrpc": "2.0", "id": self.number, "method": self.method, "params": params}) + "\n"


def steady() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps (clock_gettime(2); macOS: its monotonic one)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _outcome(reply: "dict[str, Any]") -> "Any":
    """The result of an answer, or its ``Refused``."""
    if "error" not in reply:
        return reply.get("result")
    fault = reply["error"]
    data = fault.get("data")
    return Refused(fault.get("code", 0), fault.get("message", ""), data if isinstance(data, dict) else {})


def _exists(path: str) -> bool:
    try:
        posix.stat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
