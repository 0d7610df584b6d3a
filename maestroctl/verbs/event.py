"""``maestroctl event``: called by hooks. ``__main__`` answers the usual call itself and never imports this module."""

from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json_line
from maestroctl.verbs.options import JsonLines
from maestrod.api.event import EventSubscribe


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


def subscribe(
    *,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topics", help="Event types, comma-separated; `task` stands for all task events."),
    ] = None,
    since: Annotated[
        int | None, typer.Option("--since", help="Start after this sequence number. Defaults to now.")
    ] = None,
    session_ids: Annotated[
        list[str] | None, typer.Option("--session-ids", help="Only events of these sessions, comma-separated.")
    ] = None,
    task_ids: Annotated[
        list[str] | None, typer.Option("--task-ids", help="Only events of these tasks, comma-separated.")
    ] = None,
    as_lines: JsonLines = False,
) -> int:
    """Print events as they happen, until interrupted.

    Continues after a restart of the daemon.
    """
    import msgspec

    from maestroctl.client.resolve import resolve
    from maestroctl.client.stream import EventStream

    with Caller.here().client() as client:
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
COMMANDS = {"report": report, "subscribe": subscribe}
