"""One call by somebody who waits for the answer and asks nothing meanwhile, as a request over HTTP does."""

from typing import Any

import trio
from msgspec import Raw

from maestrod.rpc.context import ClientState
from maestrod.rpc.dispatch import CANCELLED, Dispatcher, refusal
from maestrod.rpc.envelope import Request
from maestrod.rpc.exchange import Exchange, Result


class SingleCall:
    """A call of ``method`` with ``params`` (JSON), carried out at once; ``result`` is None while the answer is to come."""

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
        """Whether it may wait for something to happen, so that it is worth while to notice that the caller has gone."""
        return self.result is None and self._exchange is not None and self._exchange.scope is not None

    async def answer(self) -> Result:
        """The answer; who stops waiting for it ends the call, as far as it can be ended."""
        try:
            if self.result is None:
                await self._came.wait()
        except trio.Cancelled:
            self.cut()
            raise
        return self.result

    def cut(self, why: Result | None = None) -> None:
        """End it now, as far as it can be ended: what was handed to the engine stands."""
        if self._exchange is not None:
            self._exchange.cut(refusal(CANCELLED) if why is None else why)

    def _begin(self, scope: trio.CancelScope | None) -> Exchange:
        self._exchange = Exchange(0, self._settle, lambda exchange: None, 0, scope)
        return self._exchange

    def _settle(self, id_: Any, result: Result) -> None:
        self.result = result
        self._came.set()
