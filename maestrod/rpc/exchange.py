"""One request and the one answer it is owed: exactly one when it carries an id, none when it is a notification."""

from collections.abc import Callable
from typing import Any

import trio
from msgspec import UnsetType

from maestrod.rpc.envelope import Id

#: What an answer is: jsonrpcserver's ``Result``, an OSlash ``Either`` without types of its own. Only ``dispatch.py`` looks inside.
Result = Any

#: Takes an answer and the id it belongs to.
Send = Callable[[Id | UnsetType, Result], None]


class Exchange:
    """A request under way.

    The first ``answer`` counts, later ones are dropped: a cancelled call may still come to its end, which ``finish`` tells.
    ``scope`` is that of the task the call runs in, if it does; ``idle`` says that the task does nothing but wait for something
    to happen, so that nothing is lost when it is cut off. ``note`` is told the answer as well. ``size`` is what the request holds of memory, in bytes.
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
        """Give the answer."""
        if not self.answered:
            self.answered = True
            if self.note is not None:
                self.note(result)
            self._send(self.id, result)

    def finish(self, result: Result) -> None:
        """Give the answer, unless there was one; nothing is left to do."""
        self.answer(result)
        self._done(self)

    def cut(self, result: Result) -> None:
        """Answer now and end the task, if there is one; what was handed to the engine stands."""
        self.answer(result)
        if self.scope is not None:
            self.scope.cancel()
