"""``maestroctl watch``: back to a run that goes on by itself."""

from typing import Annotated

import typer

from maestroctl.caller import Caller
from maestroctl.client import Client
from maestroctl.verbs.options import ExitOnQuestion, Json, JsonLines
from maestrod.api.errors import NotFound


def command(
    *,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run's id or a unique part of it.", show_default=False)
    ] = None,
    exit_on_question: ExitOnQuestion = False,
    as_json: Json = False,
    as_lines: JsonLines = False,
) -> int:
    """Watch a run until it is done: the named one, else the one that goes on, else the last one.

    Exit code: 0 completed, 1 failed, 130 cancelled (or Ctrl-C, which leaves the run to itself), 75 waits for you.
    """
    from maestroctl.resolve import resolve
    from maestroctl.run_follow import follow, stream_json

    caller = Caller.here()
    with caller.client() as client:
        run_id = resolve(client, run, "run") if run else newest_run(client)
        if as_lines:
            return stream_json(client, run_id)
        return follow(caller, client, run_id, as_json=as_json, stop_on_question=exit_on_question)


def newest_run(client: Client) -> str:
    """The newest run that has not ended, else the newest. Raises ``NotFound`` when there was never one."""
    for active in (True, False):
        page = client.raw("run.list", {"active": active, "backward": True, "limit": 1})
        if page.get("items"):
            return str(page["items"][0]["id"])
    raise NotFound("run.none", 'there is no run yet: start one with `maestroctl run "what to do"`')
