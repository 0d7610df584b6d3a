"""A single call whose client waits for the answer, such as an HTTP request."""

from typing import Any

import trio
from msgspec import Raw

from maestrod.rpc.context import ClientState
from maestrod.rpc.dispatch import CANCELLED, Dispatcher, refusal
from maestrod.rpc.envelope import Request
from maestrod.rpc.exchange import Exchange, Result


class SingleCall:
    """A call of ``method`` with ``params`` (JSON), started at once; ``result`` is None until there is an answer."""

    def __init__(self, dispatcher: Dispatcher, client: ClientState, method: str, params: bytes) -> None:
        self.result: Result | None = None
        self._came = trio.Event()
        self._exchange: Exchange | None = None
        request = Request(jsonrpc="2.0", method=method, id=0, params=Raw(params))
        result = dispatcher.dispatch(request, len(params), client, self._begin, in_batch=False)
        if result is not None:
            self.result = result

    @property
    def waits(self) -> bool:
        """Whether the call may wait for an event, so that it should be cancelled if the caller disconnects."""
        return self.result is None and self._exchange is not None and self._exchange.scope is not None

    async def answer(self) -> Result:
        """Wait for the answer. If this is cancelled, the call is cut off."""
        try:
            if self.result is None:
                await self._came.wait()
        except trio.Cancelled:
            self.cut()
            raise
        return self.result

    def cut(self, why: Result | None = None) -> None:
        """End the call now. Commands already in the engine stay valid."""
        if self._exchange is not None:
            self._exchange.cut(refusal(CANCELLED) if why is None else why)

    def _begin(self, scope: trio.CancelScope | None) -> Exchange:
        self._exchange = Exchange(0, self._settle, lambda exchange: None, 0, scope)
        return self._exchange

    def _settle(self, id_: Any, result: Result) -> None:
        self.result = result
        self._came.set()
