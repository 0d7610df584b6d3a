"""``maestroctl retry``: retry what failed, in a task or a whole run."""

from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.lines import LINES
from maestroctl.output import answer, answer_json
from maestroctl.verbs.options import Json


def command(
    *,
    task: Annotated[str, typer.Argument(metavar="TASK|RUN", help="An id or a unique part of it, or a run's number.")],
    as_json: Json = False,
) -> int:
    """Retry a failed, skipped or cancelled task, or a whole run.

    Retries everything that failed below it; completed tasks stay completed.
    """
    from maestroctl.client.resolve import resolve

    with Caller.of_this_process().client() as client:
        identity = resolve(client, task, "tsk", "run")
        if identity.startswith("run_"):
            identity = client.raw("run.get", {"runId": identity})["run"]["rootTaskId"]
        reply = client.raw("task.retry", {"taskId": identity})
    if as_json:
        answer_json(reply)
    else:
        answer(LINES["task.retry"](reply))
    return 0
