"""Applies a user's edit of an entity's file: it is validated like any command, or refused with advice.

Only descriptions of work may be edited. Sessions, queues, plans and answers are records of what happened, so they must not be
rewritten. An edit that leads to a state which no command can reach is refused as a whole.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from maestrod.api.errors import Conflict, Malformed, NotFound
from maestrod.api.model.base import Entity
from maestrod.api.model.patterns import is_line
from maestrod.api.reason import Source
from maestrod.api.task import Task
from maestrod.core.plan import arguments
from maestrod.core.values.facts import Edited
from maestrod.core.work.dependencies import refuse_cycle
from maestrod.core.world.draft import Draft
from maestrod.core.world.entities import KINDS

#: By kind, the members that a user may change in a file; ``updated_at`` is ignored.
EDITABLE: Mapping[str, frozenset[str]] = {
    "project": frozenset({"name", "working_dir", "description", "settings"}),
    "task": frozenset(
        {
            *("title", "description", "initial_prompt", "priority", "dependencies", "on_dependency_failure"),
            *("skill_ids", "agent_ids", "agent", "commands", "checks", "paths", "parent_id", "project_id"),
            *("max_attempts", "backoff_ms", "timeout_ms", "status", "status_reason", "progress", "result"),
        }
    ),
    "session": frozenset({"name"}),
    "plan": frozenset({"title", "summary"}),
    "run": frozenset({"approve", "max_sessions", "max_attempts", "timeout_ms", "planner"}),
}


def edited(draft: Draft, fact: Edited) -> None:
    """Apply a user's edit of an entity's file.

    Raises ``Malformed`` if the text is not a valid entity, ``NotFound`` for an unknown id, ``Conflict`` for a change that is
    not allowed by hand or would break the tree.
    """
    if fact.kind not in KINDS or fact.id not in draft.world.tables[fact.kind]:
        raise NotFound(
            f"{fact.kind}.not_found",
            f"there is no {fact.kind} {fact.id!r}: a file cannot create one; use {fact.kind}.create",
            {"id": fact.id},
        )
    old: Entity = draft.world.tables[fact.kind][fact.id]
    try:
        new = msgspec.json.decode(fact.data, type=KINDS[fact.kind])
    except msgspec.DecodeError as problem:  # a ValidationError is one
        raise Malformed("edit.malformed", f"{fact.kind} {fact.id}: {problem}", {"id": fact.id}) from problem
    changed = _changed(fact, old, new)
    _check_texts(fact, changed)
    if not changed:
        return
    if isinstance(new, Task) and isinstance(old, Task):
        _check_task(draft, old, new)
        if "status" in changed:  # the old reason belongs to another status
            changed.setdefault("status_reason", draft.reason(Source.USER, "edited", "its file was edited by hand"))
    if "working_dir" in changed:  # the new folder's identity is looked up at its next use
        changed["folder"] = None
    draft.change(old, **changed)
    if isinstance(new, Task):
        _refuse_cycles(draft, draft.task(new.id))


def _check_texts(fact: Edited, changed: Mapping[str, Any]) -> None:
    """Check texts and commands as the methods do. Raises ``Malformed``."""
    for name in changed.keys() & {"title", "name"}:
        if not is_line(changed[name]):
            message = f"{name} of {fact.kind} {fact.id} must be one line and not blank"
            raise Malformed("edit.malformed", message, {"id": fact.id, "member": name})
    for name in changed.keys() & {"commands", "checks", "planner"}:
        arguments.check_commands(changed[name], name)


def _changed(fact: Edited, old: Entity, new: Entity) -> dict[str, Any]:
    """The members that differ. Raises ``Conflict`` if one of them is not editable."""
    names = [
        name for name in old.__struct_fields__ if name != "updated_at" and getattr(old, name) != getattr(new, name)
    ]
    for name in names:
        if name not in EDITABLE.get(fact.kind, ()):
            raise Conflict(
                "edit.not_editable",
                f"{name} of {fact.kind} {fact.id} is a record of history: change it with a command",
                {"id": fact.id, "member": name},
            )
    return {name: getattr(new, name) for name in names}


def _check_task(draft: Draft, old: Task, new: Task) -> None:
    """Refuse a task that refers to unknown tasks or projects, is its own ancestor, or has numbers out of range."""
    world = draft.world
    numbers = (new.max_attempts >= 1, new.backoff_ms >= 0, 0 <= new.progress <= 1, (new.timeout_ms or 0) >= 0)
    if not all(numbers):
        raise Malformed("edit.out_of_range", f"{new.id}: progress is 0 to 1, attempts from 1, times from 0", {})
    if new.project_id not in world.projects:
        raise Conflict("edit.unknown_project", f"{new.id}: there is no project {new.project_id!r}", {"id": new.id})
    missing = [need for need in (*new.dependencies, new.parent_id) if need is not None and need not in world.tasks]
    if missing:
        raise Conflict("edit.dangling", f"{new.id}: there is no task {missing[0]!r}", {"missing": missing})
    if len(set(new.dependencies)) != len(new.dependencies):
        raise Conflict("edit.duplicate", f"{new.id} lists a dependency twice", {"id": new.id})
    relatives = [*world.children(new.id), *([new.parent_id] if new.parent_id is not None else [])]
    if any(world.tasks[id_].project_id != new.project_id for id_ in relatives):
        raise Conflict(
            "edit.other_project", f"{new.id}: all tasks of a tree must belong to one project", {"id": new.id}
        )
    if new.parent_id in set(world.subtree(new.id)):
        raise Conflict("task.cycle", f"{new.id} would be its own descendant", {"cycle": [new.id, new.parent_id]})
    if world.by_session.live_of(new.id) and (old.status, old.parent_id, old.project_id) != (
        *(new.status, new.parent_id),
        new.project_id,
    ):
        raise Conflict("task.in_use", f"a session works on {new.id}: stop it first", {"id": new.id})


def _refuse_cycles(draft: Draft, changed: Task) -> None:
    """Refuse an edit that makes a task wait for itself, through the dependencies of the changed task or of tasks below or above
    it.
    """
    world = draft.world
    above = draft.world.tasks.get(changed.parent_id or "")
    affected = list(world.subtree(changed.id))
    while above is not None:
        affected.append(above.id)
        above = world.tasks.get(above.parent_id or "")
    for task_id in affected:
        for need in world.tasks[task_id].dependencies:
            refuse_cycle(world, task_id, need)
