"""Shows a session's timeline as readable text, for agents whose output is a machine-readable stream."""

import time
from typing import Any

from maestroctl.client.client import Client
from maestroctl.output import answer, safe_block
from maestrod.api.event import EventSubscribe
from maestrod.api.session import SessionStatus

_PAGE = 1000

#: The sign before an entry, by type; an agent's own text has none.
_SIGNS = {
    "session_started": "●",
    "session_stopped": "■",
    "task_started": "▶",
    "task_completed": "✔",
    "task_failed": "✘",
    "task_skipped": "↷",
    "task_blocked": "⏸",
    "needs_input": "?",
    "error": "!",
    "progress": "›",
    "milestone": "·",
}
_OVER = frozenset(status.value for status in SessionStatus if status.is_over)


def has_transcript(client: Client, session_id: str) -> bool:
    """Whether the session's output is machine-readable, so that the timeline is easier to read."""
    session = client.raw("session.get", {"sessionId": session_id})
    if session.get("readTo"):
        return True
    # Before its first line was read: on pipes, every agent that takes prompts writes a stream.
    return session.get("terminal") == "pipe" and any(
        agent["name"] == session["agent"] and agent.get("prompts", "none") != "none"
        for agent in client.raw("agent.list", {}).get("items", ())
    )


def print_transcript(client: Client, session_id: str, *, last: int | None, follow: bool) -> None:
    """Print the transcript, or its last ``last`` entries, and with ``follow`` new entries until the session ends."""
    since = client.raw("system.status", {})["seq"]
    printed = 0
    for entry in _newest(client, session_id, last) if last is not None else _all(client, session_id):
        _print(entry)
        printed = entry.get("seq", 0)
    if follow:
        _follow(client, session_id, since, printed)


def newest(client: Client, session_id: str, count: int) -> list[str]:
    """The lines of the last ``count`` entries."""
    return [line for entry in _newest(client, session_id, count) for line in lines(entry)]


def lines(entry: dict[str, Any]) -> list[str]:
    """An entry as lines: time, sign and text; further lines are indented."""
    at = time.strftime("%H:%M:%S", time.localtime(entry["timestamp"] / 1000))
    said = entry.get("metadata", {}).get("said")
    sign = "" if said else _SIGNS.get(entry["type"], "·") + " "
    first, *rest = safe_block(entry.get("message", "").rstrip() or entry["type"]).splitlines() or [""]
    return [f"{at}  {sign}{first}", *(f"          {line}" for line in rest)]


def _print(entry: dict[str, Any]) -> None:
    for line in lines(entry):
        answer(line)


def _all(client: Client, session_id: str) -> Any:
    query: dict[str, Any] = {"sessionId": session_id, "limit": _PAGE}
    while True:
        page = client.raw("session.timeline", query)
        yield from page.get("items", ())
        if not page.get("nextCursor"):
            return
        query["cursor"] = page["nextCursor"]


def _newest(client: Client, session_id: str, count: int) -> list[dict[str, Any]]:
    query = {"sessionId": session_id, "limit": min(count, _PAGE), "backward": True}
    items: list[dict[str, Any]] = client.raw("session.timeline", query).get("items", [])
    return items


def _follow(client: Client, session_id: str, since: int, printed: int) -> None:
    """Print entries after ``since`` that the pages did not contain, until the session has ended."""
    from maestroctl.client.stream import EventStream

    if client.raw("session.get", {"sessionId": session_id})["status"] in _OVER:
        return
    topics = ("timeline", "session.status")
    stream = EventStream(client, EventSubscribe(since=since, topics=topics, session_ids=(session_id,)))
    try:
        stream.open()
        for event in stream:
            if event.type == "timeline.added" and event.seq > printed:
                _print(event.data)
            elif event.data.get("status") in _OVER:
                return
    finally:
        stream.close()
