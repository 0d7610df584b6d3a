"""A connection to the daemon that survives its restarts: newline-delimited JSON-RPC 2.0 on the Unix socket.

A call without an answer is repeated with the same ``requestId`` on a new connection, for as long as it takes. The daemon
recognizes repeated calls, so nothing happens twice and nothing is lost while it restarts.
"""

import _socket
import posix
import time

from .jsontext import dumps, loads
from .terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Seconds between tries: short at first (a restart takes half a second), then longer (the daemon may be away for hours).
FIRST_PAUSE = 0.05
LAST_PAUSE = 2.0
#: Seconds that work waits for the answer to a note: a running daemon takes milliseconds, a stopped one must not stop us.
_NOTE_SECONDS = 1.0
#: An answer is at most 16 MiB (the contract's reply limit), with room for the envelope.
_LINE_LIMIT = 17 * 1024 * 1024


class Refused(Exception):
    """The daemon refused a call. ``code`` is the JSON-RPC code, ``reason`` its stable name, ``details`` more data."""

    def __init__(self, code: int, message: str, data: "dict[str, Any]") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = str(data.get("code", ""))
        self.details: dict[str, Any] = data.get("details") or {}
        self.retryable = data.get("retryable") is True
        #: Whether the session itself is refused, not only this report.
        self.is_final = self.reason.startswith(("session.", "token."))


class Gone(Exception):
    """The session has been removed."""


class Daemon:
    """Calls the methods that a worker may call, for its session.

    A parameter ``at`` is a time of ``steady``. It is sent as wall time, computed again for each try, so that setting the
    clock meanwhile does not change the moment.
    """

    def __init__(self, path: str, token: str, calls: str, witness: str) -> None:
        """``calls`` is the prefix of every call's id, unique to this worker. ``witness`` is a file of the session."""
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
        """Call a method and return its result. Raises ``Refused``; waits for the daemon while it is away or busy.

        Raises ``Gone`` when it is away and the session's files have been removed: then no daemon will want the session.
        """
        answer = self.calls((method, params))[0]
        if isinstance(answer, Refused):
            raise answer
        return answer

    def calls(self, *requests: "tuple[str, dict[str, Any]]") -> "list[Any]":
        """Call several methods in this order, sent together; returns their results, or ``Refused`` in their place.

        When an answer is missing, or the daemon is busy, all open calls are sent again; the daemon answers repeated calls
        without executing them again.
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
        """Report something and continue, even while the daemon is away: later calls send it again until it is answered.

        Raises ``Refused`` when the session itself is refused: it has no work any more.
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
        """Close the connection; the next call makes another and sends the open calls again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._is_connected = False
        self._received = b""

    def _ask(self, seconds: "float | None") -> None:
        """Send the open calls and read the answers. Raises ``OSError`` when one is missing in time or may be retried."""
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
    """A call without an answer so far. ``noted``: the worker does not wait for the answer."""

    def __init__(self, number: int, method: str, params: "dict[str, Any]", *, noted: bool) -> None:
        self.number = number
        self.method = method
        self.noted = noted
        self._params = params

    def line(self) -> str:
        """The request as a line of JSON."""
        params = self._params
        if "at" in params:
            params = {**params, "at": round((time.time() - (steady() - params["at"])) * 1000)}
        return dumps({"jsonrpc": "2.0", "id": self.number, "method": self.method, "params": params}) + "\n"


def steady() -> float:
    """Seconds on a clock that cannot be set and that runs while the machine sleeps (clock_gettime(2); macOS: monotonic)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _outcome(reply: "dict[str, Any]") -> "Any":
    """The result in a reply, or its error as ``Refused``."""
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
