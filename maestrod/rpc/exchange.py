"""One request and its answer: exactly one if it has an id, none if it is a notification."""

from collections.abc import Callable
from typing import Any

import trio
from msgspec import UnsetType

from maestrod.rpc.envelope import Id

#: An answer: jsonrpcserver's ``Result``, an untyped OSlash ``Either``. Only ``dispatch.py`` looks inside.
Result = Any

#: Sends an answer to the request with this id.
Send = Callable[[Id | UnsetType, Result], None]


class Exchange:
    """A request in progress.

    The first ``answer`` counts; later ones are dropped, because a cancelled call may still finish (``finish``). ``scope`` is
    the cancel scope of the call's task, if it has one. ``idle``: the task only waits for an event, so nothing is lost if it is
    cut off. ``note`` receives the answer as well. ``size`` is the memory that the request uses, in bytes.
    """

    __slots__ = ("_done", "_send", "answered", "id", "idle", "note", "scope", "size")

    def __init__(
        self,
        id_: Id | UnsetType,
        send: Send,
        done: Callable[["Exchange"], None],
        size: int,
        scope: trio.CancelScope | None = None,
    ) -> None:
        self.id = id_
        self.size = size
        self.scope = scope
        self.answered = False
        self.idle = False
        self.note: Callable[[Result], None] | None = None
        self._send = send
        self._done = done

    def answer(self, result: Result) -> None:
        """Send the answer, unless there was one."""
        if not self.answered:
            self.answered = True
            if self.note is not None:
                self.note(result)
            self._send(self.id, result)

    def finish(self, result: Result) -> None:
        """Send the answer, unless there was one, and end the exchange."""
        self.answer(result)
        self._done(self)

    def cut(self, result: Result) -> None:
        """Answer now and cancel the task, if there is one. Commands already in the engine stay valid."""
        self.answer(result)
        if self.scope is not None:
            self.scope.cancel()
