"""``maestroctl attach``: at the terminals of sessions, one at a time, until the detach key."""

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
            help="Sessions, or tasks that are worked on, by id or a unique part; without any you choose.",
            show_default=False,
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", "-r", help="Only look: type nothing, resize nothing.")
    ] = False,
    detach_keys: Annotated[
        str,
        typer.Option(
            "--detach-keys",
            envvar="MAESTRO_DETACH_KEYS",
            help="Keys to leave with: a,b is a sequence, spaces part alternatives.",
        ),
    ] = DETACH_KEYS,
    switch_keys: Annotated[
        str,
        typer.Option("--switch-keys", envvar="MAESTRO_SWITCH_KEYS", help="Keys that list the sessions to switch to."),
    ] = SWITCH_KEYS,
) -> int:
    """Sit at a session's terminal: see what it prints, type to it, leave it, switch to another. They go on by themselves.

    Examples: maestroctl attach SESSION; maestroctl attach --read-only TASK.
    """
    from maestroctl.verbs.logs import session_of

    if not can_draw(os.environ, sys.stdin, sys.stdout):
        raise Malformed(
            "usage", "attach needs a terminal that can draw; follow a session elsewhere with `maestroctl logs -f`"
        )
    bound = bindings(detach_keys, switch_keys)
    with Caller.here().client() as client:
        named = [session_of(client, subject) for subject in sessions or ()]
        if not named and not client.raw("session.list", {"live": True, "limit": 1}).get("items"):
            raise NotFound(
                "session.none", "no session is at work: start one with `maestroctl run` or `maestroctl spawn`"
            )
        hint = ways_out(detach_keys, switch_keys, read_only=read_only)
        return attach(client, named, Keyboard(bound), hint, read_only=read_only)
