"""Limits of the provider: which of Claude's errors pass by themselves, and when.

Three places tell of them: the stream's ``rate_limit_event`` (the only one with a time), the status of a failed turn, and the
``error`` of a ``StopFailure`` hook. Subscriptions say when their allowance is renewed; a key's rate limit says nothing.
"""

import re

from maestrod.agents.kit.json_lines import Members
from maestrod.core.values.signs import LimitReached, Noted, Sign

#: Claude's own names of errors that pass, to ours.
KINDS = {"rate_limit": "rate", "overloaded": "overloaded", "billing_error": "billing"}
#: HTTP statuses that pass: too many requests, and "overloaded", which is Anthropic's own.
_STATUSES = {429: "rate", 529: "overloaded"}
#: An account without credit is refused as a bad request; only its words tell.
_CREDIT = re.compile(r"credit balance|billing", re.IGNORECASE)
#: How an allowance that is used up is put into words, with the time it is renewed in older versions.
_USED_UP = re.compile(
    r"(?:usage|session|weekly|opus|sonnet|\d-hour) limit|hit your limit|out of extra usage", re.IGNORECASE
)
_RESET = re.compile(r"\|(\d{10})\b")


def of_event(info: Members) -> tuple[Sign, ...]:
    """A ``rate_limit_event``: its times are seconds since the epoch."""
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
    """A turn that failed with an HTTP status; None when it will not pass."""
    kind = _STATUSES.get(status)
    if status == 400 and _CREDIT.search(text):
        kind = "billing"
    return None if kind is None else _worded(kind, text)


def of_error(error: str, text: str) -> LimitReached | None:
    """A ``StopFailure``, or a try that failed; None when it will not pass."""
    kind = KINDS.get(error)
    return None if kind is None else _worded(kind, text)


def _worded(kind: str, text: str) -> LimitReached:
    """The limit with what its words add: that it is the allowance, and when it is renewed."""
    match = _RESET.search(text)
    if kind == "rate" and (match or _USED_UP.search(text)):
        kind = "usage"
    return LimitReached(kind, _milliseconds(int(match[1])) if match else None, _RESET.sub("", text))


def _milliseconds(seconds: int) -> int | None:
    return seconds * 1000 if seconds else None
