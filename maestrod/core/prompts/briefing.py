"""Builds a session's manifest from the world: its tasks in order, its skills, and the other sessions of its run."""

from collections.abc import Iterable, Mapping, Sequence

from maestrod.api.session import Role, Session
from maestrod.api.skill import Persona, Skill
from maestrod.api.task import Task
from maestrod.core.plan.graph import levels
from maestrod.core.prompts.manifest import (
    Manifest,
    ManifestLink,
    ManifestPersona,
    ManifestProject,
    ManifestSession,
    ManifestSkill,
    ManifestTask,
    Sibling,
    reporting,
    task_context,
)
from maestrod.core.world.world import World

#: Maximum number of other sessions in a manifest, and of tasks of each.
SIBLINGS = 200
SIBLING_TASKS = 20
#: The type of a skill that every session of its assigned roles gets automatically.
ROLE_SKILL = "role"


def brief(
    world: World,
    session: Session,
    skills: Sequence[Skill] = (),
    personas: Sequence[Persona] = (),
    relevant_files: Sequence[str] = (),
) -> Manifest:
    """The manifest of a session. ``skills`` and ``personas`` are all available ones, in search order."""
    project = world.projects[session.project_id]
    tasks = in_order([world.tasks[task_id] for task_id in session.task_ids if task_id in world.tasks])
    persona = next((known for known in personas if known.name == session.persona), None)
    goals = _goals(world, session, tasks)
    context = None
    if session.role is Role.ORCHESTRATOR and tasks:
        below = [world.tasks[task_id] for task_id in world.subtree(tasks[0].id) if task_id != tasks[0].id]
        context = task_context(tasks[0], below, project, relevant_files)
    return Manifest(
        session=ManifestSession(
            id=session.id,
            name=session.name,
            role=session.role,
            agent=session.agent,
            attempt=session.attempt,
            strategy=session.strategy,
            run_id=session.run_id,
            parent_session_id=session.parent_session_id,
        ),
        project=ManifestProject(
            id=project.id, name=project.name, working_dir=session.working_dir or project.working_dir
        ),
        goals=tuple(_link(goal) for goal in goals),
        goal_prompt=(goals[0].initial_prompt or goals[0].description) if goals else "",
        tasks=tuple(_task(world.tasks, task) for task in tasks),
        persona=ManifestPersona(name=persona.name, description=persona.description, prompt=persona.prompt)
        if persona
        else None,
        skills=tuple(
            ManifestSkill(
                name=skill.name, description=skill.description, instructions=skill.instructions, path=skill.path
            )
            for skill in skills_for(session, tasks, persona, skills)
        ),
        siblings=tuple(_siblings(world, session)),
        program=session.program,
        plan_repairs=world.policy.plan_repairs,
        report=reporting(session.role, session.strategy),
        context=context,
    )


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """The tasks, sorted so that each comes after its dependencies; otherwise their order is kept."""
    by_id = {task.id: task for task in tasks}
    return [by_id[task_id] for task_id in levels({task.id: task.dependencies for task in tasks})]


def skills_for(
    session: Session, tasks: Iterable[Task], persona: Persona | None, skills: Sequence[Skill]
) -> tuple[Skill, ...]:
    """The skills of a session: those of its role, those that it, its persona and its tasks name, and their dependencies.

    Dependencies come before the skills that need them. Unknown names are left out, because the catalogue has warned about them.
    """
    by_name = {skill.name: skill for skill in skills}
    wanted = [
        *(skill.name for skill in skills if skill.type == ROLE_SKILL and session.role.value in skill.assign_to),
        *session.skills,
        *(persona.skills if persona else ()),
        *(name for task in tasks for name in task.skill_ids),
    ]
    given: dict[str, Skill] = {}
    for name in wanted:
        for needed in _with_dependencies(name, by_name):
            given.setdefault(needed.name, needed)
    return tuple(given.values())


def _with_dependencies(name: str, by_name: Mapping[str, Skill]) -> list[Skill]:
    """A skill after all its dependencies. Skills that depend on each other come last."""
    seen: dict[str, Skill] = {}
    front = [name]
    for current in front:  # grows while it is walked
        skill = by_name.get(current)
        if skill is not None and current not in seen:
            seen[current] = skill
            front.extend(skill.dependencies)
    order = levels({known.name: known.dependencies for known in seen.values()})
    return [seen[known] for known in (*order, *(rest for rest in seen if rest not in order))]


def _goals(world: World, session: Session, tasks: Sequence[Task]) -> list[Task]:
    """The tasks above the session's own, root first. The task of an orchestrator is a goal itself."""
    if not tasks:
        return []
    chain: list[Task] = []
    current = tasks[0].id if session.role is Role.ORCHESTRATOR else tasks[0].parent_id
    while current is not None and current in world.tasks and len(chain) < len(world.tasks):
        chain.append(world.tasks[current])
        current = world.tasks[current].parent_id
    return chain[::-1]


def _task(tasks: Mapping[str, Task], task: Task) -> ManifestTask:
    return ManifestTask(
        id=task.id,
        title=task.title,
        description=task.description,
        initial_prompt=task.initial_prompt,
        priority=task.priority,
        commands=task.commands,
        checks=task.checks,
        paths=task.paths,
        attempt=task.attempt,
        waits_for=tuple(_link(tasks[need]) for need in task.dependencies if need in tasks),
        last_error=task.attempts[-1].error if task.attempts else None,
    )


def _link(task: Task) -> ManifestLink:
    return ManifestLink(
        id=task.id, title=task.title, status=task.status, summary=task.result.summary if task.result else ""
    )


def _siblings(world: World, session: Session) -> Iterable[Sibling]:
    """The other live sessions of the run."""
    if session.run_id is None:
        return
    others = [
        other_id
        for other_id in world.by_session.of_run.get(session.run_id, ())
        if other_id != session.id and other_id in world.by_session.live
    ]
    for other_id in others[:SIBLINGS]:
        other = world.sessions[other_id]
        tasks = [world.tasks[task_id] for task_id in other.task_ids[:SIBLING_TASKS] if task_id in world.tasks]
        yield Sibling(
            session_id=other.id, name=other.name, status=other.status.value, tasks=tuple(_link(task) for task in tasks)
        )
