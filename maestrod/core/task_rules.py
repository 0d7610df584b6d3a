"""What the task methods mean: made, changed, removed, reported on, tried again."""

from typing import Any

from maestrod.api.base import Done
from maestrod.api.errors import Conflict, Malformed
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
from maestrod.core import queue, session, task
from maestrod.core.access import task_for
from maestrod.core.command import Actor
from maestrod.core.dependencies import refuse_cycle
from maestrod.core.draft import Draft
from maestrod.core.effects import Stop
from maestrod.core.run import cancel_tree
from maestrod.core.session_index import has_ended
from maestrod.core.standing import is_finished

#: Members of a new task that are taken as they are.
_PLAIN = (
    "title", "description", "initial_prompt", "priority", "on_dependency_failure", "skill_ids", "agent_ids",
    "agent", "commands", "checks", "paths", "max_attempts", "backoff_ms", "timeout_ms",
)  # fmt: skip


def create(draft: Draft, params: TaskCreate, actor: Actor) -> Task:
    """Make a task; a subtask belongs to its parent's project."""
    parent = task_for(draft, actor, params.parent_id) if params.parent_id is not None else None
    project_id = params.project_id or (parent.project_id if parent is not None else None) or _own_project(draft, actor)
    if project_id is None:
        raise Malformed("project.missing", "name a project or a parent: projectId is missing", {"path": "projectId"})
    if parent is not None and parent.project_id != project_id:
        raise Malformed("task.other_project", f"{parent.id} belongs to {parent.project_id}", {"path": "projectId"})
    if parent is not None and (is_finished(parent) or _has_live_session(draft, parent)):
        raise Conflict("task.closed", f"{parent.id} is {parent.status.value}: it takes no more subtasks", {})
    for needed in params.dependencies:
        draft.task(needed)
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
    return made


def _own_project(draft: Draft, actor: Actor) -> str | None:
    own = draft.world.sessions.get(actor.session_id or "")
    return own.project_id if own is not None else None


def _has_live_session(draft: Draft, parent: Task) -> bool:
    """Whether a leaf is being worked on: it cannot become a parent under the worker's hands.

    An orchestrator's own root is the exception: giving it subtasks is its work.
    """
    world = draft.world
    if parent.id in world.by_task.children or not parent.started_at:
        return False
    return any(id_ in world.by_session.live for id_ in world.sessions_of(parent.id))


def update(draft: Draft, params: TaskUpdate, actor: Actor) -> Task:
    """Change what is given."""
    changed: dict[str, Any] = {
        name: getattr(params, name) for name in _PLAIN if getattr(params, name, None) is not None
    }
    return draft.change(task_for(draft, actor, params.task_id), **changed)


def delete(draft: Draft, params: TaskDelete, actor: Actor) -> Done:
    """Remove a subtree that nobody works on; others that wait for it must be named to be cut loose."""
    below = list(draft.world.subtree(draft.task(params.task_id).id))
    inside = set(below)
    for task_id in below:
        live = [id_ for id_ in draft.world.sessions_of(task_id) if id_ in draft.world.by_session.live]
        if live:
            raise Conflict("task.in_use", f"{live[0]} works on {task_id}: stop it first", {"sessionId": live[0]})
        outside = [id_ for id_ in draft.world.dependents(task_id) if id_ not in inside]
        if outside and not params.cascade:
            detail = {"taskId": task_id, "dependents": outside}
            raise Conflict(
                "task.needed", f"{', '.join(outside)} waits for {task_id}: say cascade to cut it loose", detail
            )
        for id_ in outside:
            waiting = draft.task(id_)
            draft.change(waiting, dependencies=tuple(need for need in waiting.dependencies if need != task_id))
    for task_id in reversed(below):
        draft.drop(draft.task(task_id))
    return Done()


def start(draft: Draft, params: TaskRef, actor: Actor) -> Task:
    """Work on a task began."""
    return _moved(draft, task.start(draft, task_for(draft, actor, params.task_id), actor.session_id), actor)


def progress(draft: Draft, params: TaskProgress, actor: Actor) -> Task:
    """A task got on."""
    target = task_for(draft, actor, params.task_id)
    return _moved(draft, task.progress(draft, target, actor.session_id, params.progress, params.message), actor)


