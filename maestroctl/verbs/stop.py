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
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who ask later.")] = "",
    as_json: Json = False,
) -> int:
    """Stop it and everything it started; returns when nothing of it is alive, and says so: ``0 left``.

    Exit code 1 when something could not be ended.
    """
    from maestroctl.client.resolve import resolve

    with Caller.here().client() as client:
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
