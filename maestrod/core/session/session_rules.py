"""The rules of the session methods: start, register, report, link, stop."""

from maestrod.api.errors import Busy, IllegalTransition, Malformed, NotAllowed
from maestrod.api.event import SessionReport, TimelineEvent, TimelineType
from maestrod.api.reason import Reason, Source
from maestrod.api.session import (
    Role,
    Session,
    SessionLink,
    SessionRef,
    SessionRegister,
    SessionSpawn,
    SessionStatus,
    SessionStop,
    SessionUpdate,
    SpawnSource,
    Terminal,
)
from maestrod.api.task import TaskStatus
from maestrod.core.access.scope import alive, session_for, task_for
from maestrod.core.plan import arguments
from maestrod.core.session.session import end, follow_tasks, move, touch
from maestrod.core.session.start import start_session
from maestrod.core.values.command import Actor
from maestrod.core.values.effects import Stop, Watch
from maestrod.core.values.lifecycle import REPORTED, SessionEvent
from maestrod.core.work import pause, project, queue, task
from maestrod.core.work.happened import moment, noted
from maestrod.core.work.stop import stop_session
from maestrod.core.world.draft import Draft
from maestrod.core.world.known import agent_for, check_persona, check_skills
from maestrod.core.world.slots import free_slots


def spawn(draft: Draft, params: SessionSpawn, actor: Actor) -> Session:
    """Start an agent on tasks. Raises ``Busy`` if no slot is free."""
    task_ids = tuple(dict.fromkeys(params.task_ids))
    for task_id in task_ids:
        task_for(draft, actor, task_id)
    if draft.world.system.frozen:
        raise Busy("system.frozen", "everything is frozen: thaw it first", {})
    home = _project_of(draft, params, actor)
    parent = _parent(draft, params, actor)
    agent = agent_for(draft, home, params.agent)
    folder = draft.project(home).working_dir
    check_persona(draft, folder, params.persona, "persona")
    check_skills(draft, folder, params.skills, "skills")
    arguments.check(params.program, "program")
    if params.role is Role.WORKER and free_slots(draft, home, agent) <= 0:
        raise Busy("session.no_slot", "all slots are in use: try again when a session has ended", {"agent": agent})
    first = draft.task(params.task_ids[0]).title if params.task_ids else agent
    return start_session(
        draft,
        Session(
            id=draft.new_id("ses"),
            project_id=home,
            name=params.name or first,
            role=params.role,
            agent=agent,
            status=SessionStatus.SPAWNING,
            task_ids=task_ids,
            unit_task_id=_unit(draft, task_ids),
            persona=params.persona,
            skills=params.skills,
            strategy=params.strategy,
            parent_session_id=parent,
            spawn_source=params.spawn_source if actor.is_owner else SpawnSource.SESSION,
            working_dir=params.working_dir or "",
            program=params.program,
            terminal=params.terminal or draft.world.policy.traits(agent).terminal,
            created_at=draft.now,
            last_activity=draft.now,
        ),
    )


def _unit(draft: Draft, task_ids: tuple[str, ...]) -> str | None:
    """The unit that a session started by hand takes from the scheduler: its only task, if that is a unit without a session."""
    world = draft.world
    if len(task_ids) != 1 or world.tasks[task_ids[0]].dispatch is None or task_ids[0] in world.by_task.children:
        return None
    return None if world.by_session.unit_is_live(task_ids[0]) else task_ids[0]


def _project_of(draft: Draft, params: SessionSpawn, actor: Actor) -> str:
    if params.task_ids:
        homes = {draft.task(task_id).project_id for task_id in params.task_ids}
        if len(homes) > 1 or (params.project_id is not None and params.project_id not in homes):
            raise Malformed(
                "session.other_project", "all tasks of a session belong to one project", {"path": "taskIds"}
            )
        return homes.pop()
    if not actor.is_owner:
        own = draft.session(actor.session_id or "").project_id
        if params.project_id not in {None, own} or params.working_dir is not None:
            raise NotAllowed("project.not_yours", f"{actor.session_id} may only work in {own}", {"projectId": own})
        return own
    return project.for_folder(draft, params.project_id, params.working_dir).id


def _parent(draft: Draft, params: SessionSpawn, actor: Actor) -> str | None:
    if actor.is_owner:
        return draft.session(params.parent_session_id).id if params.parent_session_id is not None else None
    own = draft.session(actor.session_id or "")
    if own.role is not Role.ORCHESTRATOR:
        raise NotAllowed("session.not_orchestrator", f"{own.id} is a worker: only orchestrators may start sessions", {})
    return own.id


def register(draft: Draft, params: SessionRegister, actor: Actor) -> Session:
    """Record an agent's first sign of life. If no session is named, create an external one."""
    if params.session_id is None and actor.is_owner:
        return _register_external(draft, params)
    session = alive(session_for(draft, actor, params.session_id))
    if params.agent_session_id is not None:
        session = draft.change(session, agent_session_id=params.agent_session_id)
    return move(
        draft, session, SessionEvent.REGISTER, draft.reason(Source.REPORT, "registered", "the agent registered")
    )


