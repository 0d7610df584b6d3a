"""Waiting for the answer to a question."""

from maestrod.api.attention import ATTENTION_WAIT, Attention, AttentionWait
from maestrod.core.world.lookup import require
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements
from maestrod.rpc.waiting import wait_until


@implements(ATTENTION_WAIT)
async def wait(context: Context, params: AttentionWait) -> Attention:
    """Return the question once it has an answer. Call again after a restart of the daemon; the question is kept."""
    id_ = params.attention_id

    def look() -> Attention | None:
        question = require(context.world.attention, "attention", id_)
        return None if question.is_open else question

    return await wait_until(context, look, lambda event: event.id == id_, params.timeout_ms)
