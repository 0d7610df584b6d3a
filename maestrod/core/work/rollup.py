"""Roll-up: derives a task's status from its subtasks and its dependencies.

A leaf changes through reports and its process; its dependencies decide when it may start. A parent changes through its children
only. ``settle`` brings the world to rest after a change: it checks exactly the tasks that the draft marked
(changed tasks, their parents, and the dependents of tasks whose standing changed) until none is marked.
"""

from collections import Counter

from maestrod.api.event import TimelineType
from maestrod.api.reason import Reason, Source
from maestrod.api.run import Run
from maestrod.api.task import DependencyPolicy, Task, TaskStatus
from maestrod.api.task_category import TaskCategory
from maestrod.core.work import run_state
from maestrod.core.work.dependencies import Met, ancestors, dependencies_met
from maestrod.core.world.draft import Draft
from maestrod.core.world.failure import failed_leaf, failure_of, one_line
from maestrod.core.world.task_index import BLOCKED, DOOM, DOOMED, READY, WAIT, WAITING

_C = TaskCategory

#: Buckets of a tally by the category they count.
_OPEN, _ACTIVE, _COMPLETED, _FAILED, _SKIPPED, _CANCELLED = (
    category.value for category in (_C.OPEN, _C.ACTIVE, _C.COMPLETED, _C.FAILED, _C.SKIPPED, _C.CANCELLED)
)

#: The status of a parent by the category of its children: the first one of the category.
_PARENT = {status.category: status for status in reversed(TaskStatus)}

_ENTRY = {
    _C.COMPLETED: (TimelineType.TASK_COMPLETED, "all subtasks are done"),
    _C.FAILED: (TimelineType.TASK_FAILED, ""),
    _C.SKIPPED: (TimelineType.TASK_SKIPPED, "all subtasks were skipped"),
}

_RUN_EVENT = {
    _C.COMPLETED: run_state.RunEvent.COMPLETE,
    _C.SKIPPED: run_state.RunEvent.COMPLETE,
    _C.FAILED: run_state.RunEvent.FAIL,
    _C.CANCELLED: run_state.RunEvent.CANCEL,
}


def settle(draft: Draft) -> None:
    """Propagate changes to parents and dependents until the world is at rest."""
    roots: dict[str, None] = {}
    while draft.dirty:
        for task_id in _next(draft):
            del draft.dirty[task_id]
            task = draft.world.tasks.get(task_id)
            if task is not None:
                _look_again(draft, task)
                if task_id in draft.world.runs_of_root:
                    roots[task_id] = None
    for task_id in roots:
        _settle_runs(draft, draft.world.tasks[task_id])


def _next(draft: Draft) -> list[str]:
    """The marked tasks to check next: leaves, then the deepest parents, so that each parent is decided once."""
    children = draft.world.by_task.children
    leaves = [task_id for task_id in draft.dirty if task_id not in children]
    if leaves:
        return leaves
    depths = {task_id: len(ancestors(draft.world, task_id)) for task_id in draft.dirty}
    deepest = max(depths.values())
    return [task_id for task_id, depth in depths.items() if depth == deepest]


def _look_again(draft: Draft, task: Task) -> None:
    if task.id in draft.world.by_task.children:
        _roll_up(draft, task)
    else:
        _settle_leaf(draft, task)


def _waits(task: Task) -> bool:
    """Whether the task's dependencies decide its status now."""
    if task.status is TaskStatus.PENDING:
        return True
    reason = task.status_reason
    return task.status is TaskStatus.BLOCKED and reason is not None and reason.code in {WAITING, DOOMED}


def _settle_leaf(draft: Draft, task: Task) -> None:
    if task.leaves is not None:
        task = draft.change(task, leaves=None, updated_at=task.updated_at)  # its last subtask was removed
    if not _waits(task) or not (task.dependencies or task.status is TaskStatus.BLOCKED):
        return
    met, by = dependencies_met(draft.world, task)
    if met is Met.YES:
        if task.status is TaskStatus.BLOCKED:
            draft.change(task, status=TaskStatus.PENDING, status_reason=None)
    elif met is Met.NEVER and task.on_dependency_failure is DependencyPolicy.SKIP:
        skip(draft, task, f"{by} failed", by)
    else:
        _block(draft, task, met, by)


def _block(draft: Draft, task: Task, met: Met, by: str | None) -> None:
    code, detail = (DOOMED, f"{by} failed") if met is Met.NEVER else (WAITING, f"waits for {by}")
    reason = task.status_reason
    if task.status is TaskStatus.BLOCKED and reason is not None and (reason.code, reason.by) == (code, by):
        return
    draft.change(task, status=TaskStatus.BLOCKED, status_reason=draft.reason(Source.PLAN, code, detail, by))
    if met is Met.NEVER:
        draft.timeline(TimelineType.TASK_BLOCKED, detail, task_id=task.id, source=Source.PLAN, metadata={"by": by})


def skip(draft: Draft, task: Task, why: str, by: str | None = None) -> None:
    """Skip a leaf because of its dependencies."""
    reason = draft.reason(Source.PLAN, DOOMED, why, by)
    draft.change(
        task, status=TaskStatus.SKIPPED, status_reason=reason, completed_at=draft.now, not_before=None, clock=None
    )
    draft.timeline(TimelineType.TASK_SKIPPED, why, task_id=task.id, source=Source.PLAN, metadata={"by": by})


