"""What a task waits for, and the refusal of cycles.

A task waits for its dependencies, for its children (a parent is done when they are) and for the dependencies of its
ancestors (a subtask cannot start before its group may). The tasks of a cycle over these three would wait indefinitely.
"""

import enum

from maestrod.api.errors import Conflict
from maestrod.api.task import DependencyPolicy, Task
from maestrod.core.world.standing import Standing, standing
from maestrod.core.world.world import World


class Met(enum.Enum):
    """Whether a task's dependencies let it start."""

    YES = "yes"
    NOT_YET = "not_yet"
    NEVER = "never"


def dependencies_met(world: World, task: Task) -> tuple[Met, str | None]:
    """Whether the task's own dependencies let it start, and the first one that does not."""
    waiting = None
    for task_id in task.dependencies:
        needed = world.tasks.get(task_id)
        state = Standing.DONE if needed is None else standing(needed)
        if state is Standing.FAILED and task.on_dependency_failure is not DependencyPolicy.RUN:
            return Met.NEVER, task_id
        if state is Standing.OPEN:
            waiting = waiting or task_id
    return (Met.YES, None) if waiting is None else (Met.NOT_YET, waiting)


def ancestors(world: World, task_id: str) -> list[str]:
    """The ids of the task and of the tasks above it, nearest first."""
    chain = []
    current: str | None = task_id
    while current is not None and current in world.tasks:
        chain.append(current)
        current = world.tasks[current].parent_id
    return chain


def refuse_cycle(world: World, task_id: str, on: str) -> None:
    """Raise ``Conflict`` if ``on`` waits for ``task_id``, directly or indirectly. The details contain the path."""
    came_from: dict[str, str | None] = {on: None}
    stack = [on]
    while stack:
        current = stack.pop()
        chain = ancestors(world, current)
        if task_id in chain:
            _raise_cycle(came_from, current, task_id)
        following = [*world.children(current)]
        for ancestor in chain:
            following.extend(world.tasks[ancestor].dependencies)
        for next_id in following:
            if next_id not in came_from:
                came_from[next_id] = current
                stack.append(next_id)


def _raise_cycle(came_from: dict[str, str | None], end: str, task_id: str) -> None:
    path: list[str] = []
    current: str | None = end
    while current is not None:
        path.append(current)
        current = came_from[current]
    path.reverse()
    cycle = [task_id, *path] if path[-1] == task_id else [task_id, *path, task_id]
    raise Conflict("task.cycle", f"{task_id} would depend on itself: {' -> '.join(cycle)}", {"cycle": cycle})
