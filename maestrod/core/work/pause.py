"""Pauses and resumes sessions: one session, a run, or everything.

A session is held while it, its run or the whole system is paused. The sessions to pause or resume are found by comparing which
were held before and after a change. Timeouts do not run while a session is held or waits for the end of a usage limit.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from maestrod.api.clock import Clock
from maestrod.api.errors import IllegalTransition
from maestrod.api.session import Session, Terminal
from maestrod.api.system import Freeze, System, SystemParams
from maestrod.core.access.scope import alive
from maestrod.core.values.effects import Signal
from maestrod.core.values.lifecycle import SessionEvent, clock_of, moved, with_clock
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World


def is_held(world: World, session: Session) -> bool:
    """Whether a session's processes must be paused."""
    run = world.runs.get(session.run_id or "")
    return session.paused or world.system.frozen or (run is not None and run.paused)


@contextmanager
def hold_sessions(draft: Draft) -> Iterator[None]:
    """For a block that pauses or resumes something: at its end, pause or resume the affected sessions."""
    before = {id_: is_held(draft.world, draft.world.sessions[id_]) for id_ in sorted(draft.world.by_session.live)}
    yield
    for session_id, was_held in before.items():
        session = draft.world.sessions[session_id]
        held = is_held(draft.world, session)
        if held is not was_held and session.terminal is not Terminal.EXTERNAL:
            draft.effect(Signal(session.id, session.attempt, "STOP" if held else "CONT"))
            _shift_clocks(draft, session, held=_stands_still(draft.world, session))
            draft.at_turn[session.id] = None


@contextmanager
def clocks(draft: Draft, session_id: str) -> Iterator[None]:
    """For a block in which a session begins or ends a wait: at its end, stop its clocks or let them continue."""
    yield
    session = draft.session(session_id)
    if session.terminal is not Terminal.EXTERNAL:
        _shift_clocks(draft, session, held=_stands_still(draft.world, session))


def hold_clocks(draft: Draft, session: Session) -> None:
    """Stop the clocks of a session that is paused or waiting, also of work that a late report has just started."""
    if session.terminal is not Terminal.EXTERNAL and _stands_still(draft.world, session):
        _shift_clocks(draft, session, held=True)


def _stands_still(world: World, session: Session) -> bool:
    return session.wait is not None or is_held(world, session)


def _shift_clocks(draft: Draft, session: Session, *, held: bool) -> None:
    """Stop the clocks of a session and its tasks, keeping the time that is left, or let them continue."""
    clock = clock_of(session)
    if clock is not None:
        draft.put(with_clock(session, _held(clock, draft.now, held=held)))
    for task_id in session.task_ids:
        task = draft.world.tasks.get(task_id)
        if task is not None and task.clock is not None:
            draft.change(task, clock=_held(task.clock, draft.now, held=held))


def _held(clock: Clock, now: int, *, held: bool) -> Clock:
    return clock.stopped(now) if held else clock.started(now)


def pause_session(draft: Draft, session: Session) -> Session:
    """Pause one session. Raises ``IllegalTransition`` for an external one."""
    if alive(session).terminal is Terminal.EXTERNAL:
        raise IllegalTransition(
            "session.external", f"{session.id} was started by hand: this daemon does not control its processes", {}
        )
    with hold_sessions(draft):
        return draft.put(moved(session, SessionEvent.PAUSE, draft.now))


def resume_session(draft: Draft, session: Session) -> Session:
    """Resume one session."""
    alive(session)
    with hold_sessions(draft):
        return draft.put(moved(session, SessionEvent.RESUME, draft.now))


def freeze(draft: Draft, params: Freeze) -> System:
    """Emergency stop: start nothing and pause every session."""
    with hold_sessions(draft):
        return draft.change(draft.world.system, frozen=True, frozen_at=draft.now, frozen_reason=params.reason)


def thaw(draft: Draft, params: SystemParams) -> System:
    """End the emergency stop."""
    with hold_sessions(draft):
        return draft.change(draft.world.system, frozen=False, frozen_at=None, frozen_reason="")
