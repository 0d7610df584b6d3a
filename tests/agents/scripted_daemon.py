"""A daemon for worker tests: a real socket, answers from a function, a record of every call, and bad behaviour on demand."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.kit.patience import PATIENCE

Answer = Callable[[str, dict[str, Any]], Any]


class Refusal(Exception):
    """Answer with an error."""

    def __init__(
        self, code: int, reason: str, *, retryable: bool = False, details: dict[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.fault = {
            "code": code,
            "message": reason,
            "data": {"code": reason, "retryable": retryable, "details": details or {}},
        }


class Hangup(Exception):
    """Close the connection instead of answering."""


def accept_all(method: str, params: dict[str, Any]) -> Any:
    """Say yes to everything."""
    return {}


class ScriptedDaemon:
    """Serves one connection after the other in a thread; ``calls`` has (method, params) in order."""

    def __init__(self, path: Path, answer: Answer = accept_all) -> None:
        self.path = path
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._connection: socket.socket | None = None
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.path.unlink(missing_ok=True)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, args=(self._listener,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None and self._thread is not None
        with self._news:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
            if self._connection is not None:
                with suppress(OSError):  # closed already
                    self._connection.shutdown(socket.SHUT_RDWR)  # as the death of a daemon does
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._listener.close()

    def methods(self) -> list[str]:
        """The names of the calls."""
        return [method for method, _ in self.calls]

    def params(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every call of a method, without what is the same in all, and without the time."""
        hidden = ("sessionToken", "requestId", "at")
        return [
            {name: value for name, value in params.items() if name not in hidden}
            for called, params in self.calls
            if called == method
        ]

    def wait_for(self, method: str) -> None:
        """Return when the method has been called."""
        with self._news:
            assert self._news.wait_for(lambda: method in self.methods(), timeout=PATIENCE), f"{method} was never called"

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), connection, connection.makefile("rwb") as stream:
                self._connection = connection
                self._converse(stream)
            with self._news:
                self._connection = None

    def _converse(self, stream: Any) -> None:
        for line in stream:
            request = json.loads(line)
            with self._news:
                self.calls.append((request["method"], request["params"]))
                self._news.notify_all()
            reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
            try:
                reply["result"] = self.answer(request["method"], request["params"])
            except Refusal as refusal:
                reply["error"] = refusal.fault
            except Hangup:
                return
            stream.write(json.dumps({"jsonrpc": "2.0", "method": "event", "params": {}}).encode() + b"\n")
            stream.write(json.dumps(reply).encode() + b"\n")
            stream.flush()
