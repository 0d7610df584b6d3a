"""Usage limits in words: who waits, and until when by the user's own clock."""

import datetime as dt

_DAY = 86_400_000
_WEEK = 6 * _DAY


def clock(instant: int, now: int) -> str:
    """A moment (ms since the epoch) as people say it: ``14:05``, further away ``Sat 14:05``, then with its date."""
    form = (
        "%H:%M"
        if abs(instant - now) < _DAY * 3 // 4
        else "%a %H:%M"
        if abs(instant - now) < _WEEK
        else "%Y-%m-%d %H:%M"
    )
    return dt.datetime.fromtimestamp(min(instant, 253_402_214_400_000) / 1000).astimezone().strftime(form)


def waiting(agent: str, until: int, now: int, *, due: bool = False, guessed: bool = False) -> str:
    """What a session does that sits out a limit of its agent."""
    if due:
        return f"{agent}'s limit is over, waits for a slot"
    return f"waits for {agent}'s limit until {clock(until, now)}" + (" or longer" if guessed else "")


def held_back(agent: str, until: int, now: int) -> str:
    """Why none of an agent is started."""
    return f"{agent} is limited: none is started before {clock(until, now)}"
