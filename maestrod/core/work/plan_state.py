"""The state machine of a plan.

A submitted plan is a ``draft`` until the linter has checked it in the same decision, so no client sees that state. A valid plan
is ``ready``, and is applied at once or when a user approves it. Applying it is one decision. A plan that was refused or applied
never changes again; the planner submits a new one.
"""

import enum

from maestrod.api.plan import PlanStatus
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table


class PlanEvent(enum.Enum):
    """What can happen to a plan."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    APPROVE = "approve"
    APPLY = "apply"
    REJECT = "reject"


_S = PlanStatus
_E = PlanEvent

# fmt: off
TRANSITIONS: Table[PlanStatus, PlanEvent] = Table("plan", {
    _S.DRAFT: {
        _E.ACCEPT: _S.READY, _E.REFUSE: _S.INVALID, _E.APPROVE: ILLEGAL, _E.APPLY: ILLEGAL, _E.REJECT: ILLEGAL,
    },
    _S.INVALID: {
        _E.ACCEPT: ILLEGAL, _E.REFUSE: IGNORE, _E.APPROVE: ILLEGAL, _E.APPLY: ILLEGAL, _E.REJECT: ILLEGAL,
    },
    _S.READY: {
        _E.ACCEPT: IGNORE, _E.REFUSE: ILLEGAL, _E.APPROVE: _S.APPROVED, _E.APPLY: _S.APPLIED, _E.REJECT: _S.REJECTED,
    },
    _S.APPROVED: {
        _E.ACCEPT: IGNORE, _E.REFUSE: ILLEGAL, _E.APPROVE: IGNORE, _E.APPLY: _S.APPLIED, _E.REJECT: ILLEGAL,
    },
    _S.APPLIED: {
        _E.ACCEPT: ILLEGAL, _E.REFUSE: ILLEGAL, _E.APPROVE: ILLEGAL, _E.APPLY: ILLEGAL, _E.REJECT: ILLEGAL,
    },
    _S.REJECTED: {
        _E.ACCEPT: ILLEGAL, _E.REFUSE: ILLEGAL, _E.APPROVE: ILLEGAL, _E.APPLY: ILLEGAL, _E.REJECT: IGNORE,
    },
})
# fmt: on
