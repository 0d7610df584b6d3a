"""``maestroctl why``: the reason behind a status."""

from typing import Annotated, Any

import typer

from maestroctl.caller import Caller
from maestroctl.client import Client
from maestroctl.output import answer, answer_json, safe
from maestroctl.verbs.options import Json
from maestrod.api.session import SESSION_WHY, SessionRef


def command(
    *,
    subject: Annotated[str, typer.Argument(metavar="SESSION|TASK|RUN", help="An id or a unique part of it.")],
    as_json: Json = False,
) -> int:
    """Say why a session, a task or a run is in the state it is in, and how that is known."""
    from maestroctl.resolve import resolve

    with Caller.here().client() as client:
        identity = resolve(client, subject, "ses", "tsk", "run")
        if identity.startswith("ses_"):
            return _session(client, identity, as_json=as_json)
        entity = _entity(client, identity)
        blockers = [client.raw("task.get", {"taskId": task}) for task in entity.get("dependencies", ())]
    if as_json:
        answer_json({"entity": entity, "dependencies": blockers})
    else:
        for line in explain(entity, blockers):
            answer(line)
    return 0


def explain(entity: dict[str, Any], dependencies: list[dict[str, Any]]) -> list[str]:
    """Sentences about a task or a run."""
    status = entity.get("status", "pending").replace("_", " ")
    lines = [f"{entity['id']} is {status}: {safe(entity.get('title', ''))}".rstrip(": ")]
    reason = entity.get("statusReason")
    if reason:
        detail = f": {safe(reason['detail'])}" if reason.get("detail") else ""
        by = f" (by {safe(reason['by'])})" if reason.get("by") else ""
        lines.append(f"  {reason['source']} says {safe(reason['code'])}{detail}{by}")
    if entity.get("error"):
        lines.append(f"  {safe(entity['error'])}")
    lines += [
        f"  it waits for {task['id']} ({task.get('status', 'pending')}): {safe(task['title'])}"
        for task in dependencies
        if task.get("status", "pending") != "completed"
    ]
    for attempt in entity.get("attempts", ()):
        error = f": {safe(attempt['error'])}" if attempt.get("error") else ""
        lines.append(f"  attempt {attempt['attempt']} {attempt['status']}{error}")
    return lines


def _session(client: Client, identity: str, *, as_json: bool) -> int:
    from maestroctl.render import render

    if as_json:
        answer_json(client.raw(SESSION_WHY.name, {"sessionId": identity}))
    else:
        for line in render(client.call(SESSION_WHY, SessionRef(session_id=identity))):
            answer(line)
    return 0


def _entity(client: Client, identity: str) -> dict[str, Any]:
    if identity.startswith("run_"):
        run: dict[str, Any] = client.raw("run.get", {"runId": identity})["run"]
        return run
    task: dict[str, Any] = client.raw("task.get", {"taskId": identity})
    return task
