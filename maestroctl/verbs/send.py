"""``maestroctl send``: one line into a session's terminal."""

from typing import Annotated

import typer

from maestroctl.caller import Caller
from maestroctl.output import answer_json
from maestroctl.verbs.options import Json, SessionArgument


def command(
    *,
    session: SessionArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to type.")],
    enter: Annotated[bool, typer.Option("--enter/--no-enter", help="Press Enter after it.")] = True,
    as_json: Json = False,
) -> int:
    """Type a line into a session's terminal; returns when the terminal has it."""
    from maestroctl.resolve import resolve

    with Caller.here().client() as client:
        session_id = resolve(client, session, "ses")
        reply = client.raw("session.send", {"sessionId": session_id, "text": text, "enter": enter})
    if as_json:
        answer_json(reply)
    return 0
