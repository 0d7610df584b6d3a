"""A small daemon for tests of clients: the real protocol on a real socket, with scripted answers.

    with FakeDaemon(path) as daemon:
        daemon.on("task.get", lambda params: {"id": params["taskId"], ...})

A handler returns the result (JSON values), raises a ``MaestroError``, or returns ``Reply`` with notifications to send after
the reply, or ``HANG_UP`` to close the connection without one. ``calls`` has every request in order. ``sent`` is the history: unless a
test answers ``event.list`` itself, the reply comes from the events that were sent, which streams request when they reconnect.
"""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from maestrod.api.errors import MaestroError, NotFound

Handler = Callable[[dict[str, Any]], Any]

HANG_UP = object()


@dataclass(frozen=True)
class Reply:
    """A result, the notifications that follow it, and whether to close the connection after them."""

    result: Any
    notifications: Sequence[tuple[str, dict[str, Any]]] = ()
    hang_up: bool = False


@dataclass
class FakeDaemon:
    """Listens inside its ``with`` block."""

    path: Path
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _handlers: dict[str, Handler] = field(default_factory=dict)
    sent: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        acceptor, *_ = self._threads
        _hang_up(self._listener)
        acceptor.join(5)  # a client that reconnects at once is refused, or already in the list
        for connection in self._connections:
            _hang_up(connection)
        self.path.unlink(missing_ok=True)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def kill(self) -> None:
        """Leave the socket behind without a listener, as a killed daemon does."""
        self.__exit__()
        with socket.socket(socket.AF_UNIX) as leftover:
            leftover.bind(str(self.path))

    def on(self, method: str, handler: Any) -> None:
        """Answer a method with a function of its params, or always with the same result."""
        self._handlers[method] = handler if callable(handler) else lambda params: handler

    def called(self, method: str) -> list[dict[str, Any]]:
        """The params of every call of a method, without request ids."""
        return [
            {name: value for name, value in params.items() if name != "requestId"}
            for called, params in self.calls
            if called == method
        ]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                for line in lines:
                    if not self._answer(connection, json.loads(line)):
                        return
            except OSError:  # the client has disconnected
                return

    def _answer(self, connection: socket.socket, request: dict[str, Any]) -> bool:
        self.calls.append((request["method"], request.get("params", {})))
        outcome = self._outcome(request)
        if outcome is HANG_UP:
            connection.shutdown(socket.SHUT_RDWR)
            return False
        reply = outcome if isinstance(outcome, Reply) else Reply(outcome)
        if "id" in request:
            body = reply.result if isinstance(reply.result, MaestroError) else {"result": reply.result}
            if isinstance(body, MaestroError):
                body = {"error": {"code": body.rpc_code, "message": body.message, "data": body.data()}}
            _send(connection, {"jsonrpc": "2.0", "id": request["id"], **body})
        for method, params in reply.notifications:
            if method == "event":
                self.sent[params["event"]["seq"]] = params["event"]
            _send(connection, {"jsonrpc": "2.0", "method": method, "params": params})
        if reply.hang_up:
            connection.shutdown(socket.SHUT_RDWR)
        return not reply.hang_up

    def _outcome(self, request: dict[str, Any]) -> Any:
        handler = self._handlers.get(request["method"])
        if handler is None and request["method"] == "event.list":
            handler = self._next_event
        if handler is None:
            return NotFound("fake.method", f"the test answers no {request['method']}")
        try:
            return handler(request.get("params", {}))
        except MaestroError as error:
            return error

    def _next_event(self, params: dict[str, Any]) -> dict[str, Any]:
        seq = params.get("since", 0) + 1
        return {
            "items": [self.sent.get(seq, {"seq": seq, "at": 0, "type": "system.updated", "id": "system"})],
            "seq": seq,
        }


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the client closed it first
        pass
    connection.close()


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")
