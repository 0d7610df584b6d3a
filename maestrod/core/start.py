"""Starting and stopping a session: the record first, its queue, the first entry of its timeline, and the wish to launch."""

from maestrod.api.errors import Malformed
from maestrod.api.event import TimelineType
from maestrod.api.reason import Reason, Source
from maestrod.api.session import Session, Terminal
from maestrod.core import queue, turns
from maestrod.core.draft import Draft
from maestrod.core.effects import Launch, Stop


def start_session(draft: Draft, session: Session) -> Session:
    """Record a session in state ``spawning`` and want its agent launched."""
    folder = session.working_dir or draft.project(session.project_id).working_dir
    limit = draft.world.rules.registration_timeout(session.agent)
    reason = draft.reason(Source.PLAN if session.unit_task_id else Source.USER, "spawned", "waiting for the agent")
    started = draft.change(session, working_dir=folder, status_reason=reason, deadline=draft.now + limit)
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


def stop_session(draft: Draft, session: Session, reason: Reason) -> Session:
    """Want a live session to end, for a reason that stays until it has; its process tree goes by the ladder."""
    if session.terminal is Terminal.EXTERNAL or session.stopping:
        return session
    draft.effect(Stop(session.id, session.attempt))
    return draft.change(session, stopping=True, status_reason=reason)


def agent_for(draft: Draft, project_id: str, wanted: str | None) -> str:
    """The agent to use: the one wanted, else the project's, else the default. Raises ``Malformed`` for an unknown one."""
    project = draft.project(project_id)
    agent = wanted or project.settings.default_agent or draft.world.rules.default_agent
    known = draft.world.rules.names_for(project.working_dir).agents
    if agent not in known:
        names = ", ".join(sorted(known))
        raise Malformed("agent.unknown", f"there is no agent {agent!r}; there is: {names}", {"path": "agent"})
    return agent
