"""How a plan moves.

Theory. What a planner hands in is a ``draft`` until the linter has judged it, in the same decision: nobody sees that state.
A plan that passes is ``ready``, and applied at once or when a person approves; applying it is one commit. Nothing brings back
a plan that was refused or has become tasks: a planner hands in another.
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
