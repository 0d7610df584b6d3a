"""Authorisation: the owner may change everything; a session itself, its tasks and its queue; an orchestrator also the sessions
it started.
"""

from maestrod.api.errors import IllegalTransition, Malformed, NotAllowed
from maestrod.api.session import Role, Session
from maestrod.api.task import Task
from maestrod.core.values.command import Actor
from maestrod.core.world.draft import Draft
from maestrod.core.world.world import World


def check_actor(world: World, actor: Actor) -> None:
    """Refuse a caller whose session is unknown or whose attempt has been replaced. Raises ``NotAllowed``."""
    if actor.session_id is None:
        return
    session = world.sessions.get(actor.session_id)
    if session is None:
        raise NotAllowed("session.unknown", f"there is no session {actor.session_id!r}")
    if session.attempt != actor.attempt:
        raise NotAllowed(
            "session.stale_attempt",
            f"attempt {actor.attempt} of {session.id} has ended: attempt {session.attempt} has replaced it",
            {"attempt": actor.attempt, "current": session.attempt},
        )


def check_alive(world: World, actor: Actor) -> None:
    """Refuse the calls of a session that has ended. Raises ``NotAllowed``."""
    if actor.session_id is None:
        return
    session = world.sessions[actor.session_id]
    if session.status.is_over:
        raise NotAllowed("session.ended", f"{session.id} is {session.status.value}: its reports no longer count")


def alive(session: Session) -> Session:
    """The session, or ``IllegalTransition`` when it has ended."""
    if session.status.is_over:
        raise IllegalTransition(
            "session.ended", f"{session.id} is {session.status.value}", {"status": session.status.value}
        )
    return session


def descends_from(world: World, session: Session, ancestor_id: str) -> bool:
    """Whether ``ancestor_id`` started the session, directly or through others."""
    seen = set()
    current: Session | None = session
    while current is not None and current.id not in seen:
        seen.add(current.id)
        if current.parent_session_id == ancestor_id:
            return True
        current = world.sessions.get(current.parent_session_id or "")
    return False


def session_for(draft: Draft, actor: Actor, session_id: str | None) -> Session:
    """The session that a call is about; without ``session_id``, the caller's own.

    Raises ``Malformed`` if the owner names none, ``NotFound``, or ``NotAllowed`` if the caller may not act on it.
    """
    wanted = session_id or actor.session_id
    if wanted is None:
        raise Malformed("session.missing", "name a session: sessionId is missing", {"path": "sessionId"})
    session = draft.session(wanted)
    if actor.is_owner or wanted == actor.session_id:
        return session
    own = draft.session(actor.session_id or "")
    if own.role is Role.ORCHESTRATOR and descends_from(draft.world, session, own.id):
        return session
    raise NotAllowed("session.not_yours", f"{own.id} may not act on {wanted}", {"sessionId": wanted})


def task_for(draft: Draft, actor: Actor, task_id: str) -> Task:
    """The task that a call is about. Raises ``NotFound``, or ``NotAllowed`` if the caller may not act on it."""
    task = draft.task(task_id)
    if actor.is_owner or may_touch_task(draft.world, actor, task_id):
        return task
    raise NotAllowed("task.not_yours", f"{task_id} is not a task of {actor.session_id}", {"taskId": task_id})


def may_touch_task(world: World, actor: Actor, task_id: str) -> bool:
    """Whether a task is linked to the caller's session, or is in the tree that the calling orchestrator works on."""
    own = world.sessions.get(actor.session_id or "")
    if own is None:
        return False
    if task_id in own.task_ids:
        return True
    if own.role is not Role.ORCHESTRATOR:
        return False
    current: str | None = task_id
    while current is not None:
        if current in own.task_ids:
            return True
        task = world.tasks.get(current)
        current = task.parent_id if task is not None else None
    return False
