"""The scheduler: which units get a session now.

It is called at the end of every decision and looks only at the units that could start (an index keeps them sorted by
priority, longest chain and age) and at free slots: overall, per project, per agent, per run. A session it starts is part of
the decision that made room for it.
"""

from maestrod.api.run import RunStatus
from maestrod.api.session import Role, Session, SessionStatus, SpawnSource
from maestrod.api.task import Task, TaskStatus
from maestrod.core import start
from maestrod.core.draft import Draft
from maestrod.core.standing import is_finished
from maestrod.core.task_index import DOOM, Rank, bucket


def schedule(draft: Draft) -> None:
    """Start sessions for the best startable units while there are slots."""
    if draft.world.system.frozen or draft.world.draining:
        return
    while draft.world.by_session.slots[""] < draft.world.rules.max_sessions:
        unit = _best(draft)
        if unit is None:
            return
        _start_unit(draft, unit)


def free_slots(draft: Draft, project_id: str, agent: str) -> int:
    """How many more workers of an agent may run in a project."""
    world = draft.world
    slots, rules = world.by_session.slots, world.rules
    free = rules.max_sessions - slots[""]
    if agent in rules.agent_limits:
        free = min(free, rules.agent_limits[agent] - slots[f"agent:{agent}"])
    project = world.projects.get(project_id)
    if project is not None and project.settings.max_sessions is not None:
        free = min(free, project.settings.max_sessions - slots[f"project:{project_id}"])
    return free


def _best(draft: Draft) -> Task | None:
    """The best unit over all projects and agents that have a free slot."""
    best: Rank | None = None
    for (project_id, agent), ranks in draft.world.by_task.startable():
        if free_slots(draft, project_id, agent) <= 0:
            continue
        entry = next((entry for entry in ranks if _run_allows(draft, entry)), None)
        if entry is not None and (best is None or entry < best):
            best = entry
    return None if best is None else draft.world.tasks[best[2]]


def _run_allows(draft: Draft, entry: Rank) -> bool:
    unit = draft.world.tasks[entry[2]]
    run = draft.world.runs.get(unit.dispatch.run_id) if unit.dispatch is not None else None
    if run is None or run.paused or run.status is not RunStatus.RUNNING:
        return False
    return run.max_sessions is None or draft.world.by_session.slots[f"run:{run.id}"] < run.max_sessions


def _start_unit(draft: Draft, unit: Task) -> Session:
    dispatch = unit.dispatch
    if dispatch is None:
        raise ValueError(f"{unit.id} is no unit of scheduling")
    run = draft.world.runs[dispatch.run_id]
    return start.start_session(
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
            created_at=draft.now,
            last_activity=draft.now,
        ),
    )


def _leaves(draft: Draft, unit: Task) -> tuple[str, ...]:
    """What the session is given: the unit itself, or its leaves that may still run in this session."""
    if unit.id not in draft.world.by_task.children:
        return (unit.id,)
    given = []
    for task_id in draft.world.subtree(unit.id):
        leaf = draft.world.tasks[task_id]
        if task_id not in draft.world.by_task.children and _may_still_run(leaf):
            given.append(task_id)
    return tuple(given)


def _may_still_run(leaf: Task) -> bool:
    return not is_finished(leaf) and bucket(leaf) not in {DOOM, TaskStatus.BLOCKED.value} and leaf.not_before is None


def _orchestrator(draft: Draft, run_id: str) -> str | None:
    """The session that planned the run: its workers are its children."""
    sessions = draft.world.sessions
    for session_id in draft.world.by_session.of_run.get(run_id, ()):
        if sessions[session_id].role is Role.ORCHESTRATOR:
            return session_id
    return None
