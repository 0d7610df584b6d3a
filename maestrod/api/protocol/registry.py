"""All rows by name. A duplicate name or route raises an error when this module is imported."""

from collections.abc import Iterable, Mapping
from typing import Any

from maestrod.api import (
    attention,
    event,
    message,
    permission,
    plan,
    project,
    queue,
    run,
    session,
    skill,
    system,
    task,
    token,
    ui,
)
from maestrod.api.model.method import Method

AnyMethod = Method[Any, Any]


def _index(rows: Iterable[AnyMethod]) -> dict[str, AnyMethod]:
    methods: dict[str, AnyMethod] = {}
    routes: dict[tuple[str, str], str] = {}
    for row in rows:
        route = (row.route.verb, row.route.path)
        if row.name in methods or route in routes:
            raise RuntimeError(f"{row.name} repeats the name or the route of {routes.get(route, row.name)}")
        methods[row.name] = row
        routes[route] = row.name
    return methods


METHODS: Mapping[str, AnyMethod] = _index(
    row
    for noun in (
        project,
        task,
        session,
        message,
        queue,
        plan,
        run,
        event,
        attention,
        permission,
        skill,
        system,
        token,
        ui,
    )
    for row in noun.METHODS
)
