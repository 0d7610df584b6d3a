"""``maestroctl event``: report, list and follow events. ``__main__`` handles the usual call of a hook without this module."""

from typing import Annotated, Any

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.output import answer, answer_json, answer_json_line
from maestroctl.verbs.options import Json, JsonLines
from maestrod.api.event import EventPage, EventSubscribe

_Topics = Annotated[
    list[str] | None,
    typer.Option("--topics", help="Event types, comma-separated; `task` stands for all task events."),
]
_Sessions = Annotated[
    list[str] | None, typer.Option("--session-ids", help="Only events of these sessions, comma-separated.")
]
_Tasks = Annotated[list[str] | None, typer.Option("--task-ids", help="Only events of these tasks, comma-separated.")]


def report(
    *,
    event: Annotated[str, typer.Option("--event", help="The event's name in the agent's own vocabulary.")] = "",
    agent: Annotated[str, typer.Option("--agent", help="The agent's name.")] = "",
    session: Annotated[
        str, typer.Option("--session", help="The session. Inside a session, defaults to that session.")
    ] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Return only when the event is on disk.")] = True,
) -> int:
    """Report an event from an agent's hook.

    Reads the hook's JSON from stdin. Prints nothing and exits with 0 within half a second, or a little later on a busy disk.
    Without a daemon, the event waits in a file.
    """
    from maestroctl.event_script import report as report_event

    given = {"--event": event, "--agent": agent, "--session": session}
    arguments = [f"{name}={value}" for name, value in given.items() if value]
    return report_event(arguments if wait else [*arguments, "--no-wait"])


def list_(
    *,
    since: Annotated[
        int | None, typer.Option("--since", min=0, help="List from the first event after this sequence number.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Maximum number of events.")] = 100,
    topics: _Topics = None,
    session_ids: _Sessions = None,
    task_ids: _Tasks = None,
    project_id: Annotated[
        str | None, typer.Option("--project-id", help="Only events of this project: its id or name.")
    ] = None,
    root_id: Annotated[str | None, typer.Option("--root-id", help="Only events from the tree under this task.")] = None,
    as_json: Json = False,
) -> int:
    """List the newest events, the last one at the end.

    With --since, lists the events after that sequence number instead. To continue, pass the last sequence number as --since.

    Examples:
        maestroctl event list -n 20
        maestroctl event list --topics run,session.status
    """
    from maestroctl.client.resolve import resolve_members

    with Caller.of_this_process().client() as client:
        filters: dict[str, Any] = {
            "topics": _split(topics),
            "sessionIds": _split(session_ids),
            "taskIds": _split(task_ids),
            "projectId": project_id,
            "rootId": root_id,
        }
        filters = {name: value for name, value in filters.items() if value}
        resolve_members(client, filters)
        page = _events(client, filters, since, limit)
    if as_json:
        answer_json(page)
        return 0
    from maestroctl.client.reading import taken
    from maestroctl.show.render import render

    for line in render(taken(page, EventPage)):
        answer(line)
    return 0


def _events(client: Client, filters: dict[str, Any], since: int | None, limit: int) -> dict[str, Any]:
    from maestroctl.show.event_page import newest

    if since is None:
        return newest(client, filters, limit)
    page: dict[str, Any] = client.raw("event.list", {**filters, "since": since, "limit": limit})
    return page


def subscribe(
    *,
    topics: _Topics = None,
    since: Annotated[
        int | None, typer.Option("--since", help="Start after this sequence number. Defaults to now.")
    ] = None,
    session_ids: _Sessions = None,
    task_ids: _Tasks = None,
    as_lines: JsonLines = False,
) -> int:
    """Print events as they happen, until interrupted.

    Continues after a restart of the daemon.
    """
    import msgspec

    from maestroctl.client.resolve import resolve
    from maestroctl.client.stream import EventStream

    with Caller.of_this_process().client() as client:
        client.raw("system.status", {})  # starts the daemon if needed
        stream = EventStream(
            client,
            EventSubscribe(
                since=since,
                topics=_split(topics),
                session_ids=tuple(resolve(client, text, "ses") for text in _split(session_ids)),
                task_ids=tuple(resolve(client, text, "tsk") for text in _split(task_ids)),
            ),
        )
        stream.open()
        for event in stream:
            if as_lines:
                answer_json_line(msgspec.to_builtins(event))
            else:
                answer(f"{event.seq} {event.type} {event.id}")
    return 0


def _split(values: list[str] | None) -> tuple[str, ...]:
    return tuple(part for value in values or () for part in value.split(",") if part)


report.default = True  # type: ignore[attr-defined] # read by app.py: `maestroctl event --event NAME`
COMMANDS = {"report": report, "list": list_, "subscribe": subscribe}
