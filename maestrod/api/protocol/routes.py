"""The REST routes of the rows: each row's own, and aliases that similar programs use."""

from collections.abc import Iterator, Mapping

from maestrod.api.model.method import Route
from maestrod.api.protocol.registry import METHODS, AnyMethod

#: Aliases of rows.
ALIASES: Mapping[Route, str] = {
    Route("GET", "/api/tasks/{parentId}/subtasks"): "task.list",
    Route("POST", "/api/tasks/{parentId}/subtasks"): "task.create",
    Route("GET", "/api/tasks/{parentId}/children"): "task.list",
    Route("GET", "/api/tasks/{taskId}/timeline"): "session.timeline",
    Route("PUT", "/api/projects/{projectId}"): "project.update",
    Route("DELETE", "/api/sessions/{sessionId}/tasks/{taskId}"): "session.unlink",
}

#: Rows that send a stream: their routes are WebSockets.
FOLLOWING = frozenset({"event.subscribe", "session.attach"})


def routes() -> Iterator[tuple[Route, AnyMethod]]:
    """Every route and its row."""
    for row in METHODS.values():
        yield row.route, row
    for route, name in ALIASES.items():
        yield route, METHODS[name]
