"""The provider's limits: which of Claude's errors pass by themselves, and when.

Three sources report them: the stream's ``rate_limit_event`` (the only one with a time), the status of a failed turn, and
the ``error`` of a ``StopFailure`` hook. Subscriptions report when the allowance is renewed; an API key's rate limit does
not.
"""

import re

from maestrod.agents.kit.json_lines import Members
from maestrod.core.values.signs import LimitReached, Noted, Sign

#: Claude's names of errors that pass, and ours.
KINDS = {"rate_limit": "rate", "overloaded": "overloaded", "billing_error": "billing"}
#: HTTP statuses that pass: too many requests, and Anthropic's own "overloaded".
_STATUSES = {429: "rate", 529: "overloaded"}
#: An account without credit is refused as a bad request; only the text shows it.
_CREDIT = re.compile(r"credit balance|billing", re.IGNORECASE)
#: The texts of an exhausted allowance; older versions append the time of its renewal.
_USED_UP = re.compile(
    r"(?:usage|session|weekly|opus|sonnet|\d-hour) limit|hit your limit|out of extra usage", re.IGNORECASE
)
_RESET = re.compile(r"\|(\d{10})\b")


def of_event(info: Members) -> tuple[Sign, ...]:
    """Read a ``rate_limit_event``, whose times are in seconds since the epoch."""
    status = info.line("status")
    what = info.line("rateLimitType").replace("_", " ") or "usage"
    if status == "rejected":
        return (LimitReached("usage", _milliseconds(info.whole("resetsAt")), f"the {what} allowance is exhausted"),)
    if status == "allowed_warning":
        share = info.number("utilization")
        used = "" if share is None else f" ({share:.0%} used)"
        return (Noted(f"the {what} allowance is nearly exhausted{used}"),)
    return ()


def of_failure(status: int, text: str) -> LimitReached | None:
    """The limit behind a turn that failed with an HTTP status; None for other failures."""
    kind = _STATUSES.get(status)
    if status == 400 and _CREDIT.search(text):
        kind = "billing"
    return None if kind is None else _worded(kind, text)


def of_error(error: str, text: str) -> LimitReached | None:
    """The limit behind a ``StopFailure`` or a failed retry; None for other errors."""
    kind = KINDS.get(error)
    return None if kind is None else _worded(kind, text)


def _worded(kind: str, text: str) -> LimitReached:
    """Add what the text says: whether the allowance is exhausted, and when it is renewed."""
    match = _RESET.search(text)
    if kind == "rate" and (match or _USED_UP.search(text)):
        kind = "usage"
    return LimitReached(kind, _milliseconds(int(match[1])) if match else None, _RESET.sub("", text))


def _milliseconds(seconds: int) -> int | None:
    return seconds * 1000 if seconds else None
