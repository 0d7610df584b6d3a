"""``maestroctl attach``: at the terminals of sessions, one at a time, until the detach key."""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from typing import Annotated

import typer

from maestroctl.attach.keys import DETACH_KEYS, SWITCH_KEYS, Keyboard, bindings
from maestroctl.attach.seat import CLEAR, Leave, Seat, write
from maestroctl.attach.session_menu import choose
from maestroctl.client.caller import Caller
from maestroctl.client.client import Client
from maestroctl.output import answer, safe
from maestroctl.show.manners import can_draw, ended_by_signals
from maestroctl.show.sanitizer import raw
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


def ways_out(detach_keys: str, switch_keys: str, *, read_only: bool = False) -> str:
    """What a person at a session's terminal has to know: how to leave, and where all other keys go."""
    switch = f", {switch_keys.split(maxsplit=1)[0]} switches" if switch_keys.strip() else ""
    others = "this is read-only" if read_only else "all other keys go to the session, ctrl-c too"
    return f"{detach_keys.split(maxsplit=1)[0]} detaches{switch}; {others}"


def attach(client: Client, named: Sequence[str], keyboard: Keyboard, hint: str, *, read_only: bool = False) -> int:
    """Sit at the first of the named sessions, or at one that is chosen, and go where the user goes; the exit code."""
    at = last = None
    leave = Leave.SWITCHED
    # Nothing talks into the picture, not even the start of another daemon.
    with raw(sys.stdin.fileno()), ended_by_signals(), redirect_stderr(io.StringIO()):
        at = named[0] if named else choose(client, keyboard, None, named)
        while at is not None:
            last = at
            name = safe(client.raw("session.get", {"sessionId": at})["name"])
            leave = Seat(client, at, keyboard, read_only=read_only, hint=f"{name}: {hint}").sit()
            if leave is Leave.DETACHED or (leave is Leave.ENDED and [at] == list(named)):
                break
            at = choose(client, keyboard, at, named)
            write(CLEAR if at is not None else b"")
    if leave is Leave.ENDED and at is not None:
        answer(f"\n{at} has ended.")
    else:
        answer(f"\nDetached; {last or 'everything'} goes on.")
    return 0
