"""Compares two worlds: everything they derive, and where they first differ."""

from collections import Counter
from typing import Any

from maestrod.core.world.world import World


def indexes(world: World) -> dict[str, Any]:
    """Everything derived, without order and without empty entries."""
    tasks, sessions = world.by_task, world.by_session
    return {
        "tasks": {name: _plain(value) for name, value in vars(tasks).items() if name not in {"_tasks", "_is_live"}},
        "sessions": {name: _plain(value) for name, value in vars(sessions).items()},
        "questions": _plain(world.open_questions),
        "owed": _plain(world.owed_answers),
        "messages": _plain(world.open_messages),
        "plans": _plain(world.plans_of_task),
        "runs": _plain(world.runs_of_root),
        "planning": dict(world.planning),
        "deadlines": dict(world.deadlines),
        "order": {kind: list(table) for kind, table in world.tables.items()},
    }


def raw_indexes(world: World) -> dict[str, Any]:
    """Everything derived, including empty entries: a remaining one is a leak."""
    named = {
        f"tasks.{name}": value for name, value in vars(world.by_task).items() if name not in {"_tasks", "_is_live"}
    }
    named |= {f"sessions.{name}": value for name, value in vars(world.by_session).items()}
    rest = {
        "questions": world.open_questions,
        "owed": world.owed_answers,
        "messages": world.open_messages,
        "plans": world.plans_of_task,
        "runs": world.runs_of_root,
    }
    return {name: dict(value) for name, value in {**named, **rest, "deadlines": world.deadlines}.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Counter):
        return {key: count for key, count in value.items() if count}
    if isinstance(value, dict):
        plain = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in plain.items() if not _is_empty(item)}
    return list(value) if isinstance(value, list) else value


def _is_empty(value: object) -> bool:
    return value == {} or (isinstance(value, list) and not any(value))


def difference(one: Any, two: Any, path: str = "") -> str | None:
    """Where two states differ first, for messages; None when they are equal."""
    if one == two:
        return None
    if isinstance(one, bytes) and isinstance(two, bytes):
        return difference(one.decode().splitlines(), two.decode().splitlines(), path)
    if isinstance(one, dict) and isinstance(two, dict):
        keys = [key for key in {**one, **two} if one.get(key) != two.get(key)]
        return difference(one.get(keys[0]), two.get(keys[0]), f"{path}.{keys[0]}") if keys else f"{path}: order"
    if isinstance(one, list | tuple) and isinstance(two, list | tuple) and len(one) == len(two):
        place = next(index for index, item in enumerate(one) if item != two[index])
        return difference(one[place], two[place], f"{path}[{place}]")
    return f"{path}: {one!r} and {two!r}"
