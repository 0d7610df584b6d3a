"""How a session stands to a usage limit: it has none, sits one out, or has sat it out and wants a slot."""

import enum

from maestrod.api.session import Session
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table


class WaitState(enum.Enum):
    """Where a session is; it is not stored but read from ``Session.wait``."""

    FREE = "free"
    WAITING = "waiting"
    DUE = "due"


class WaitEvent(enum.Enum):
    """What can happen to it: the provider refuses, the moment comes, it works by itself, there is a slot, it has ended."""

    REACH = "reach"
    END = "end"
    WORK = "work"
    WAKE = "wake"
    STOP = "stop"


_S = WaitState
_E = WaitEvent

# fmt: off
TRANSITIONS: Table[WaitState, WaitEvent] = Table("wait", {
    _S.FREE: {
        _E.REACH: _S.WAITING, _E.END: IGNORE, _E.WORK: IGNORE, _E.WAKE: ILLEGAL, _E.STOP: IGNORE,
    },
    _S.WAITING: {
        _E.REACH: IGNORE, _E.END: _S.DUE, _E.WORK: _S.DUE, _E.WAKE: ILLEGAL, _E.STOP: _S.FREE,
    },
    _S.DUE: {
        _E.REACH: _S.WAITING, _E.END: IGNORE, _E.WORK: IGNORE, _E.WAKE: _S.FREE, _E.STOP: _S.FREE,
    },
})
# fmt: on


def state_of(session: Session) -> WaitState:
    """Where a session is."""
    if session.wait is None:
        return WaitState.FREE
    return WaitState.DUE if session.wait.due else WaitState.WAITING


def moves(session: Session, event: WaitEvent) -> bool:
    """Whether an event leads somewhere else. Raises ``IllegalTransition``."""
    return TRANSITIONS.target(state_of(session), event) is not None
