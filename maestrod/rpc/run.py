"""Waiting for the end of a run."""

from maestrod.api.run import RUN_WAIT, Run, RunWait
from maestrod.core.world.lookup import require
from maestrod.rpc.context import Context
from maestrod.rpc.handler import implements
from maestrod.rpc.waiting import wait_until


@implements(RUN_WAIT)
async def wait(context: Context, params: RunWait) -> Run:
    """Return the run once it has ended."""
    id_ = params.run_id

    def look() -> Run | None:
        run = require(context.world.runs, "run", id_)
        return run if run.status.is_over else None

    return await wait_until(context, look, lambda event: event.id == id_, params.timeout_ms)
