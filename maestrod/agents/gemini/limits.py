"""Interprets Gemini's API errors, which are the API's own JSON inside a text."""

import re

from maestrod.api.turn import Outcome
from maestrod.core.values.signs import LINE, LimitReached, Sign, TurnEnded

#: The first match counts. Only the name distinguishes a plan's daily allowance from a limit per minute.
_KINDS = (
    ("usage", re.compile(r"per ?day|daily|exhausted your (?:daily )?(?:quota|capacity)", re.IGNORECASE)),
    ("billing", re.compile(r"billing|PAYMENT_REQUIRED|\b402\b", re.IGNORECASE)),
    ("rate", re.compile(r"\b429\b|RESOURCE_EXHAUSTED|rate.?limit|quota", re.IGNORECASE)),
    ("overloaded", re.compile(r"\b503\b|UNAVAILABLE|overloaded", re.IGNORECASE)),
)
#: Matches ``Please retry in 37.2s``, ``"retryDelay": "37s"`` and ``reset after 2h13m5s``.
_DELAY = re.compile(
    r"(?:retry in|retryDelay\W{1,6}|reset after)\s*(?:(\d+)h)?\s*(?:(\d+)m(?!s))?\s*(?:(\d+(?:\.\d+)?)s)?",
    re.IGNORECASE,
)


def failed_turn(code: str, message: str, now: float) -> tuple[Sign, ...]:
    """The signs of a turn that failed with this message; ``now`` is in seconds since the epoch."""
    kind = limit_kind(message)
    if kind is None:
        return (TurnEnded(Outcome.FAILED, code=code or "error", detail=message),)
    limit = LimitReached(kind, resets_at=resets_at(message, now), detail=message[:LINE], is_length=True)
    return limit, TurnEnded(Outcome.LIMIT, code=kind, detail=message)


def limit_kind(message: str) -> str | None:
    """The kind of limit that a message reports; None when it reports none."""
    return next((kind for kind, words in _KINDS if words.search(message)), None)


def resets_at(message: str, now: float) -> int | None:
    """When the limit ends (ms since the epoch), computed from the reported wait."""
    for match in _DELAY.finditer(message):
        hours, minutes, seconds = match.groups()
        if hours or minutes or seconds:
            wait = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
            return int((now + min(wait, 31 * 86_400)) * 1000)
    return None
