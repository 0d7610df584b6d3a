"""How a session is asked to stop."""

from maestrod.api.reason import Reason
from maestrod.api.session import Session, Terminal
from maestrod.core.values.effects import Stop
from maestrod.core.values.lifecycle import Data, SessionEvent, moved
from maestrod.core.world.draft import Draft


def stop_session(draft: Draft, session: Session, reason: Reason) -> Session:
    """Want a live session to end, for a reason that stays until it has; its process tree goes by the ladder."""
    if session.terminal is Terminal.EXTERNAL or session.stopping:
        return session
    draft.effect(Stop(session.id, session.attempt))
    return draft.put(moved(session, SessionEvent.WANT_STOP, draft.now, Data(reason=reason)))