def _register_external(draft: Draft, params: SessionRegister) -> Session:
    home = project.for_folder(draft, params.project_id, params.working_dir)
    task_ids = tuple(dict.fromkeys(params.task_ids))
    for task_id in task_ids:
        if draft.task(task_id).project_id != home.id:
            raise Malformed(
                "session.other_project", "all tasks of a session belong to one project", {"path": "taskIds"}
            )
    reason = draft.reason(Source.REPORT, "registered", "an agent started by hand registered")
    session = draft.put(
        Session(
            id=draft.new_id("ses"),
            project_id=home.id,
            name=params.name or params.agent or "agent",
            role=Role.WORKER,
            agent=params.agent or draft.world.policy.default_agent,
            status=SessionStatus.IDLE,
            status_reason=reason,
            task_ids=task_ids,
            working_dir=params.working_dir or home.working_dir,
            terminal=Terminal.EXTERNAL,
            agent_session_id=params.agent_session_id,
            created_at=draft.now,
            started_at=draft.now,
            last_activity=draft.now,
        )
    )
    draft.timeline(TimelineType.SESSION_STARTED, "an agent started by hand registered", session_id=session.id)
    if params.pid is not None:
        draft.effect(Watch(session.id, session.attempt, params.pid))
    return session


def update(draft: Draft, params: SessionUpdate, actor: Actor) -> Session:
    """Change the given members."""
    session = alive(session_for(draft, actor, params.session_id))
    members = {"name": params.name, "agent_session_id": params.agent_session_id, "usage": params.usage}
    session = draft.change(session, **{name: value for name, value in members.items() if value is not None})
    if params.status is None or params.status is session.status:
        return session
    return _set_status(draft, session, params.status)


def _set_status(draft: Draft, session: Session, status: SessionStatus) -> Session:
    """Set the status that an agent reports. Only an external agent may report its end; for others, the process decides."""
    event = REPORTED.get(status)
    reason = draft.reason(Source.REPORT, "reported", f"the agent reports that it is {status.value}")
    if event in {SessionEvent.REST, SessionEvent.WORK}:
        return move(draft, session, event, reason)
    if event is not None and session.terminal is Terminal.EXTERNAL:
        return end(draft, session, event, reason, None)
    detail = {"status": status.value}
    raise IllegalTransition("session.illegal_transition", f"{session.id} cannot be set to {status.value}", detail)


def stop(draft: Draft, params: SessionStop, actor: Actor) -> Session:
    """Stop a session and its process tree."""
    session = alive(session_for(draft, actor, params.session_id))
    source = Source.USER if actor.is_owner else Source.REPORT
    reason = draft.reason(source, "stopped", params.reason or "stopped by the user", actor.session_id)
    if session.terminal is Terminal.EXTERNAL:
        return end(draft, session, SessionEvent.STOP, reason, None)
    if session.stopping:
        draft.effect(Stop(session.id, session.attempt))  # a repeated call checks again for what is left
    return stop_session(draft, session, reason)


def stop_again(draft: Draft, session: Session) -> None:
    """Request the effect again for a repeated request, because its handler waits for the report like the first."""
    if session.terminal is not Terminal.EXTERNAL:
        draft.effect(Stop(session.id, session.attempt))


def pause_(draft: Draft, params: SessionRef, actor: Actor) -> Session:
    """Pause a session."""
    return pause.pause_session(draft, session_for(draft, actor, params.session_id))


def resume(draft: Draft, params: SessionRef, actor: Actor) -> Session:
    """Resume a session."""
    return pause.resume_session(draft, session_for(draft, actor, params.session_id))


def report(draft: Draft, params: SessionReport, actor: Actor) -> TimelineEvent:
    """Add an entry to a session's timeline."""
    session = session_for(draft, actor, params.session_id)
    if params.task_id is not None:
        task_for(draft, actor, params.task_id)
    entry = draft.timeline(
        params.type,
        params.message,
        session_id=session.id,
        task_id=params.task_id,
        metadata=params.metadata | noted(draft, moment(draft, params.at, session.created_at)),
    )
    touch(draft, session)
    return entry


def link(draft: Draft, params: SessionLink, actor: Actor) -> Session:
    """Add a task to a session."""
    session = alive(session_for(draft, actor, params.session_id))
    linked = task_for(draft, actor, params.task_id)
    if linked.project_id != session.project_id:
        raise Malformed("session.other_project", "all tasks of a session belong to one project", {"path": "taskId"})
    if linked.id in session.task_ids:
        return session
    session = draft.change(session, task_ids=(*session.task_ids, linked.id))
    message = f"task {linked.title!r} added"
    draft.timeline(TimelineType.MILESTONE, message, session_id=session.id, task_id=linked.id, source=Source.USER)
    follow_tasks(draft, session.id)
    return draft.session(session.id)


def unlink(draft: Draft, params: SessionLink, actor: Actor) -> Session:
    """Remove a task from a session. If the session had started it, it can be started again."""
    session = alive(session_for(draft, actor, params.session_id))
    if params.task_id not in session.task_ids:
        return session
    queue.let_go(draft, session.id, params.task_id)
    session = draft.change(session, task_ids=tuple(id_ for id_ in session.task_ids if id_ != params.task_id))
    draft.timeline(
        TimelineType.MILESTONE, "task removed", session_id=session.id, task_id=params.task_id, source=Source.USER
    )
    _release(draft, params.task_id, draft.reason(Source.USER, "unlinked", f"removed from {session.id}"))
    follow_tasks(draft, session.id)
    return draft.session(session.id)


def _release(draft: Draft, task_id: str, reason: Reason) -> None:
    """Make a leaf startable again if no session works on it any more."""
    left = draft.world.tasks.get(task_id)
    if left is None or task_id in draft.world.by_task.children or draft.world.by_session.live_of(task_id):
        return
    if left.status is TaskStatus.IN_PROGRESS:
        task.release(draft, left, reason)
