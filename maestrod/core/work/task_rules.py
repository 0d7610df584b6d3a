"""The rules of the task methods: create, change, delete, report, retry."""

from typing import Any

from maestrod.api.errors import Conflict, IllegalTransition, Malformed, NotAllowed
from maestrod.api.model.base import Done
from maestrod.api.reason import Source
from maestrod.api.task import (
    Task,
    TaskBlock,
    TaskCancel,
    TaskComplete,
    TaskCreate,
    TaskDelete,
    TaskDepend,
    TaskFail,
    TaskProgress,
    TaskRef,
    TaskSkip,
    TaskUpdate,
)
from maestrod.core.access.scope import task_for
from maestrod.core.plan import arguments
from maestrod.core.plan.paths import path_problem
from maestrod.core.values.command import Actor
from maestrod.core.values.reasons import CANCELLED
from maestrod.core.work import task
from maestrod.core.work.dependencies import refuse_cycle
from maestrod.core.work.happened import moment_of
from maestrod.core.work.run import adopt_leaf, cancel_tree
from maestrod.core.work.run_state import active_run
from maestrod.core.work.stop import stop_session
from maestrod.core.world.draft import Draft
from maestrod.core.world.known import check_agent, check_skills

#: Members that are copied from the parameters.
_PLAIN = (
    "title", "description", "initial_prompt", "priority", "on_dependency_failure", "skill_ids", "agent_ids",
    "agent", "commands", "checks", "paths", "max_attempts", "backoff_ms", "timeout_ms",
)  # fmt: skip


def create(draft: Draft, params: TaskCreate, actor: Actor) -> Task:
    """Create a task. A subtask belongs to its parent's project."""
    if not actor.is_owner and params.parent_id is None:
        raise NotAllowed("task.needs_parent", "a session may only create subtasks of its own tasks: name a parent", {})
    parent = task_for(draft, actor, params.parent_id) if params.parent_id is not None else None
    project_id = params.project_id or (parent.project_id if parent is not None else None)
    if project_id is None:
        raise Malformed("project.missing", "name a project or a parent: projectId is missing", {"path": "projectId"})
    if parent is not None and parent.project_id != project_id:
        raise Malformed("task.other_project", f"{parent.id} belongs to {parent.project_id}", {"path": "projectId"})
    if parent is not None and (parent.status.is_over or _has_live_session(draft, parent)):
        raise Conflict("task.closed", f"{parent.id} is {parent.status.value}: it accepts no more subtasks", {})
    for needed in params.dependencies:
        draft.task(needed)
    _check(draft, draft.project(project_id).working_dir, params)
    made = draft.put(
        Task(
            id=draft.new_id("tsk"),
            project_id=draft.project(project_id).id,
            parent_id=params.parent_id,
            created_at=draft.now,
            updated_at=draft.now,
            **{name: getattr(params, name) for name in _PLAIN},
        )
    )
    for needed in params.dependencies:
        made = _depend(draft, made, needed)
    adopt_leaf(draft, made)
    return draft.task(made.id)


def _check(draft: Draft, working_dir: str, params: TaskCreate | TaskUpdate) -> None:
    """Raise ``Malformed`` for parameters that no session could start with: unknown names, invalid arguments, paths outside the
    project.
    """
    check_agent(draft, params.agent, "agent")
    check_skills(draft, working_dir, params.skill_ids or (), "skillIds")
    arguments.check_commands(params.commands or (), "commands")
    arguments.check_commands(params.checks or (), "checks")
    for place, pattern in enumerate(params.paths or ()):
        if problem := path_problem(pattern):
            raise Malformed(f"task.{problem[0]}", f"paths[{place}]: {problem[1]}", {"path": f"$.paths[{place}]"})


def _has_live_session(draft: Draft, parent: Task) -> bool:
    """Whether a session works on a leaf, so that it must not become a parent.

    The root of an orchestrator is the exception, because adding subtasks to it is the orchestrator's work.
    """
    world = draft.world
    if parent.id in world.by_task.children or not parent.started_at:
        return False
    return bool(world.by_session.live_of(parent.id))


def update(draft: Draft, params: TaskUpdate, actor: Actor) -> Task:
    """Change the given members."""
    changed: dict[str, Any] = {
        name: getattr(params, name) for name in _PLAIN if getattr(params, name, None) is not None
    }
    present = task_for(draft, actor, params.task_id)
    _check(draft, draft.project(present.project_id).working_dir, params)
    updated = draft.change(present, **changed)
    for run_id in draft.world.runs_of(updated.id):
        draft.change(draft.run(run_id), title=updated.title)
    return updated


def delete(draft: Draft, params: TaskDelete, actor: Actor) -> Done:
    """Delete a subtree that no session works on. ``cascade`` also removes the dependencies of other tasks on it."""
    below = list(draft.world.subtree(draft.task(params.task_id).id))
    inside = set(below)
    parent_id = draft.task(params.task_id).parent_id
    for task_id in below:
        run = active_run(draft, task_id)
        if run is not None:
            raise Conflict("task.in_run", f"{run.id} runs {task_id}: cancel it first", {"runId": run.id})
        live = draft.world.by_session.live_of(task_id)
        if live:
            raise Conflict("task.in_use", f"{live[0]} works on {task_id}: stop it first", {"sessionId": live[0]})
        outside = [id_ for id_ in draft.world.dependents(task_id) if id_ not in inside]
        if outside and not params.cascade:
            detail = {"taskId": task_id, "dependents": outside}
            raise Conflict(
                "task.needed",
                f"{', '.join(outside)} depends on {task_id}: use cascade to remove the dependency",
                detail,
            )
        for id_ in outside:
            waiting = draft.task(id_)
            draft.change(waiting, dependencies=tuple(need for need in waiting.dependencies if need != task_id))
    for task_id in reversed(below):
        draft.drop(draft.task(task_id))
    if parent_id is not None and parent_id not in draft.world.by_task.children:
        _be_a_leaf(draft, draft.task(parent_id))
    return Done()


