"""The rules of hooks: which session a report is about, and what its signs do. The adapter has already read the payload
(``engine/hook.py``).
"""

from maestrod.api.errors import Malformed
from maestrod.api.event import EventReport, TimelineType
from maestrod.api.model.base import Done
from maestrod.api.model.patterns import as_line
from maestrod.api.permission import PermissionAsk, PermissionReply
from maestrod.api.reason import Source
from maestrod.api.session import Session, SessionRegister
from maestrod.core.access.scope import alive, session_for
from maestrod.core.session import permission_rules, session_rules, sign_rules
from maestrod.core.session.session import move, touch
from maestrod.core.values.agent_traits import Turns
from maestrod.core.values.command import Actor
from maestrod.core.values.lifecycle import SessionEvent
from maestrod.core.values.signs import PermissionAsked
from maestrod.core.world.draft import Draft

#: Hook events that show the start of an agent, for agents without an adapter that reads hooks.
_STARTS = frozenset({"SessionStart", "session_start"})


def hook(draft: Draft, params: EventReport, actor: Actor) -> Done:
    """A hook fired. Its payload is not stored, because it may contain anything that the agent saw.

    Raises ``Malformed`` if it names no session and its data does not lead to one.
    """
    session = _session(draft, params, actor)
    if session.status.is_over:
        return Done()  # the hook was late, or spooled while the end was being detected
    if draft.world.policy.traits(session.agent).turns is Turns.NONE:
        _unread(draft, session, params)
        return Done()
    at = min(params.at or draft.now, draft.now)
    touch(draft, session)
    sign_rules.take(draft, session.id, draft.reading.signs, sign_rules.Provenance(Source.HOOK, at))
    return Done()


def ask_permission(draft: Draft, params: PermissionAsk, actor: Actor) -> PermissionReply:
    """A hook waits for a decision. The reply names the question, which may be decided already, or none.

    Raises what ``hook`` raises.
    """
    session = _session(draft, params, actor)
    if session.status.is_over or draft.world.policy.traits(session.agent).turns is Turns.NONE:
        return PermissionReply()
    at = min(params.at or draft.now, draft.now)
    session = touch(draft, session)
    question_for = [sign for sign in draft.reading.signs if isinstance(sign, PermissionAsked)]
    rest = tuple(sign for sign in draft.reading.signs if not isinstance(sign, PermissionAsked))
    sign_rules.take(draft, session.id, rest, sign_rules.Provenance(Source.HOOK, at))
    session = draft.session(session.id)
    if not question_for or session.status.is_over:
        return PermissionReply()
    question = permission_rules.question_for(draft, session, question_for[0], Source.HOOK, wait_ms=params.wait_ms or 0)
    return PermissionReply(attention_id=question.id)


def _session(draft: Draft, params: EventReport | PermissionAsk, actor: Actor) -> Session:
    """The named session, the caller's own, the one with the agent's own id, or a new external session."""
    if params.session_id is not None or not actor.is_owner:
        return session_for(draft, actor, params.session_id)
    agent, reading = params.agent or "", draft.reading
    if reading.agent_session_id is None or draft.world.policy.traits(agent).turns is Turns.NONE:
        raise Malformed("session.missing", "name a session: sessionId is missing", {"path": "sessionId"})
    for session_id in draft.world.by_session.live:
        session = draft.world.sessions[session_id]
        if session.agent_session_id == reading.agent_session_id and session.agent == agent:
            return session
    if reading.cwd is None:
        raise Malformed(
            "session.missing", "no session has this agent's id, and the payload names no folder", {"path": "payload"}
        )
    hand_started = SessionRegister(
        agent=agent,
        agent_session_id=reading.agent_session_id,
        working_dir=reading.cwd,
        pid=params.pid,
        name=as_line(f"{agent} in {reading.cwd.rstrip('/').rpartition('/')[2] or '/'}"[:200], agent),
    )
    return session_rules.register(draft, hand_started, actor)


def _unread(draft: Draft, session: Session, params: EventReport) -> None:
    """Handle a hook that no adapter reads: a start registers the session, and every event is noted in the timeline."""
    if params.event in _STARTS:
        reason = draft.reason(Source.HOOK, "hook", f"hook {params.event}")
        session = move(draft, alive(session), SessionEvent.REGISTER, reason)
    metadata = {"event": params.event} if params.agent is None else {"event": params.event, "agent": params.agent}
    draft.timeline(
        TimelineType.MILESTONE, f"hook {params.event}", session_id=session.id, source=Source.HOOK, metadata=metadata
    )
    touch(draft, session)
