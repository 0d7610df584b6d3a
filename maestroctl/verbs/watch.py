"""``maestroctl watch``: all work in full screen, or one run until it ends."""

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
        bool, typer.Option("--until-done", help="Show the run as `maestroctl run` does, and exit when it ends.")
    ] = False,
    exit_on_question: ExitOnQuestion = False,
    as_json: Json = False,
    as_lines: JsonLines = False,
) -> int:
    """Watch and steer all work in full screen, or follow one run.

    Shows tasks, sessions, the inbox and every terminal; with RUN, only its tree. Press ? for the keys.

    With --until-done, --json or --jsonl, or without a terminal, follows RUN to its end. RUN defaults to the newest active run,
    else to the last one. Exit code: 0 completed, 1 failed, 130 cancelled (or Ctrl-C: the run continues), 75 blocked on your
    answer.
    """
    from maestroctl.client.resolve import resolve
    from maestroctl.show.run_follow import follow, stream_json

    caller = Caller.of_this_process()
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
        client.raw("system.status", {})  # start the daemon, or report its absence, before the screen is taken over
    from maestroctl.screen.app import WatchApp

    app = WatchApp(caller, root)
    with restored(sys.stdin.fileno()) as restore, ended_by_signals(app.end, restore):
        app.run()
    return app.return_code or 0


def newest_run(client: Client) -> str:
    """The newest active run, else the newest. Raises ``NotFound`` if there has never been one."""
    for active in (True, False):
        page = client.raw("run.list", {"active": active, "order": "newest", "limit": 1})
        if page.get("items"):
            return str(page["items"][0]["id"])
    raise NotFound("run.none", 'there are no runs yet: start one with `maestroctl run "what to do"`')
