"""When a reported event happened.

A report may arrive late, because the daemon was down. It then carries the time at which its work was done. That time is
accepted within bounds: not before the attempt began, and not after now. So it cannot be misused: a timeout that was decided
stays decided, and one that was not is decided by the reported time within these bounds.
"""

from typing import Any

from maestrod.api.errors import Malformed
from maestrod.api.task import Task
from maestrod.core.world.draft import Draft

#: How far (ms) the clock of another machine may be ahead of the daemon's before its reports are refused.
FUTURE_MS = 60_000

#: A report that arrives later than this (ms) after its event is marked with the event's time in the timeline.
LATE_MS = 2_000


def moment(draft: Draft, at: int | None, since: int) -> int:
    """When an event happened: the reported time ``at``, but not before ``since`` or after now. Without ``at``, now.

    Raises ``Malformed`` for a time in the future.
    """
    if at is None:
        return draft.now
    if at > draft.now + FUTURE_MS:
        ahead = (at - draft.now) // 1000
        message = f"at is {ahead} s in the future by the daemon's clock: correct the clock, or leave out `at`"
        raise Malformed("report.in_future", message, {"path": "at"})
    return min(max(at, since), draft.now)


def moment_of(draft: Draft, at: int | None, target: Task) -> int:
    """When an event of the current attempt at a task happened. Raises what ``moment`` raises."""
    return moment(draft, at, target.started_at or target.created_at)


def noted(draft: Draft, at: int) -> dict[str, Any]:
    """The metadata of a timeline entry that says when the event happened; empty if it happened just now."""
    return {"happenedAt": at} if draft.now - at > LATE_MS else {}
