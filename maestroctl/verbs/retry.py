"""``maestroctl retry``: another try for what failed."""

from typing import Annotated

import typer

from maestroctl.caller import Caller
from maestroctl.lines import LINES
from maestroctl.output import answer, answer_json
from maestroctl.verbs.options import Json


def command(
    *,
    task: Annotated[str, typer.Argument(metavar="TASK", help="A task's id or a unique part of it.")],
    as_json: Json = False,
) -> int:
    """Try a failed, skipped or cancelled task, and what failed below it, again."""
    from maestroctl.resolve import resolve

    with Caller.here().client() as client:
        reply = client.raw("task.retry", {"taskId": resolve(client, task, "tsk")})
    if as_json:
        answer_json(reply)
    else:
        answer(LINES["task.retry"](reply))
    return 0
