"""``maestroctl watch``: everything at a glance, full screen; or one run until it is done."""

import os
import sys
from typing import Annotated

import typer

from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.show.terminal import can_draw, ended_by_signals, restored
from maestroctl.verbs.options import ExitOnQuestion, Json, JsonLines
from maestrod.api.errors import NotFound


def command(
    *,
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run's id or a unique part of it.", show_default=False)
    ] = None,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="Show the run as `maestroctl run` does, and end with it.")
    ] = False,
    exit_on_question: ExitOnQuestion = False,
    as_json: Json = False,
    as_lines: JsonLines = False,
) -> int:
    """Watch and steer everything, full screen: tasks, sessions, the inbox, every terminal. Press ? for the keys.

    With a RUN its tree alone. Not on a terminal, or with --until-done, --json, --jsonl: the named run, else the one that goes on,
    else the last one, until it is done; exit code 0 completed, 1 failed, 130 cancelled (or Ctrl-C, which leaves the run to
    itself), 75 waits for you.
    """
    from maestroctl.client.resolve import resolve
    from maestroctl.show.run_follow import follow, stream_json

    caller = Caller.here()
    with caller.client() as client:
        run_id = resolve(client, run, "run") if run else None
        if as_lines:
            return stream_json(client, run_id or newest_run(client))
        one = until_done or exit_on_question or as_json
        if one or not can_draw(os.environ, sys.stdin, sys.stdout):
            return follow(
                caller, client, run_id or newest_run(client), as_json=as_json, stop_on_question=exit_on_question
            )
        root = client.raw("run.get", {"runId": run_id})["run"]["rootTaskId"] if run_id else None
        client.raw("system.status", {})  # a daemon is started, or missed, before the screen is taken
    from maestroctl.screen.app import WatchApp

    app = WatchApp(caller, root)
    with restored(sys.stdin.fileno()), ended_by_signals(app.end):
        app.run()
    return app.return_code or 0


def newest_run(client: Client) -> str:
    """The newest run that has not ended, else the newest. Raises ``NotFound`` when there was never one."""
    for active in (True, False):
        page = client.raw("run.list", {"active": active, "order": "newest", "limit": 1})
        if page.get("items"):
            return str(page["items"][0]["id"])
    raise NotFound("run.none", 'there is no run yet: start one with `maestroctl run "what to do"`')