def _be_a_leaf(draft: Draft, parent: Task) -> None:
    """Reset a parent that lost its last child: its rolled-up status no longer applies."""
    if not parent.status.is_over:
        reason = draft.reason(Source.USER, "subtasks_removed", "its subtasks were removed")
        parent = task.release(draft, parent, reason)
    adopt_leaf(draft, parent)


def start(draft: Draft, params: TaskRef, actor: Actor) -> Task:
    """Start a task."""
    return task.start(draft, task_for(draft, actor, params.task_id), actor.session_id)


def progress(draft: Draft, params: TaskProgress, actor: Actor) -> Task:
    """Record progress of a task."""
    target = task_for(draft, actor, params.task_id)
    at = moment_of(draft, params.at, target)
    return task.progress(draft, target, actor.session_id, params.progress, params.message, at=at)


def complete(draft: Draft, params: TaskComplete, actor: Actor) -> Task:
    """Complete a task."""
    target = task_for(draft, actor, params.task_id)
    return task.complete(draft, target, actor.session_id, params.summary, at=moment_of(draft, params.at, target))


def fail(draft: Draft, params: TaskFail, actor: Actor) -> Task:
    """Fail the present attempt at a task."""
    target = task_for(draft, actor, params.task_id)
    return task.fail(draft, target, actor.session_id, params.error, at=moment_of(draft, params.at, target))


def skip(draft: Draft, params: TaskSkip, actor: Actor) -> Task:
    """Skip a task."""
    target = task_for(draft, actor, params.task_id)
    return task.skip(draft, target, actor.session_id, params.reason, at=moment_of(draft, params.at, target))


def block(draft: Draft, params: TaskBlock, actor: Actor) -> Task:
    """Block a task."""
    if params.by_task_id is not None:
        draft.task(params.by_task_id)
    target = task_for(draft, actor, params.task_id)
    at = moment_of(draft, params.at, target)
    return task.block(draft, target, actor.session_id, params.reason, params.by_task_id, at=at)


def retry(draft: Draft, params: TaskRef, actor: Actor) -> Task:
    """Retry a task, or all failed, skipped and cancelled leaves below it."""
    reason = draft.reason(Source.USER, "retried", "retried by the user")
    top = draft.task(params.task_id)
    _refuse_nothing_to_retry(draft, top)
    if top.id not in draft.world.by_task.children:
        return task.retry(draft, top, reason)
    for task_id in draft.world.subtree(top.id):
        leaf = draft.task(task_id)
        if task_id not in draft.world.by_task.children and leaf.status.is_retried:
            task.retry(draft, leaf, reason)
    return top


def _refuse_nothing_to_retry(draft: Draft, top: Task) -> None:
    """Raise ``IllegalTransition`` if every leaf is completed or in progress. Leaves that wait for a retry may be retried again."""
    below = [draft.task(id_) for id_ in draft.world.subtree(top.id) if id_ not in draft.world.by_task.children]
    states = {leaf.status for leaf in below}
    if not states <= task.NOT_RETRIED:
        return
    words = " or ".join(sorted(status.value.replace("_", " ") for status in states))
    which = top.id if below == [top] else f"every task of {top.id}"
    detail = {"taskId": top.id, "status": top.status.value}
    raise IllegalTransition("task.illegal_transition", f"nothing to retry: {which} is {words}", detail)


def cancel(draft: Draft, params: TaskCancel, actor: Actor) -> Task:
    """Cancel a subtree, and stop sessions that have no other task left."""
    target = task_for(draft, actor, params.task_id)
    source = Source.USER if actor.is_owner else Source.REPORT
    reason = draft.reason(source, CANCELLED, params.reason or "cancelled", actor.session_id)
    cancel_tree(draft, target.id, reason)
    holders = {id_ for below in draft.world.subtree(target.id) for id_ in draft.world.by_session.live_of(below)}
    for session_id in sorted(holders):
        _stop_if_idle(draft, session_id)
    return target


def _stop_if_idle(draft: Draft, session_id: str) -> None:
    held = draft.session(session_id)
    tasks = [draft.world.tasks[id_] for id_ in held.task_ids if id_ in draft.world.tasks]
    leaves = [left for left in tasks if left.id not in draft.world.by_task.children]
    if leaves and all(left.status.is_over for left in leaves):
        stop_session(draft, held, draft.reason(Source.USER, CANCELLED, "all its tasks were cancelled"))


def depend(draft: Draft, params: TaskDepend, actor: Actor) -> Task:
    """Add a dependency. Raises ``Conflict`` for a cycle."""
    return _depend(draft, task_for(draft, actor, params.task_id), draft.task(params.on_task_id).id)


def _depend(draft: Draft, waiting: Task, on: str) -> Task:
    if on in waiting.dependencies:
        return waiting
    refuse_cycle(draft.world, waiting.id, on)
    return draft.change(waiting, dependencies=(*waiting.dependencies, on))


def undepend(draft: Draft, params: TaskDepend, actor: Actor) -> Task:
    """Remove a dependency."""
    waiting = task_for(draft, actor, params.task_id)
    rest = tuple(need for need in waiting.dependencies if need != params.on_task_id)
    return draft.change(waiting, dependencies=rest)
