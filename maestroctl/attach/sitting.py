"""Attaches to sessions one at a time: the named or chosen one, then those the user switches to, until they detach."""

import io
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr

from maestroctl.attach.keys import Keyboard
from maestroctl.attach.seat import CLEAR, LeaveReason, Seat, write
from maestroctl.attach.session_menu import choose
from maestroctl.client.client import Client
from maestroctl.output import answer, safe
from maestroctl.show.terminal import ended_by_signals, raw


def ways_out(detach_keys: str, switch_keys: str, *, read_only: bool = False) -> str:
    """The hint for an attached user: how to detach, and where all other keys go."""
    switch = f", {switch_keys.split(maxsplit=1)[0]} switches" if switch_keys.strip() else ""
    others = "this is read-only" if read_only else "all other keys go to the session, also ctrl-c"
    return f"{detach_keys.split(maxsplit=1)[0]} detaches{switch}; {others}"


def attach(client: Client, named: Sequence[str], keyboard: Keyboard, hint: str, *, read_only: bool = False) -> int:
    """Attach to the first named session, or a chosen one, then to those the user switches to; returns the exit code."""
    at = last = None
    leave = LeaveReason.SWITCHED
    # Nothing prints over the screen, not even the start of another daemon.
    with raw(sys.stdin.fileno()), ended_by_signals(), redirect_stderr(io.StringIO()):
        at = named[0] if named else choose(client, keyboard, None, named)
        while at is not None:
            last = at
            name = safe(client.raw("session.get", {"sessionId": at})["name"])
            leave = Seat(client, at, keyboard, read_only=read_only, hint=f"{name}: {hint}").attach()
            if leave is LeaveReason.DETACHED or (leave is LeaveReason.ENDED and [at] == list(named)):
                break
            at = choose(client, keyboard, at, named)
            write(CLEAR if at is not None else b"")
    if leave is LeaveReason.ENDED and at is not None:
        answer(f"\n{at} has ended.")
    else:
        answer(f"\nDetached; {last or 'everything'} continues.")
    return 0
