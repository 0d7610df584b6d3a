"""The state machine of a run.

A run is ``planning`` until it has a plan (or a tree that needs none), perhaps ``awaiting_approval``, then ``running``
until its root ends. It ends with its root's status unless it is cancelled first, and continues if the root is opened again by a retry.
A run whose planning failed may plan again. Paused is not a state of its own: a resumed run continues where it was.
"""

import enum
from typing import Any

from maestrod.api.run import Run, RunStatus
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table
from maestrod.core.world.draft import Draft


class RunEvent(enum.Enum):
    """What can happen to a run."""

    AWAIT = "await"
    PLAN = "plan"
    WORK = "work"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


_S = RunStatus
_E = RunEvent

# fmt: off
TRANSITIONS: Table[RunStatus, RunEvent] = Table("run", {
    _S.PLANNING: {
        _E.AWAIT: _S.AWAITING_APPROVAL, _E.PLAN: IGNORE, _E.WORK: _S.RUNNING,
        _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.CANCEL: _S.CANCELLED,
    },
    _S.AWAITING_APPROVAL: {
        _E.AWAIT: IGNORE, _E.PLAN: _S.PLANNING, _E.WORK: _S.RUNNING,
        _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.CANCEL: _S.CANCELLED,
    },
    _S.RUNNING: {
        _E.AWAIT: IGNORE, _E.PLAN: ILLEGAL, _E.WORK: IGNORE,
        _E.COMPLETE: _S.COMPLETED, _E.FAIL: _S.FAILED, _E.CANCEL: _S.CANCELLED,
    },
    _S.COMPLETED: {
        _E.AWAIT: ILLEGAL, _E.PLAN: _S.PLANNING, _E.WORK: _S.RUNNING,
        _E.COMPLETE: IGNORE, _E.FAIL: _S.FAILED, _E.CANCEL: _S.CANCELLED,
    },
    _S.FAILED: {
        _E.AWAIT: ILLEGAL, _E.PLAN: _S.PLANNING, _E.WORK: _S.RUNNING,
        _E.COMPLETE: _S.COMPLETED, _E.FAIL: IGNORE, _E.CANCEL: _S.CANCELLED,
    },
    _S.CANCELLED: {
        _E.AWAIT: ILLEGAL, _E.PLAN: _S.PLANNING, _E.WORK: _S.RUNNING,
        _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.CANCEL: IGNORE,
    },
})
# fmt: on

#: The states of a run that has not ended.
ACTIVE = frozenset({RunStatus.PLANNING, RunStatus.AWAITING_APPROVAL, RunStatus.RUNNING})


def move(draft: Draft, run: Run, event: RunEvent, **members: Any) -> Run:
    """Apply ``event`` to a run, and change ``members`` as well. Raises ``IllegalTransition``."""
    status = TRANSITIONS.target(run.status, event) or run.status
    if status not in ACTIVE:
        members.setdefault("completed_at", run.completed_at if run.status is status else draft.now)
        members["paused"] = False
    elif run.status not in ACTIVE:
        members |= {"completed_at": None, "error": None, "failure": None}
    return draft.change(run, status=status, **members)


def can_plan(draft: Draft, run: Run) -> bool:
    """Whether the run can get a plan: from its agent, or from a planner program."""
    return draft.world.policy.traits(run.agent).plans or bool(run.planner)


def active_run(draft: Draft, root_id: str) -> Run | None:
    """The active run of a root, if any."""
    for run_id in draft.world.runs_of(root_id):
        if draft.world.runs[run_id].status in ACTIVE:
            return draft.world.runs[run_id]
    return None
