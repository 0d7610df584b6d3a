"""Permission requests from hooks: a hook asks, waits for the decision, and gets the output to print."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from maestrod.api.attention import Attention
from maestrod.api.errors import MaestroError
from maestrod.api.permission import PERMISSION_ASK, PermissionAsk, PermissionReply
from maestrod.core.session.permission_rules import permission_of
from maestrod.core.values.facts import Withdrawn
from maestrod.core.world.lookup import require
from maestrod.engine.hook import hook_command
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements
from maestrod.rpc.waiting import wait_until

log = logging.getLogger(__name__)


@implements(PERMISSION_ASK)
async def ask(context: Context, params: PermissionAsk) -> PermissionReply:
    """Open the question, or find it again by its ``event_id``, and reply once it is answered."""
    services = context.services
    command = hook_command(services.read_hook, PERMISSION_ASK.name, params, context.actor)
    reply: PermissionReply = await services.engine.submit(command)
    if reply.attention_id is None:
        return reply
    question = await _answered(context, reply.attention_id)
    permission, message = permission_of(question)
    agent = context.world.sessions[question.session_id].agent
    output = services.hook_answer(agent, params.event, permission, message)
    return PermissionReply(decision=permission, output=output, attention_id=question.id)


async def _answered(context: Context, attention_id: str) -> Attention:
    def look() -> Attention | None:
        question = require(context.world.attention, "attention", attention_id)
        return None if question.is_open else question

    with _waiting(context, attention_id):
        return await wait_until(context, look, lambda event: event.id == attention_id, None)


@contextmanager
def _waiting(context: Context, attention_id: str) -> Iterator[None]:
    """Count the waiting hooks. If the last one disconnects while the daemon runs, its agent has ended it, so the question is
    withdrawn.

    A daemon that stops leaves the question open, and the hook asks the next daemon.
    """
    services = context.services
    services.asking[attention_id] += 1
    try:
        yield
    finally:
        services.asking[attention_id] -= 1
        if not services.asking[attention_id]:
            del services.asking[attention_id]
            if not services.stopping.is_set():
                _withdraw(context, attention_id)


def _withdraw(context: Context, attention_id: str) -> None:
    question = context.world.attention.get(attention_id)
    if question is None or not question.is_open:
        return
    try:
        context.services.engine.execute(Withdrawn(attention_id))
    except (
        MaestroError
    ) as error:  # the store accepts no changes now: the question stays open until its session continues
        log.warning("%s was withdrawn by its agent, which cannot be recorded: %s", attention_id, error.message)
