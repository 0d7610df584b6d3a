"""Stopping a session on behalf of the work."""

from maestrod.api.reason import Reason
from maestrod.api.session import Session, Terminal
from maestrod.core.values.effects import Stop
from maestrod.core.values.lifecycle import Data, SessionEvent, moved
from maestrod.core.world.draft import Draft


def stop_session(draft: Draft, session: Session, reason: Reason) -> Session:
    """Stop a live session's process tree. ``reason`` stays its status reason until it has ended."""
    if session.terminal is Terminal.EXTERNAL or session.stopping:
        return session
    draft.effect(Stop(session.id, session.attempt))
    return draft.put(moved(session, SessionEvent.WANT_STOP, draft.now, Data(reason=reason)))
