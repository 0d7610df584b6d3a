"""Claiming the next item of a queue, and waiting for one without polling."""

from collections.abc import Callable

import trio

from maestrod.api.errors import TimedOut
from maestrod.api.event import Event
from maestrod.api.model.ids import queue_id
from maestrod.api.queue import QUEUE_NEXT, QueueClaim, QueueNext
from maestrod.core.values.command import Command
from maestrod.engine.timers import drain_sockets
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements
from maestrod.rpc.waiting import deadline


@implements(QUEUE_NEXT)
async def next_(context: Context, params: QueueNext) -> QueueClaim:
    """Claim an item. If there is none, claim again after each change of the queue or of a task in it.

    The engine decides each claim, so exactly one of several waiting callers gets the item. Nothing is awaited between an
    empty claim and the subscription to the events that may change it.
    """
    engine = context.services.engine
    command = Command(QUEUE_NEXT.name, params, context.actor)
    try:
        with deadline(context, params.timeout_ms):
            while True:
                ticket = engine.execute(command)
                if _is_answer(ticket.reply) or not params.wait:
                    break
                await engine.bus.wait_for(_concerning(context, params))
                await trio.lowlevel.checkpoint_if_cancelled()  # no claim for a client that has just disconnected
    except TimedOut:  # the daemon may not have run for a while: first process what arrived meanwhile
        await drain_sockets()
        ticket = engine.execute(command)
        if not _is_answer(ticket.reply):
            raise
    await ticket.wait_done()
    claim: QueueClaim = ticket.reply
    return claim


def _is_answer(claim: QueueClaim) -> bool:
    return claim.item is not None or claim.closed


def _concerning(context: Context, params: QueueNext) -> Callable[[Event], bool]:
    id_ = queue_id(params.session_id or context.actor.session_id or "")
    queue = context.world.queues.get(id_)
    tasks = {item.task_id for item in queue.items} if queue is not None else set()
    return lambda event: event.id == id_ or event.id in tasks
