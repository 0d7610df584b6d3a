"""When what somebody reports happened, and how much of that is believed.

A report may come late, because the daemon was away. It then says when its work was done. That is taken as said within bounds: not
before the attempt began, not after now. So nobody gains anything by it: a timeout that was judged stays judged, and one that was
not is judged by the later of what the report says and what the bounds allow.
"""

from typing import Any

from maestrod.api.errors import Malformed
from maestrod.api.task import Task
from maestrod.core.world.draft import Draft

#: How far (ms) the clock of another machine may be ahead of ours before its reports are refused.
FUTURE_MS = 60_000

#: What is told this much (ms) after it happened says so in the timeline.
LATE_MS = 2_000


def moment(draft: Draft, at: int | None, since: int) -> int:
    """When something happened that began at ``since``: as told (``at``), within bounds; now when nothing is told.

    Raises ``Malformed`` for a time that has not come yet.
    """
    if at is None:
        return draft.now
    if at > draft.now + FUTURE_MS:
        ahead = (at - draft.now) // 1000
        message = f"at is {ahead} s in the future by the daemon's clock: correct the clock, or leave out `at`"
        raise Malformed("report.in_future", message, {"path": "at"})
    return min(max(at, since), draft.now)


def moment_of(draft: Draft, at: int | None, target: Task) -> int:
    """When something happened in the current attempt at a task. Raises what ``moment`` raises."""
    return moment(draft, at, target.started_at or target.created_at)


def noted(draft: Draft, at: int) -> dict[str, Any]:
    """What an entry of the timeline says of when it happened: nothing where that was just now."""
    return {"happenedAt": at} if draft.now - at > LATE_MS else {}
