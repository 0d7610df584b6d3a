"""Control connections: newline-delimited JSON between the shim and every process that may open its socket (mode 0600).

A request is `{"id": n, "op": "...", ...}`; its answer carries the same id and either results or `error`. Pushed lines
carry no id: `{"end": n}` once after `watch`, when the log has grown beyond the requested offset, and `{"exit": record}`
when the agent and its tree have ended. `input` may carry a `key`. If that key, or the part of it before the first dot,
was accepted before, the input counts as written and is not written again, so that a daemon may repeat what its
predecessor may not have delivered. A peer that sends a line longer than LINE_LIMIT or leaves more than UNREAD_LIMIT
unread is dropped; it can connect again.
"""

import posix
from binascii import Error as Base64Error
from binascii import a2b_base64

from .codec import decode, encode
from .signals import rungs, signal_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from .agent import Agent
    from .poller import Poller, Readiness
    from .pump import Pump

    class Custodian(Protocol):
        """What a connection needs from `custodian.py`, which creates it."""

        poller: Poller
        clients: set["ControlClient"]
        agent: Agent
        pump: Pump

        def status(self) -> dict[str, Any]: ...
        def has_taken(self, key: str) -> bool: ...
        def take(self, key: str) -> None: ...
        def signal(self, number: int) -> int: ...
        def stop(
            self, ladder: list[tuple[int, float]] | None, waiter: tuple["ControlClient", object] | None
        ) -> None: ...
        def notify(self) -> None: ...


LINE_LIMIT = 256 * 1024
UNREAD_LIMIT = 256 * 1024
CLIENT_LIMIT = 32
NOTICE_SECONDS = 0.05
"""Minimum time between two notices of grown output to one client."""


class ControlClient:
    """One connection. `beyond` is the offset it watches (-1: none); `notice_at` is when the next notice may be sent."""

    def __init__(self, custodian: "Custodian", fd: int) -> None:
        self._custodian = custodian
        self._inbox = bytearray()
        self._outbox = bytearray()
        self.fd = fd
        self.beyond = -1
        self.notice_at = 0.0
        custodian.poller.watch(fd, self._on_ready)

    def send(self, message: "dict[str, Any]") -> None:
        """Send a line now or when the peer reads; drops a peer that has left too much unread."""
        if self.fd < 0:
            return
        self._outbox += encode(message)
        self._flush()
        if len(self._outbox) > UNREAD_LIMIT:
            self.close()

    def close(self) -> None:
        """Drop the connection; does nothing if it is closed already."""
        if self.fd >= 0:
            self._custodian.poller.forget(self.fd)
            self._custodian.clients.discard(self)
            posix.close(self.fd)
            self.fd = -1

    @property
    def unsent(self) -> bool:
        """Whether the peer still has something to read."""
        return self.fd >= 0 and bool(self._outbox)

    def _on_ready(self, event: "Readiness") -> None:
        if event.writable:
            self._flush()
        if self.fd >= 0 and (event.readable or event.hung_up):
            self._receive()

    def _flush(self) -> None:
        try:
            while self._outbox:
                del self._outbox[: posix.write(self.fd, self._outbox)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        self._custodian.poller.watch(self.fd, self._on_ready, write=bool(self._outbox))

    def _receive(self) -> None:
        try:
            data = posix.read(self.fd, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._inbox += data
        *lines, rest = self._inbox.split(b"\n")
        self._inbox = rest
        for line in lines:
            if self.fd >= 0:
                self._answer(bytes(line))
        if len(self._inbox) > LINE_LIMIT:
            self.close()

    def _answer(self, line: bytes) -> None:
        request: dict[str, Any] = {}
        try:
            request = decode(line)
            reply = answer(self._custodian, self, request)
        except Exception as error:  # noqa: BLE001  # no request may end the shim, which is the agent's parent
            reply = {"error": "bad_request", "message": f"{type(error).__name__}: {error}"}
        if reply is not None:
            self.send({"id": request.get("id"), **reply})


def answer(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> "dict[str, Any] | None":
    """The answer to one request; None when the answer comes later or there is none."""
    operation = OPERATIONS.get(request["op"])
    if operation is None:
        return {"error": "unknown_op", "message": f"no such operation: {request['op']}"}
    return operation(custodian, client, request)


def _hello(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> "dict[str, Any]":
    return custodian.status()


def _input(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> "dict[str, Any]":
    try:
        data = a2b_base64(request["data"], strict_mode=True)
    except Base64Error as error:
        raise ValueError(str(error)) from error
    key = request.get("key")
    if key is not None and custodian.has_taken(key):
        return {"queued": 0}
    if not custodian.pump.takes_input:
        return {"error": "no_input", "message": "a file is the agent's standard input: nothing can be written to it"}
    if not custodian.pump.type(data):
        return {"error": "input_full", "message": "the agent does not read its input; try again later"}
    if key is not None:
        custodian.take(key)
    return {"queued": len(data)}


def _close_stdin(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> "dict[str, Any]":
    custodian.pump.close_typed()
    return {}


def _resize(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> "dict[str, Any]":
    try:
        custodian.agent.resize(_size(request["cols"]), _size(request["rows"]))
    except OSError as error:
        return {"error": "no_terminal", "message": f"the session has no terminal to resize: {error.strerror}"}
    return {}


def _size(value: object) -> int:
    """Check a number of columns or rows (struct winsize holds 16 bits)."""
    if not isinstance(value, int) or not 0 < value < 65536:
        raise ValueError(f"{value!r} is not a terminal's size")
    return value


def _signal(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> "dict[str, Any]":
    return {"reached": custodian.signal(signal_number(request["name"]))}


def _stop(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> None:
    custodian.stop(rungs(request["ladder"]) if request.get("ladder") else None, (client, request.get("id")))


def _watch(custodian: "Custodian", client: ControlClient, request: "dict[str, Any]") -> None:
    client.beyond = int(request["beyond"])
    custodian.notify()


OPERATIONS: "dict[object, Callable[[Custodian, ControlClient, dict[str, Any]], dict[str, Any] | None]]" = {
    "hello": _hello,
    "input": _input,
    "closeStdin": _close_stdin,
    "resize": _resize,
    "signal": _signal,
    "stop": _stop,
    "watch": _watch,
}
