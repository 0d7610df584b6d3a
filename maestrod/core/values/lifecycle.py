"""The lifecycle of a session: five machines, what moves them, and why they come to rest.

**A session is five state machines.** One is not enough: a paused agent still has a prompt to work on, and an agent that
waits for the end of a usage limit can be paused or stopped. So each question about a session has its own machine:

- **life**: has it started, does it work, how did it end? A session is ``spawning`` from the decision to start it until its
  first sign of life. Then it is ``working`` while one of its tasks is in progress (or, if its agent reports turns, while a turn
  runs), and otherwise ``idle``. It ends once, as ``completed``, ``failed`` or ``stopped``. ``Session.status`` is the state of
  this machine.
- **turn**: what does the agent report that it is doing? ``silent`` until it reports a turn, then ``running`` or ``over``. A
  session whose agent never reports turns follows its tasks instead.
- **hold**: are its processes paused? ``paused`` when a user paused this very session. Its run, or everything, can be paused as
  well (``pause.py``); that is the state of the run and of the system.
- **ending**: is it about to end? ``finishing`` when nothing is left to do and its agent should exit, ``stopping`` when it is
  being stopped. Only life says that it has ended.
- **wait**: does it wait for the end of a usage limit? ``waiting`` until the limit ends, then ``due`` until a slot is free.

**States carry their data** (``api/life.py``), so an impossible combination cannot be written down. A turn that has ended says
nothing about what the agent does now. Only a session that is starting or finishing has a time limit for that. A session that
has ended carries none of this.

**How the machines are coupled.** An event happens to the session, not to a machine. Each machine has a table of the events that
move it, and ``BRINGS`` lists the events that another event implies:

- A turn that begins or ends is a sign of life, and so is a limit: ``begin`` brings ``work``; ``cease`` and ``reach`` bring
  ``register``.
- An agent with nothing to do is let go even if it has not registered: ``let go`` brings ``register``.
- The end of a process (``gone``) silences the turn and moves nothing else: the session can continue in another process.
- ``complete``, ``fail`` and ``stop`` move every machine at once, to its final state. Nothing moves them after that.
- A session that is ending begins no wait. One that is ``stopping`` is never let go, and one that is ``finishing`` can still be
  stopped.

Rules decide what depends on more than these states: a session rests after a turn only if nothing runs in the background, a
limit ends the turn only if the agent gave up, and a turn that begins after a limit was reached ends the wait.

**Why the machines come to rest.** An event moves each machine at most once, and brings only events listed below it in
``SessionEvent``. So every event is processed in finitely many steps, in any state. ``tests/core/values/test_lifecycle.py``
checks the order, and that ``moved`` follows the tables for every event in every state.

Nothing else builds ``Session.live`` or sets ``Session.status``. This file reads no world and has no side effects.
"""

import enum
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from maestrod.api.clock import Clock
from maestrod.api.life import Finishing, Live, Spawning, Stopping, Up
from maestrod.api.process import Exit
from maestrod.api.reason import Reason
from maestrod.api.session import Session, SessionStatus
from maestrod.api.turn import Limited, Turn, Wait
from maestrod.core.values.machines import IGNORE, ILLEGAL, Table


class SessionEvent(enum.Enum):
    """What can happen to a session. An event brings only events listed below it."""

    REACH = "reach"
    BEGIN = "begin"
    CEASE = "cease"
    LET_GO = "let go"
    REGISTER = "register"
    WORK = "work"
    REST = "rest"
    END_WAIT = "end wait"
    WAKE = "wake"
    PAUSE = "pause"
    RESUME = "resume"
    WANT_STOP = "want stop"
    GONE = "gone"
    COMPLETE = "complete"
    FAIL = "fail"
    STOP = "stop"


#: The events that end a session.
ENDS: Final = frozenset({SessionEvent.COMPLETE, SessionEvent.FAIL, SessionEvent.STOP})
#: The events that another event implies.
BRINGS: Mapping[SessionEvent, tuple[SessionEvent, ...]] = {
    SessionEvent.REACH: (SessionEvent.REGISTER,),
    SessionEvent.BEGIN: (SessionEvent.WORK,),
    SessionEvent.CEASE: (SessionEvent.REGISTER,),
    SessionEvent.LET_GO: (SessionEvent.REGISTER,),
}


