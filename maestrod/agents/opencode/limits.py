"""Interprets OpenCode's errors by the vendor's HTTP status and message."""

import re

from maestrod.agents.kit.json_lines import Members
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import LINE, LimitReached, Sign, TurnEnded

_KINDS = (
    ("usage", re.compile(r"usage limit|usage_limit|per ?day|daily|free tier", re.IGNORECASE)),
    ("billing", re.compile(r"billing|credit|insufficient_quota|payment", re.IGNORECASE)),
    ("overloaded", re.compile(r"overloaded|at capacity|unavailable", re.IGNORECASE)),
    ("rate", re.compile(r"rate.?limit|too many requests|quota", re.IGNORECASE)),
)
_STATUS = {402: "billing", 429: "rate", 503: "overloaded", 529: "overloaded"}


def failed_turn(error: Members) -> tuple[Sign, ...]:
    """The signs of a turn that ended with an error ``{name, data}``."""
    name, data = error.line("name"), error.members("data")
    message = data.text("message") or name
    if name == "MessageAbortedError":
        return (TurnEnded(Outcome.INTERRUPTED, detail="interrupted at its terminal"),)
    kind = limit_kind(message, data.whole("statusCode"))
    if kind is None:
        return (TurnEnded(Outcome.FAILED, code=name or "error", detail=message),)
    return LimitReached(kind, detail=message[:LINE]), TurnEnded(Outcome.LIMIT, code=kind, detail=message)


def retrying(status: Members) -> tuple[Sign, ...]:
    """It waits and retries by itself, at ``next`` (ms since the epoch)."""
    message = status.line("message")
    kind = limit_kind(message, 0) or "rate"
    return (LimitReached(kind, resets_at=status.whole("next") or None, detail=message, retrying=True),)


def limit_kind(message: str, status: int) -> str | None:
    """The kind of limit that an error reports; None when it reports none. The message only counts if the status may be a
    limit's or is unknown.
    """
    if status and status not in _STATUS:
        return None
    worded = next((kind for kind, words in _KINDS if words.search(message)), None)
    return worded or _STATUS.get(status)
