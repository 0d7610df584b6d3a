"""``maestroctl stop``: end a session, a run or a task, and everything it started."""

from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.stop import stop
from maestroctl.output import answer, answer_json
from maestroctl.verbs.options import Json


def command(
    *,
    subject: Annotated[str, typer.Argument(metavar="SESSION|RUN|TASK", help="An id or a unique part of it.")],
    reason: Annotated[str, typer.Option("--reason", help="The reason, kept in the history.")] = "",
    as_json: Json = False,
) -> int:
    """Stop a session, a run or a task with all its processes.

    Returns when no process is left, and prints how many are: 0 left. Exit code 1 if some could not be stopped.
    """
    from maestroctl.client.resolve import resolve

    with Caller.of_this_process().client() as client:
        identity = resolve(client, subject, "ses", "run", "tsk")
        results = stop(client, identity, reason)
    left = sum(result["left"] for result in results)
    if as_json:
        answer_json({"id": identity, "left": left, "sessions": results})
    else:
        for result in results:
            answer(f"{result['sessionId']} stopped: {result['left']} left")
        if [result["sessionId"] for result in results] != [identity]:
            answer(f"{identity}: {left} left")
    return 1 if left else 0