class TurnState(enum.Enum):
    """What the agent reports that it is doing."""

    SILENT = "silent"
    RUNNING = "running"
    OVER = "over"


class HoldState(enum.Enum):
    """Whether a user has paused this very session."""

    FREE = "free"
    PAUSED = "paused"


class EndingState(enum.Enum):
    """Whether the session is about to end."""

    NONE = "none"
    FINISHING = "finishing"
    STOPPING = "stopping"


class WaitState(enum.Enum):
    """Whether the session waits for the end of a usage limit."""

    NONE = "none"
    WAITING = "waiting"
    DUE = "due"


_E = SessionEvent
_L, _T, _H, _N, _W = SessionStatus, TurnState, HoldState, EndingState, WaitState

# Tables: for each state, where each event leads.
# fmt: off
LIFE: Table[SessionStatus, SessionEvent] = Table("session", {
    _L.SPAWNING: {
        _E.REGISTER: _L.IDLE, _E.WORK: _L.WORKING, _E.REST: IGNORE,
        _E.COMPLETE: _L.FAILED, _E.FAIL: _L.FAILED, _E.STOP: _L.STOPPED,
    },
    _L.IDLE: {
        _E.REGISTER: IGNORE, _E.WORK: _L.WORKING, _E.REST: IGNORE,
        _E.COMPLETE: _L.COMPLETED, _E.FAIL: _L.FAILED, _E.STOP: _L.STOPPED,
    },
    _L.WORKING: {
        _E.REGISTER: IGNORE, _E.WORK: IGNORE, _E.REST: _L.IDLE,
        _E.COMPLETE: _L.COMPLETED, _E.FAIL: _L.FAILED, _E.STOP: _L.STOPPED,
    },
    _L.COMPLETED: {
        _E.REGISTER: ILLEGAL, _E.WORK: ILLEGAL, _E.REST: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE,
    },
    _L.FAILED: {
        _E.REGISTER: ILLEGAL, _E.WORK: ILLEGAL, _E.REST: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE,
    },
    _L.STOPPED: {
        _E.REGISTER: ILLEGAL, _E.WORK: ILLEGAL, _E.REST: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE,
    },
})
#: The event of an agent that reports a status of its own session.
REPORTED: Mapping[SessionStatus, SessionEvent] = {
    _L.IDLE: _E.REST, _L.WORKING: _E.WORK, _L.COMPLETED: _E.COMPLETE, _L.FAILED: _E.FAIL, _L.STOPPED: _E.STOP,
}
TURN: Table[TurnState, SessionEvent] = Table("turn", {
    _T.SILENT: {_E.BEGIN: _T.RUNNING, _E.CEASE: _T.OVER, _E.GONE: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE},
    _T.RUNNING: {
        _E.BEGIN: _T.RUNNING, _E.CEASE: _T.OVER, _E.GONE: _T.SILENT, _E.COMPLETE: _T.SILENT, _E.FAIL: _T.SILENT, _E.STOP: _T.SILENT,
    },
    _T.OVER: {
        _E.BEGIN: _T.RUNNING, _E.CEASE: _T.OVER, _E.GONE: _T.SILENT, _E.COMPLETE: _T.SILENT, _E.FAIL: _T.SILENT, _E.STOP: _T.SILENT,
    },
})
HOLD: Table[HoldState, SessionEvent] = Table("hold", {
    _H.FREE: {_E.PAUSE: _H.PAUSED, _E.RESUME: IGNORE, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE},
    _H.PAUSED: {_E.PAUSE: IGNORE, _E.RESUME: _H.FREE, _E.COMPLETE: _H.FREE, _E.FAIL: _H.FREE, _E.STOP: _H.FREE},
})
ENDING: Table[EndingState, SessionEvent] = Table("ending", {
    _N.NONE: {_E.LET_GO: _N.FINISHING, _E.WANT_STOP: _N.STOPPING, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE},
    _N.FINISHING: {_E.LET_GO: IGNORE, _E.WANT_STOP: _N.STOPPING, _E.COMPLETE: _N.NONE, _E.FAIL: _N.NONE, _E.STOP: _N.NONE},
    _N.STOPPING: {_E.LET_GO: IGNORE, _E.WANT_STOP: IGNORE, _E.COMPLETE: _N.NONE, _E.FAIL: _N.NONE, _E.STOP: _N.NONE},
})
WAIT: Table[WaitState, SessionEvent] = Table("wait", {
    _W.NONE: {
        _E.REACH: _W.WAITING, _E.END_WAIT: IGNORE, _E.WAKE: ILLEGAL, _E.COMPLETE: IGNORE, _E.FAIL: IGNORE, _E.STOP: IGNORE,
    },
    _W.WAITING: {
        _E.REACH: IGNORE, _E.END_WAIT: _W.DUE, _E.WAKE: ILLEGAL, _E.COMPLETE: _W.NONE, _E.FAIL: _W.NONE, _E.STOP: _W.NONE,
    },
    _W.DUE: {
        _E.REACH: _W.WAITING, _E.END_WAIT: IGNORE, _E.WAKE: _W.NONE, _E.COMPLETE: _W.NONE, _E.FAIL: _W.NONE, _E.STOP: _W.NONE,
    },
})
# fmt: on


