"""JSON-RPC over HTTP: one message in the body of a POST, its answer in the body of the response (204 for notifications)."""

from collections.abc import Awaitable, Callable

import trio

from maestrod.rpc.context import ClientState
from maestrod.rpc.conversation import Conversation
from maestrod.rpc.dispatch import Dispatcher
from maestrod.transport.bridge.gate import ClientIdentity
from maestrod.transport.bridge.response import Response


class AnswerWire:
    """The ``Wire`` of one request: keeps the answer. ``spawn`` runs tasks that calls need."""

    unsent = 0

    def __init__(self, spawn: Callable[[Callable[[], Awaitable[None]]], None]) -> None:
        self.answer: bytes | None = None
        self.came = trio.Event()
        self._spawn = spawn

    def send(self, message: bytes) -> None:
        """Keep the answer. There is only one, also for a batch."""
        self.answer = message
        self.came.set()

    def flush(self) -> None:
        """Do nothing: no data is held back."""

    async def wait_room(self) -> None:
        """Return at once: there is room for one answer."""
        await trio.lowlevel.checkpoint()

    def resume(self) -> None:
        """Do nothing: no message waits."""

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task."""
        self._spawn(task)


async def post_rpc(
    dispatcher: Dispatcher,
    caller: ClientIdentity,
    wire: AnswerWire,
    body: bytes,
    while_here: Callable[[Callable[[], Awaitable[None]]], Awaitable[bool]],
) -> Response | None:
    """Answer one message. None when the client disconnected first; calls that only wait are then cancelled."""
    conversation = Conversation(dispatcher, wire, ClientState(wire, caller.scope, name=caller.name, has_stream=False))
    conversation.receive(body)
    if wire.answer is None and conversation.owes:
        if not conversation.waits:
            await wire.came.wait()
        elif not await while_here(wire.came.wait):
            conversation.close()
            return None
    return Response(204) if wire.answer is None else Response(200, wire.answer)