def complete(draft: Draft, params: TaskComplete, actor: Actor) -> Task:
    """A task is done."""
    target = task_for(draft, actor, params.task_id)
    return _moved(draft, task.complete(draft, target, actor.session_id, params.summary), actor)


def fail(draft: Draft, params: TaskFail, actor: Actor) -> Task:
    """An attempt at a task failed."""
    target = task_for(draft, actor, params.task_id)
    return _moved(draft, task.fail(draft, target, actor.session_id, params.error), actor)


def skip(draft: Draft, params: TaskSkip, actor: Actor) -> Task:
    """A task is left out."""
    return _moved(
        draft, task.skip(draft, task_for(draft, actor, params.task_id), actor.session_id, params.reason), actor
    )


def block(draft: Draft, params: TaskBlock, actor: Actor) -> Task:
    """A task cannot go on."""
    if params.by_task_id is not None:
        draft.task(params.by_task_id)
    target = task_for(draft, actor, params.task_id)
    return _moved(draft, task.block(draft, target, actor.session_id, params.reason, params.by_task_id), actor)


def _moved(draft: Draft, moved: Task, actor: Actor) -> Task:
    """Let the sessions and queues that hold a task follow it."""
    for session_id in list(draft.world.sessions_of(moved.id)):
        if session_id in draft.world.by_session.live:
            queue.follow_task(draft, session_id, moved)
            session.follow_tasks(draft, session_id)
    return draft.world.tasks[moved.id]


def retry(draft: Draft, params: TaskRef, actor: Actor) -> Task:
    """Try again what failed, was skipped or cancelled, in the task or below it."""
    reason = draft.reason(Source.USER, "retried", "tried again by the user")
    below = [
        id_ for id_ in draft.world.subtree(draft.task(params.task_id).id) if id_ not in draft.world.by_task.children
    ]
    for task_id in below:
        leaf = draft.task(task_id)
        if len(below) == 1 or leaf.status in task.RETRIED:
            task.retry(draft, leaf, reason)
    return draft.task(params.task_id)


def cancel(draft: Draft, params: TaskCancel, actor: Actor) -> Task:
    """Cancel a subtree; sessions left with nothing to do are stopped."""
    target = task_for(draft, actor, params.task_id)
    source = Source.USER if actor.is_owner else Source.REPORT
    reason = draft.reason(source, "cancelled", params.reason or "cancelled", actor.session_id)
    below = list(draft.world.subtree(target.id))
    cancel_tree(draft, target.id, reason)
    for session_id in list(draft.world.by_session.live):
        held = draft.session(session_id)
        if set(held.task_ids) & set(below):
            _stop_if_idle(draft, session_id)
    return _moved(draft, draft.task(target.id), actor)


def _stop_if_idle(draft: Draft, session_id: str) -> None:
    held = draft.session(session_id)
    tasks = [draft.world.tasks[id_] for id_ in held.task_ids if id_ in draft.world.tasks]
    for moved in tasks:
        queue.follow_task(draft, session_id, moved)
    if all(is_finished(left) for left in tasks) and not has_ended(held) and not held.stopping:
        reason = draft.reason(Source.USER, "cancelled", "all its tasks were cancelled")
        stopping = draft.change(held, stopping=True, status_reason=reason)
        draft.effect(Stop(stopping.id, stopping.attempt))


def depend(draft: Draft, params: TaskDepend, actor: Actor) -> Task:
    """A task waits for another from now on."""
    return _depend(draft, task_for(draft, actor, params.task_id), draft.task(params.on_task_id).id)


def _depend(draft: Draft, waiting: Task, on: str) -> Task:
    if on in waiting.dependencies:
        return waiting
    refuse_cycle(draft.world, waiting.id, on)
    return draft.change(waiting, dependencies=(*waiting.dependencies, on))


def undepend(draft: Draft, params: TaskDepend, actor: Actor) -> Task:
    """A task waits for another no more."""
    waiting = task_for(draft, actor, params.task_id)
    rest = tuple(need for need in waiting.dependencies if need != params.on_task_id)
    return draft.change(waiting, dependencies=rest)