class States(NamedTuple):
    """The states of a session's five machines."""

    life: SessionStatus
    turn: TurnState = TurnState.SILENT
    hold: HoldState = HoldState.FREE
    ending: EndingState = EndingState.NONE
    wait: WaitState = WaitState.NONE


#: The machines, in the order of ``States``.
MACHINES: tuple[Table[Any, SessionEvent], ...] = (LIFE, TURN, HOLD, ENDING, WAIT)


def states(session: Session) -> States:
    """The states of a session's machines."""
    turn, ending, wait = session.turn, session.ending, session.wait
    return States(
        session.status,
        _T.SILENT if turn is None else _T.RUNNING if turn.running else _T.OVER,
        _H.PAUSED if session.paused else _H.FREE,
        _N.NONE if ending is None else _N.STOPPING if isinstance(ending, Stopping) else _N.FINISHING,
        _W.NONE if wait is None else _W.DUE if wait.due else _W.WAITING,
    )


def after(now: States, event: SessionEvent) -> States:
    """The states after an event and the events that it brings. Raises ``IllegalTransition``."""
    if event is SessionEvent.REACH and now.ending is not EndingState.NONE:
        return now
    reached = States(*(_target(machine, state, event) for machine, state in zip(MACHINES, now, strict=True)))
    if now.life.is_over:
        reached = now
    for brought in BRINGS.get(event, ()):
        reached = after(reached, brought)
    return reached


def _target(machine: Table[Any, SessionEvent], state: Any, event: SessionEvent) -> Any:
    """The next state of one machine; an event that is not in its table leaves it where it is."""
    return state if event not in machine.cells[state] else machine.target(state, event) or state


def moves(session: Session, event: SessionEvent) -> bool:
    """Whether an event changes any state of a session. Raises ``IllegalTransition``."""
    before = states(session)
    return after(before, event) != before


class Data(msgspec.Struct, frozen=True):
    """The data for the states that an event enters; states that do not change keep their data."""

    reason: Reason | None = None
    turn: Turn | None = None
    wait: Wait | None = None
    clock: Clock | None = None
    exit: Exit | None = None


