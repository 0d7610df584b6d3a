"""Reads the newest events that match. The daemon lists events forwards only, so this reads the journal in pieces from its end."""

from collections.abc import Mapping
from typing import Any

from maestroctl.client.client import Client
from maestrod.api.errors import ResyncRequired

#: Events in a piece. The daemon looks at more than that for one page, so a page covers a piece.
_PIECE = 1000

Event = Mapping[str, Any]


def newest(client: Client, filters: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The last ``count`` events that match, oldest first, in the form of a page of ``event.list``."""
    end = seq = client.raw("system.status", {})["seq"]
    found: list[Event] = []
    while end > 0 and len(found) < count:
        start, events = _piece(client, filters, end)
        if start == end:  # the journal begins here
            break
        found[:0] = events
        end = start
    return {"items": found[-count:], "seq": seq}


def _piece(client: Client, filters: Mapping[str, Any], end: int) -> tuple[int, list[Event]]:
    """The matching events after ``start`` up to ``end``, and ``start``: closer to ``end`` if earlier events are gone."""
    start = max(end - _PIECE, 0)
    while start < end:
        try:
            page = client.raw("event.list", {**filters, "since": start, "limit": _PIECE})
        except ResyncRequired:
            start = (start + end + 1) // 2
        else:
            return start, [event for event in page["items"] if event["seq"] <= end]
    return end, []
