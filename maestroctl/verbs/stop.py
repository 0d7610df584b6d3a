"""``maestroctl stop``: end a session, a run or a task, and everything it started."""

from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.output import answer, answer_json
from maestroctl.verbs.options import Json
from maestrod.api.errors import Conflict

_LIVE = {"spawning", "idle", "working"}


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


def stop(client: Client, identity: str, reason: str) -> list[dict[str, Any]]:
    """Stop what the id names; what became of each session."""
    if identity.startswith("ses_"):
        sessions = [identity]
    elif identity.startswith("run_"):
        sessions = _live(client, {"runId": identity})
        client.raw("run.cancel", {"runId": identity, "reason": reason})
    else:
        tree = client.raw("task.tree", {"taskId": identity})["tasks"]
        sessions = sorted({session for task in tree for session in _live(client, {"taskId": task["id"]})})
        client.raw("task.cancel", {"taskId": identity, "reason": reason})
    return [_ended(client, session, reason) for session in sessions]


def _ended(client: Client, session: str, reason: str) -> dict[str, Any]:
    """What became of one session; of one that has ended by itself, meanwhile or long ago, nothing is left."""
    try:
        result: dict[str, Any] = client.raw("session.stop", {"sessionId": session, "reason": reason})
    except Conflict as error:
        if error.reason != "session.ended":
            raise
        return {"sessionId": session, "left": 0}
    return result


def _live(client: Client, query: dict[str, Any]) -> list[str]:
    """The sessions at work on something."""
    page = client.raw("session.list", {**query, "live": True, "limit": 1000})
    return [item["id"] for item in page.get("items", ()) if item["status"] in _LIVE]