def moved(session: Session, event: SessionEvent, at: int, data: Data = Data()) -> Session:  # noqa: B008 - frozen
    """The session after an event at ``at`` (ms since the epoch). Raises ``IllegalTransition``.

    ``data.reason`` becomes the status reason when life, ending or wait change. While the session is stopping, the reason for
    that stays.
    """
    before = states(session)
    now = after(before, event)
    if now == before and (before.life.is_over or event not in _TELL_ANEW):
        return session
    changes: dict[str, Any] = {"status": now.life, "live": _live(session, before, now, event, at, data)}
    if now.life is not before.life or event is SessionEvent.WAKE:
        changes["last_activity"] = at
    if now.life is not before.life and event not in ENDS:
        changes["started_at"] = session.started_at or at
    if event in ENDS:
        changes |= {"exit": data.exit, "completed_at": at}
    if event is SessionEvent.GONE:
        changes["process"] = None
    if data.reason is not None and _gives_reason(before, now, event):
        changes["status_reason"] = data.reason
    return msgspec.structs.replace(session, **changes)


#: Events that bring new data even if no state changes.
_TELL_ANEW = frozenset({SessionEvent.BEGIN, SessionEvent.CEASE, SessionEvent.GONE})


def _gives_reason(before: States, now: States, event: SessionEvent) -> bool:
    """Whether the event's reason becomes the session's status reason."""
    if event in ENDS:
        return True
    is_another = (before.life, before.ending, before.wait) != (now.life, now.ending, now.wait)
    return is_another and before.ending is not EndingState.STOPPING


def _live(session: Session, before: States, now: States, event: SessionEvent, at: int, data: Data) -> Live | None:
    """The ``live`` part of the session: states that are entered take their data from ``data``."""
    paused, ending = now.hold is HoldState.PAUSED, _ending(session, before, now, data)
    if now.life is SessionStatus.SPAWNING:
        stopping = ending if isinstance(ending, Stopping) else None
        clock = session.live.clock if isinstance(session.live, Spawning) and stopping is None else None
        return Spawning(clock=clock, paused=paused, ending=stopping)
    if event in ENDS:
        return None
    speaks = event in {SessionEvent.BEGIN, SessionEvent.CEASE}
    return Up(
        paused=paused,
        ending=ending,
        turn=None if now.turn is TurnState.SILENT else data.turn if speaks else session.turn,
        wait=_wait(session, before, now, data),
        limited=_limited(session, before, now, at),
    )


def _ending(session: Session, before: States, now: States, data: Data) -> Finishing | Stopping | None:
    if now.ending is before.ending:
        return session.ending
    if now.ending is EndingState.FINISHING:
        return Finishing(clock=data.clock)
    if data.reason is None:
        raise ValueError(f"stopping {session.id} needs a reason")
    return Stopping(reason=data.reason)


def _wait(session: Session, before: States, now: States, data: Data) -> Wait | None:
    if now.wait is before.wait:
        return session.wait
    if now.wait is WaitState.WAITING:
        return data.wait
    return msgspec.structs.replace(session.wait, due=True) if now.wait is WaitState.DUE and session.wait else None


def _limited(session: Session, before: States, now: States, at: int) -> Limited | None:
    """Counts usage limits in a row; a turn that completes resets it (``revised``)."""
    limited = session.limited
    if now.wait is before.wait or now.wait is not WaitState.WAITING:
        return limited
    return Limited(hits=1, since=at) if limited is None else Limited(hits=limited.hits + 1, since=limited.since)


def revised(session: Session, **members: Any) -> Session:
    """The session with other data in its present states. Raises ``ValueError`` if that would change a state."""
    if session.live is None:
        raise ValueError(f"{session.id} has ended: it has no data to revise")
    changed = msgspec.structs.replace(session, live=msgspec.structs.replace(session.live, **members))
    if states(changed) != states(session):
        raise ValueError(f"only an event may change the state of {session.id}")
    return changed


def clock_of(session: Session) -> Clock | None:
    """The time limit of the present phase: to register, or to exit by itself."""
    if isinstance(session.live, Spawning):
        return session.live.clock
    return session.ending.clock if isinstance(session.ending, Finishing) else None


def with_clock(session: Session, clock: Clock | None) -> Session:
    """The session with another time limit; a session without one is returned unchanged."""
    if clock_of(session) is None:
        return session
    if isinstance(session.live, Spawning):
        return revised(session, clock=clock)
    return revised(session, ending=Finishing(clock=clock))
