"""Interprets Codex's error messages. Its stream has no error codes: only the text shows what kind of error it is."""

import re
from datetime import datetime, timedelta

from maestrod.api.turn import Outcome
from maestrod.core.values.signs import LINE, LimitReached, Sign, TurnEnded

#: The messages of Codex 0.169; the first match counts: exhausted allowances, empty accounts, rate limits, full servers.
_KINDS = (
    ("usage", re.compile(r"hit your usage limit|usage limit reached|reached your usage limit", re.IGNORECASE)),
    ("billing", re.compile(r"out of credits|quota exceeded|insufficient_quota|credit limit", re.IGNORECASE)),
    ("rate", re.compile(r"\b429\b|rate limit", re.IGNORECASE)),
    ("overloaded", re.compile(r"at capacity|high demand|overloaded|\b529\b|\b503\b", re.IGNORECASE)),
)
#: "try again at 3:05 PM." for today, otherwise "try again at Nov 23rd, 2026 8:28 AM."; local time, without seconds.
_AGAIN = re.compile(r"again at (?:(\w{3}) (\d{1,2})(?:st|nd|rd|th), (\d{4}) )?(\d{1,2}):(\d{2}) ([AP])M", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def failed_turn(message: str, now: float) -> tuple[Sign, ...]:
    """The signs of a turn that failed with this message; ``now`` is in seconds since the epoch."""
    kind = limit_kind(message)
    if kind is None:
        return (TurnEnded(Outcome.FAILED, code="turn_failed", detail=message),)
    limit = LimitReached(kind, resets_at=resets_at(message, now), detail=message[:LINE])
    return limit, TurnEnded(Outcome.LIMIT, code=kind, detail=message)


def limit_kind(message: str) -> str | None:
    """The kind of limit that a message reports; None when it reports none."""
    return next((kind for kind, words in _KINDS if words.search(message)), None)


def resets_at(message: str, now: float) -> int | None:
    """When the limit ends (ms since the epoch): one minute after the reported one, whose seconds are cut off."""
    match = _AGAIN.search(message)
    if match is None:
        return None
    month, day, year, hour, minute, half = match.groups()
    here = datetime.fromtimestamp(now).astimezone()
    hours, minutes = int(hour) % 12 + 12 * (half in "Pp"), int(minute)
    try:
        if month is None:
            named = here.replace(hour=hours, minute=minutes, second=0, microsecond=0)
            if named < here - timedelta(minutes=1):
                named += timedelta(days=1)
        else:
            local = datetime(int(year), _MONTHS.index(month.lower()) + 1, int(day), hours, minutes)  # noqa: DTZ001 - Codex names local time
            named = local.astimezone()
        return int((named + timedelta(minutes=1)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None
