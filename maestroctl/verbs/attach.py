"""``maestroctl attach``: the terminals of sessions, one at a time, until the detach key."""

import os
import sys
from typing import Annotated

import typer

from maestroctl.attach.keys import DETACH_KEYS, SWITCH_KEYS, Keyboard, bindings
from maestroctl.attach.sitting import attach, ways_out
from maestroctl.client.caller import Caller
from maestroctl.show.terminal import can_draw
from maestrod.api.errors import Malformed, NotFound


def command(
    *,
    sessions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SESSION]...",
            help="Sessions, or tasks in progress, by id or a unique part of it. Without any, choose from a list.",
            show_default=False,
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", "-r", help="View only: send no input and do not resize.")
    ] = False,
    detach_keys: Annotated[
        str,
        typer.Option(
            "--detach-keys",
            envvar="MAESTRO_DETACH_KEYS",
            help="Keys that detach: commas make a sequence, spaces separate alternatives.",
        ),
    ] = DETACH_KEYS,
    switch_keys: Annotated[
        str,
        typer.Option(
            "--switch-keys", envvar="MAESTRO_SWITCH_KEYS", help="Keys that open the list of sessions to switch to."
        ),
    ] = SWITCH_KEYS,
) -> int:
    """Attach to a session's terminal.

    See its output, type into it, and switch to other sessions. Sessions continue when you detach.

    Examples:
        maestroctl attach SESSION
        maestroctl attach --read-only TASK
    """
    from maestroctl.verbs.logs import session_of

    if not can_draw(os.environ, sys.stdin, sys.stdout):
        raise Malformed(
            "usage", "attach needs an interactive terminal; to follow the output without one, use `maestroctl logs -f`"
        )
    bound = bindings(detach_keys, switch_keys)
    with Caller.of_this_process().client() as client:
        named = [session_of(client, subject) for subject in sessions or ()]
        if not named and not client.raw("session.list", {"live": True, "limit": 1}).get("items"):
            raise NotFound(
                "session.none", "no session is running: start one with `maestroctl run` or `maestroctl spawn`"
            )
        hint = ways_out(detach_keys, switch_keys, read_only=read_only)
        return attach(client, named, Keyboard(bound), hint, read_only=read_only)
