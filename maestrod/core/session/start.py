"""Starts a session: creates its record, its queue and the first entry of its timeline, and launches its agent."""

from maestrod.api.clock import Clock
from maestrod.api.event import TimelineType
from maestrod.api.life import Spawning
from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.core.session import turns
from maestrod.core.values.effects import Launch
from maestrod.core.work import queue
from maestrod.core.world.draft import Draft


def start_session(draft: Draft, session: Session) -> Session:
    """Create a session in state ``spawning`` and request the launch of its agent."""
    folder = session.working_dir or draft.project(session.project_id).working_dir
    limit = draft.world.policy.registration_timeout(session.agent)
    reason = draft.reason(Source.PLAN if session.unit_task_id else Source.USER, "spawned", "waiting for the agent")
    live = Spawning(clock=Clock(deadline=draft.now + limit))
    started = draft.change(session, working_dir=folder, status_reason=reason, live=live)
    queue.create(draft, started)
    draft.timeline(
        TimelineType.SESSION_STARTED,
        f"session {session.name!r} created",
        session_id=session.id,
        source=reason.source,
        metadata={"agent": session.agent, "role": session.role.value, "taskIds": list(session.task_ids)},
    )
    turns.open_conversation(draft, started)
    draft.effect(Launch(session.id, session.attempt))
    return started
