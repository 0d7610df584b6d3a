"""The requests of one client: messages in, answers out, each as soon as it is ready.

Nothing here knows sockets; a ``Wire`` carries the answers. No message from a client makes a conversation raise.
"""

import msgspec
import trio
from msgspec import UNSET, Raw, UnsetType

from maestrod.api.errors import Unavailable
from maestrod.api.protocol.wire import BATCH_LIMIT, FramingError
from maestrod.rpc.batch import Batch
from maestrod.rpc.context import ClientState, Wire
from maestrod.rpc.dispatch import CANCELLED, NOTHING, Dispatcher, refusal
from maestrod.rpc.envelope import Id, InvalidRequest, ParseError, Request, read, read_id, read_item
from maestrod.rpc.exchange import Exchange, Result, Send

#: Maximum number of calls of one client that wait, of all its calls in progress, and the bytes that these hold. Beyond
#: these limits, nothing more is read from it, so a client that floods the daemon only delays itself.
WAITING_LIMIT = 32
PENDING_LIMIT = 1024
PENDING_BYTES = 8 * 1024 * 1024

#: The notification that cancels a request, as in the Language Server Protocol (3.17, "Cancellation Support").
_CANCEL = "$/cancelRequest"


class _Cancel(msgspec.Struct):
    id: int | str


_cancel = msgspec.json.Decoder(_Cancel)


class Conversation:
    """The requests of one client."""

    def __init__(self, dispatcher: Dispatcher, wire: Wire, client: ClientState | None = None) -> None:
        self.client = client or ClientState(wire)
        self._counts = dispatcher.services.counts
        self._dispatcher = dispatcher
        self._wire = wire
        self._open: dict[Exchange, None] = {}
        self._by_id: dict[Id | UnsetType, Exchange] = {}
        self._waiting = 0
        self._held = 0

    @property
    def busy(self) -> bool:
        """Whether the client's calls in progress have reached a limit, so that its next message must wait."""
        return self._waiting >= WAITING_LIMIT or len(self._open) >= PENDING_LIMIT or self._held > PENDING_BYTES

    @property
    def under_way(self) -> int:
        """The number of requests in progress."""
        return len(self._open)

    @property
    def owes(self) -> bool:
        """Whether the client still waits for an answer; notifications get none."""
        return any(exchange.id is not UNSET and not exchange.answered for exchange in self._open)

    @property
    def waits(self) -> bool:
        """Whether any call may wait for an event."""
        return self._waiting > 0

    @property
    def is_over(self) -> bool:
        """Whether the client has nothing more to expect, unless it sends another request."""
        return not self._open and not self.client.has_streams

    def receive(self, message: bytes) -> None:
        """Process one message: answer at once where possible, and start tasks for the rest."""
        self._counts["messages"] += 1
        try:
            found = read(message)
            if isinstance(found, Request):
                self._take(found, len(message), self._send)
            else:
                self._take_batch(found)
        except ParseError as error:
            self._send(None, refusal(error))
        except InvalidRequest as error:
            self._send(read_id(message), refusal(error))

    def refuse(self, error: FramingError) -> None:
        """Send the framing error as the last answer of the conversation."""
        self._send(None, refusal(error))

    def stop(self) -> None:
        """End the calls that only wait, because the daemon stops. Work in progress may finish."""
        error = refusal(
            Unavailable("daemon.stopping", "the daemon is stopping: repeat the call when it has started again")
        )
        self.client.close()
        for exchange in list(self._open):
            if exchange.idle:
                exchange.cut(error)

    def close(self) -> None:
        """End the waits and streams of a client that is gone. Commands already in the engine stay valid."""
        self.client.close()
        for exchange in list(self._open):
            exchange.cut(refusal(CANCELLED))

    def _take(self, request: Request, size: int, send: Send, *, in_batch: bool = False) -> None:
        id_ = request.id
        if self._by_id and id_ in self._by_id:
            twice = InvalidRequest("request.duplicate_id", "a request with this id is still in progress")
            send(id_, refusal(twice))
            return
        if request.method == _CANCEL:
            self._cut(request.params)
            send(id_, NOTHING)
            return

        def begin(scope: trio.CancelScope | None) -> Exchange:
            return self._begin(Exchange(id_, send, self._done, size, scope))

        result = self._dispatcher.dispatch(request, size, self.client, begin, in_batch=in_batch)
        if result is not None:
            send(id_, result)

    def _take_batch(self, items: list[Raw]) -> None:
        if not 0 < len(items) <= BATCH_LIMIT:
            raise InvalidRequest(
                "request.batch", f"a batch may have 1 to {BATCH_LIMIT} calls; this one has {len(items)}"
            )
        batch = Batch(self._dispatcher.respond, self._wire.send)
        for item in map(bytes, items):
            try:
                request = read_item(item)
            except InvalidRequest as error:
                batch.slot()(read_id(item), refusal(error))
            else:
                send = self._send if request.id is UNSET else batch.slot()
                self._take(request, len(item), send, in_batch=True)
        batch.seal()

    def _send(self, id_: Id | UnsetType, result: Result) -> None:
        if id_ is not UNSET:
            self._wire.send(self._dispatcher.respond(id_, result))

    def _cut(self, params: Raw) -> None:
        """Answer a request in progress as cancelled. If it has been answered already, do nothing."""
        try:
            exchange = self._by_id.get(_cancel.decode(params).id)
        except (msgspec.DecodeError, RecursionError):
            return
        if exchange is not None:
            exchange.cut(refusal(CANCELLED))

    def _begin(self, exchange: Exchange) -> Exchange:
        self._open[exchange] = None
        self._held += exchange.size
        self._waiting += exchange.scope is not None
        if exchange.id is not UNSET and exchange.id is not None:
            self._by_id[exchange.id] = exchange
        return exchange

    def _done(self, exchange: Exchange) -> None:
        was_busy = self.busy
        del self._open[exchange]
        self._held -= exchange.size
        self._waiting -= exchange.scope is not None
        if self._by_id.get(exchange.id) is exchange:
            del self._by_id[exchange.id]
        if was_busy:
            self._wire.resume()
