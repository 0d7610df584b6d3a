"""Stops what an id names, with every session that works on it, for the command and the full-screen view."""

from typing import Any

from maestroctl.client.client import Client
from maestrod.api.errors import Conflict


def stop(client: Client, identity: str, reason: str) -> list[dict[str, Any]]:
    """Stop what the id names, and return the result for each session."""
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
    """Stop one session and return the result. For a session that has already ended, no process is left."""
    try:
        result: dict[str, Any] = client.raw("session.stop", {"sessionId": session, "reason": reason})
    except Conflict as error:
        if error.reason != "session.ended":
            raise
        return {"sessionId": session, "left": 0}
    return result


def _live(client: Client, query: dict[str, Any]) -> list[str]:
    """The ids of the live sessions that match."""
    page = client.raw("session.list", {**query, "live": True, "limit": 1000})
    return [item["id"] for item in page.get("items", ())]
