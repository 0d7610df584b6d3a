"""A batch (specification, section 6): its answers are sent as one array, when the last one is ready."""

from collections.abc import Callable

from msgspec import UNSET, UnsetType

from maestrod.api.errors import Unprocessable
from maestrod.api.protocol.wire import REPLY_LIMIT
from maestrod.rpc.dispatch import refusal
from maestrod.rpc.envelope import Id
from maestrod.rpc.exchange import Result, Send

_TOO_LARGE = Unprocessable(
    "reply.too_large", f"the replies to the batch exceed {REPLY_LIMIT} bytes: send fewer calls at once"
)


class Batch:
    """Collects the answers of a batch. Nothing is sent for a batch of notifications only."""

    def __init__(self, respond: Callable[[Id, Result], bytes], send: Callable[[bytes], None]) -> None:
        self._respond = respond
        self._send = send
        self._answers: list[bytes | None] = []
        self._missing = 0
        self._size = 0
        self._sealed = False

    def slot(self) -> Send:
        """Reserve a place for one more answer."""
        place = len(self._answers)
        self._answers.append(None)
        self._missing += 1

        def put(id_: Id | UnsetType, result: Result) -> None:
            answer = self._respond(None if id_ is UNSET else id_, result)
            if self._size + len(answer) > REPLY_LIMIT:
                answer = self._respond(None if id_ is UNSET else id_, refusal(_TOO_LARGE))
            self._size += len(answer)
            self._answers[place] = answer
            self._missing -= 1
            self._send_if_complete()

        return put

    def seal(self) -> None:
        """Declare that there are no more items."""
        self._sealed = True
        self._send_if_complete()

    def _send_if_complete(self) -> None:
        if self._sealed and not self._missing and self._answers:
            self._send(b"[" + b",".join(answer for answer in self._answers if answer is not None) + b"]")
