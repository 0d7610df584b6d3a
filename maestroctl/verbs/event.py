"""``maestroctl event``: what hooks call. The usual call never comes here, it is answered by ``__main__``."""

from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.output import answer, answer_json_line
from maestroctl.verbs.options import JsonLines
from maestrod.api.event import EventSubscribe


def report(
    *,
    event: Annotated[str, typer.Option("--event", help="The event's name, as the agent calls it.")] = "",
    agent: Annotated[str, typer.Option("--agent", help="The agent's name.")] = "",
    session: Annotated[str, typer.Option("--session", help="The session; your own when left out.")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Leave only when the daemon has it on disk.")] = True,
) -> int:
    """Report what a hook of an agent saw; the hook's JSON comes on standard input.

    Prints nothing and ends with 0 within half a second, or a little later on a busy disk. Without a daemon the event waits in a file.
    """
    from maestroctl.event_script import report as report_event

    given = {"--event": event, "--agent": agent, "--session": session}
    arguments = [f"{name}={value}" for name, value in given.items() if value]
    return report_event(arguments if wait else [*arguments, "--no-wait"])


def subscribe(
    *,
    topics: Annotated[
        list[str] | None, typer.Option("--topics", help="Event types, separated by commas; `task` is all of them.")
    ] = None,
    since: Annotated[int | None, typer.Option("--since", help="Begin after this seq; now when left out.")] = None,
    session_ids: Annotated[list[str] | None, typer.Option("--session-ids", help="Only of these sessions.")] = None,
    task_ids: Annotated[list[str] | None, typer.Option("--task-ids", help="Only of these tasks.")] = None,
    as_lines: JsonLines = False,
) -> int:
    """Print every event from now, or from a seq, on, until interrupted; goes on after a restart of the daemon."""
    import msgspec

    from maestroctl.client.resolve import resolve
    from maestroctl.client.stream import EventStream

    with Caller.here().client() as client:
        client.raw("system.status", {})  # starts the daemon if need be
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