def _roll_up(draft: Draft, parent: Task) -> None:
    world = draft.world
    met, by = dependencies_met(world, parent) if parent.dependencies else (Met.YES, None)
    tally = world.by_task.tally(parent.id)
    unwanted = met is Met.NEVER and parent.on_dependency_failure is DependencyPolicy.SKIP and not _started(tally)
    if unwanted and _skip_below(draft, parent, by):
        return  # each skipped leaf has marked its parents again
    category, reason = _category_of(draft, parent, tally, met, by)
    status = _PARENT[category]
    if status is parent.status and reason is not None and parent.status_reason is not None:
        same = (reason.code, reason.by) == (parent.status_reason.code, parent.status_reason.by)
        reason = parent.status_reason if same else reason
    _move_parent(draft, parent, status, reason)


def _started(tally: Counter[str]) -> bool:
    return bool(tally[_ACTIVE] or tally[_COMPLETED] or tally[_FAILED])


def _is_over(tally: Counter[str]) -> bool:
    """Whether all children have ended, so that a dependency cannot hold any back."""
    return tally[_COMPLETED] + tally[_SKIPPED] + tally[_FAILED] + tally[_CANCELLED] == sum(tally.values())


def _skip_below(draft: Draft, parent: Task, by: str | None) -> bool:
    """Skip all unfinished leaves below a parent. Returns whether there were any."""
    leaves = [task_id for task_id in draft.world.subtree(parent.id) if task_id not in draft.world.by_task.children]
    left = [task_id for task_id in leaves if not draft.world.tasks[task_id].status.is_over]
    for task_id in left:
        skip(draft, draft.world.tasks[task_id], f"{by} failed", by)
    return bool(left)


def _category_of(
    draft: Draft, parent: Task, tally: Counter[str], met: Met, by: str | None
) -> tuple[TaskCategory, Reason | None]:
    """The category of a parent's status, from the tally of its children."""
    if tally[_COMPLETED] + tally[_SKIPPED] == sum(tally.values()):
        return (_C.COMPLETED if tally[_COMPLETED] else _C.SKIPPED), None
    if tally[_ACTIVE]:
        return _C.ACTIVE, None
    if met is not Met.YES and not _started(tally) and not _is_over(tally):
        code = DOOMED if met is Met.NEVER else WAITING
        return _C.BLOCKED, draft.reason(Source.PLAN, code, f"waits for {by}", by)
    if tally[READY] or tally[_OPEN]:
        return (_C.ACTIVE if _started(tally) else _C.OPEN), None
    if tally[WAIT]:
        return _C.BLOCKED, draft.reason(Source.PLAN, WAITING, "every unfinished subtask waits for another task")
    if tally[_FAILED]:
        leaf = failed_leaf(draft.world, parent)
        return _C.FAILED, draft.reason(Source.PLAN, "subtask_failed", one_line(leaf), leaf.id)
    if tally[_CANCELLED]:
        return _C.CANCELLED, draft.reason(Source.USER, "subtask_cancelled", "a subtask was cancelled")
    if tally[BLOCKED]:
        return _C.BLOCKED, draft.reason(Source.REPORT, "subtask_blocked", "a subtask is blocked")
    code, detail = (DOOMED, "every unfinished subtask waits for a task that failed") if tally[DOOM] else ("empty", "")
    return _C.BLOCKED, draft.reason(Source.PLAN, code, detail)


def _move_parent(draft: Draft, parent: Task, status: TaskStatus, reason: Reason | None) -> None:
    started = parent.started_at
    if started is None and status.is_active:
        started = draft.now
    moved = draft.change(
        parent,
        status=status,
        status_reason=reason,
        progress=draft.world.by_task.progress(parent.id),
        leaves=draft.world.by_task.leaves(parent.id),
        started_at=started,
        completed_at=(parent.completed_at or draft.now) if status.is_over else None,
        not_before=None,  # a leaf that became a parent may have had clocks of its own
        clock=None,
        updated_at=parent.updated_at if status is parent.status else draft.now,
    )
    if moved.status is not parent.status and status.category in _ENTRY:
        type_, message = _ENTRY[status.category]
        words = message or (reason.detail if reason is not None else "")
        draft.timeline(type_, words, task_id=parent.id, source=Source.PLAN)


def _settle_runs(draft: Draft, root: Task) -> None:
    """End the latest run of a root as the root ended, or continue it if the root is open again."""
    run = draft.world.runs[draft.world.runs_of(root.id)[-1]]
    event = _RUN_EVENT.get(root.status.category)
    if event is not None:
        run_state.move(draft, run, event, error=_error(root, run), failure=failure_of(draft.world, root))
    elif run.status not in run_state.ACTIVE:
        _go_on(draft, root, run)


def _error(root: Task, run: Run) -> str | None:
    """Why a run failed: the error of its root."""
    if not root.status.is_failed:
        return None
    if root.result is not None and root.result.error is not None:
        return root.result.error
    return run.error or (root.status_reason.detail if root.status_reason is not None else None)


def _go_on(draft: Draft, root: Task, run: Run) -> None:
    """Continue the run of a root that is open again: with its own units, or with planning if there was no plan."""
    tasks = draft.world.tasks
    dispatches = (tasks[task_id].dispatch for task_id in draft.world.subtree(root.id))
    if any(dispatch is not None and dispatch.run_id == run.id for dispatch in dispatches):
        run_state.move(draft, run, run_state.RunEvent.WORK)
        draft.reopened[run.id] = None
    elif root.id not in draft.world.by_task.children and root.dispatch is None and run_state.can_plan(draft, run):
        run_state.move(draft, run, run_state.RunEvent.PLAN, plan_attempt=0)
