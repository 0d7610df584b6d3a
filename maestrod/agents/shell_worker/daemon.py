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


class Gone(Exception):
    """The session has been removed."""


class Daemon:
    """Calls the methods a worker may call, in the name of its session."""

    def __init__(self, path: str, token: str, calls: str, witness: str) -> None:
        """``calls`` begins the id of every call; it must be this worker's alone. ``witness`` is a file of the session."""
        self._path = path
        self._token = token
        self._calls = calls
        self._witness = witness
        self._number = 0
        self._connection: _socket.socket | None = None
        self._received = b""
        self._answers: dict[Any, Any] = {}

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

        All of them are sent again when one got no answer, or the daemon is busy: what it has done already it only says again.
        """
        first = self._number + 1
        text = "".join(dumps(self._request(*request)) + "\n" for request in requests).encode()
        pause = FIRST_PAUSE
        while True:
            try:
                return self._ask(text, first)
            except OSError as error:
                trouble = str(error)
            except Refused as refusal:
                trouble = refusal.message
            self.close()
            if not _exists(self._witness):
                raise Gone(f"{self._witness} has been removed")
            if pause > 8 * FIRST_PAUSE:
                say(f"# waiting for maestrod: {trouble}")
            time.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE)

    def _request(self, method: str, params: "dict[str, Any]") -> "dict[str, Any]":
        self._number += 1
        params = {**params, "sessionToken": self._token, "requestId": f"{self._calls}.{self._number}"}
        return {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}

    def close(self) -> None:
        """End the connection; the next call makes another."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._received = b""
        self._answers = {}

    def _ask(self, text: bytes, first: int) -> "list[Any]":
        """One try. Raises ``OSError`` when there was no answer, ``Refused`` when it is worth another try."""
        if self._connection is None:
            self._connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
            self._connection.connect(self._path)
        self._connection.sendall(text)
        return [self._answer(number) for number in range(first, self._number + 1)]

    def _answer(self, number: int) -> "Any":
        """The answer to the call of that number, whichever comes first. A refusal is returned, unless it is worth another try."""
        while number not in self._answers:
            try:
                reply = loads(self._read_line().decode())
            except ValueError as error:
                raise OSError(f"the answer is not JSON: {error}") from None
            if not isinstance(reply, dict) or "id" not in reply:
                continue  # a notification
            self._answers[reply["id"]] = _outcome(reply)
        answer = self._answers.pop(number)
        if isinstance(answer, Refused) and answer.retryable:
            raise answer
        return answer

    def _read_line(self) -> bytes:
        connection = self._connection
        while connection is not None and b"\n" not in self._received:
            data = connection.recv(65536)
            if not data or len(self._received) > _LINE_LIMIT:
                raise OSError("the connection was closed")
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line


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
