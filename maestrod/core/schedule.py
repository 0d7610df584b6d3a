"""The scheduler: which units get a session now.

It runs at the end of every decision. It checks only the units that could start (an index keeps them sorted by priority, longest
chain and age) and the free slots: in total, per project, per agent, per run. A session that it starts is part of the decision
that freed the slot.
"""

from maestrod.api.run import Run, RunStatus
from maestrod.api.session import Role, Session, SessionStatus, SpawnSource, Terminal
from maestrod.api.task import Task
from maestrod.core.session import limit_rules
from maestrod.core.session.start import start_session
from maestrod.core.work.pause import is_held
from maestrod.core.work.run_state import can_plan
from maestrod.core.world.draft import Draft
from maestrod.core.world.session_index import wants_slot
from maestrod.core.world.slots import free_slots
from maestrod.core.world.task_index import BLOCKED, DOOM, READY, WAIT, Rank, bucket


def schedule(draft: Draft) -> None:
    """Start sessions for the best startable units while there are slots."""
    if draft.world.system.frozen or draft.world.draining:
        return
    for run_id in sorted(draft.world.planning):
        run = draft.world.runs[run_id]
        if not limit_rules.is_held_back(draft, run.agent):
            _start_planner(draft, run)
    while draft.world.by_session.slots[""] < draft.world.policy.max_sessions:
        unit = _best(draft)
        if unit is None:
            return
        _start_unit(draft, unit)


def _start_planner(draft: Draft, run: Run) -> None:
    """Start the orchestrator of a planning run that has none, if its root may start."""
    root = draft.world.tasks[run.root_task_id]
    held = run.paused or draft.world.by_task.is_held_above(root)
    ready = bucket(root) == READY or root.status.is_active
    if held or not ready or run.id in draft.world.by_session.planners or not can_plan(draft, run):
        return
    start_session(
        draft,
        Session(
            id=draft.new_id("ses"),
            project_id=root.project_id,
            name=f"plan: {root.title}"[:500],
            role=Role.ORCHESTRATOR,
            agent=run.agent,
            status=SessionStatus.SPAWNING,
            task_ids=(root.id,),
            run_id=run.id,
            spawn_source=SpawnSource.PLAN,
            program=run.planner,
            terminal=Terminal.PIPE,
            created_at=draft.now,
            last_activity=draft.now,
        ),
    )


def wake_due(draft: Draft) -> bool:
    """Continue sessions whose usage limit has ended, before new sessions can take their slots. Returns whether any continued."""
    woken = False
    if draft.world.system.frozen or draft.world.draining:
        return False
    for session_id in sorted(draft.world.by_session.waiting):
        session = draft.session(session_id)
        if session.stopping or session.wait is None or not session.wait.due:
            continue
        if not is_held(draft.world, session) and _has_room(draft, session):
            limit_rules.wake(draft, session)
            woken = True
    return woken


def _has_room(draft: Draft, session: Session) -> bool:
    """Whether there is a slot for a session that has waited."""
    if not wants_slot(session):
        return True
    run = draft.world.runs.get(session.run_id or "")
    limit = run.max_sessions if run is not None else None
    if limit is not None and draft.world.by_session.slots[f"run:{session.run_id}"] >= limit:
        return False
    return free_slots(draft, session.project_id, session.agent) > 0


def _best(draft: Draft) -> Task | None:
    """The best unit over all projects and agents that have a free slot."""
    best: Rank | None = None
    for (project_id, agent, run_id), ranks in draft.world.by_task.startable():
        if free_slots(draft, project_id, agent) <= 0 or not _run_allows(draft, run_id):
            continue
        if limit_rules.is_held_back(draft, agent):
            continue
        entry = next((entry for entry in ranks if _leaves(draft, draft.world.tasks[entry[2]])), None)
        if entry is not None and (best is None or entry < best):
            best = entry
    return None if best is None else draft.world.tasks[best[2]]


def _run_allows(draft: Draft, run_id: str) -> bool:
    """Whether a run may start units, and has a free slot of its own."""
    run = draft.world.runs.get(run_id)
    if run is None or run.paused or run.status is not RunStatus.RUNNING:
        return False
    return run.max_sessions is None or draft.world.by_session.slots[f"run:{run.id}"] < run.max_sessions


def _start_unit(draft: Draft, unit: Task) -> Session:
    dispatch = unit.dispatch
    if dispatch is None:
        raise ValueError(f"{unit.id} is not a unit")
    run = draft.world.runs[dispatch.run_id]
    return start_session(
        draft,
        Session(
            id=draft.new_id("ses"),
            project_id=unit.project_id,
            name=unit.title,
            role=Role.WORKER,
            agent=dispatch.agent,
            status=SessionStatus.SPAWNING,
            task_ids=_leaves(draft, unit),
            unit_task_id=unit.id,
            persona=dispatch.persona,
            skills=dispatch.skills,
            strategy=dispatch.strategy,
            parent_session_id=_orchestrator(draft, run.id),
            run_id=run.id,
            spawn_source=SpawnSource.PLAN,
            terminal=draft.world.policy.traits(dispatch.agent).terminal,
            created_at=draft.now,
            last_activity=draft.now,
        ),
    )


def _leaves(draft: Draft, unit: Task) -> tuple[str, ...]:
    """The tasks of a unit's session: the unit itself, or its leaves that may still run in this session.

    Leaves of another unit, leaves below a blocked task and leaves of another worker are left out.
    """
    children = draft.world.by_task.children
    given = []
    stack = [unit.id]
    while stack:
        current = draft.world.tasks[stack.pop()]
        if current.id in children:
            if current is unit or (current.dispatch is None and bucket(current) not in _SHUT):
                stack.extend(reversed(draft.world.children(current.id)))
        elif (current is unit or current.dispatch is None) and _may_still_run(draft, current):
            given.append(current.id)
    ready = any(bucket(draft.world.tasks[task_id]) == READY for task_id in given)
    return tuple(given) if ready else ()


#: Buckets of parents whose subtasks cannot run now.
_SHUT = {DOOM, WAIT, BLOCKED}


def _may_still_run(draft: Draft, leaf: Task) -> bool:
    if leaf.status.is_over or leaf.status.is_active or leaf.not_before is not None:
        return False
    if bucket(leaf) in {DOOM, BLOCKED}:
        return False
    return not any(wants_slot(draft.world.sessions[id_]) for id_ in draft.world.by_session.live_of(leaf.id))


def _orchestrator(draft: Draft, run_id: str) -> str | None:
    """The session that planned the run, which becomes the parent of its workers."""
    sessions = draft.world.sessions
    for session_id in sorted(draft.world.by_session.of_run.get(run_id, ())):
        if sessions[session_id].role is Role.ORCHESTRATOR:
            return session_id
    return None
