"""Describes usage limits: which agent waits, and until when in the user's time zone."""

import datetime as dt

_DAY = 86_400_000
_WEEK = 6 * _DAY


def clock(instant: int, now: int) -> str:
    """A time (ms since the epoch) in short: ``14:05``, further away ``Sat 14:05``, then with the date."""
    form = (
        "%H:%M"
        if abs(instant - now) < _DAY * 3 // 4
        else "%a %H:%M"
        if abs(instant - now) < _WEEK
        else "%Y-%m-%d %H:%M"
    )
    return dt.datetime.fromtimestamp(min(instant, 253_402_214_400_000) / 1000).astimezone().strftime(form)


def waiting(agent: str, until: int, now: int, *, due: bool = False, guessed: bool = False) -> str:
    """What a session does that waits for a usage limit."""
    if due:
        return f"{agent}'s limit has ended, waits for a slot"
    return f"waits for {agent}'s limit until {clock(until, now)}" + (" or longer" if guessed else "")


def held_back(agent: str, until: int, now: int) -> str:
    """Why no session with this agent starts."""
    return f"{agent} has reached its usage limit: no session with it starts before {clock(until, now)}"
