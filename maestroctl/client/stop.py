"""Stopping what an id names, with every session at work on it: one way for the command and for the full-screen view."""

from typing import Any

from maestroctl.client.client import Client
from maestrod.api.errors import Conflict


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
    return [item["id"] for item in page.get("items", ())]
