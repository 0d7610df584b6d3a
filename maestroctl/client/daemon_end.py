"""Ending a daemon: waiting until it has gone, and what is done with one that does not answer.

The signals go to the process that holds the lock of the data folder and to no other. Sessions live in processes of their own and
outlive it; what it had acknowledged is on disk.
"""

import os
import signal
import time
from typing import Any

from maestroctl.client.errors import ABSENT
from maestroctl.output import say
from maestrod.api.errors import NoDaemon, TimedOut
from maestrod.api.local.address import Paths
from maestrod.api.local.daemon_lock import Holder, Phase, holder_of, is_held, is_stopped
from maestrod.api.system import SessionsOnStop

#: Seconds a stopping daemon may take: its own deadline for sessions and connections, and some more.
_STOPPED_WITHIN = 60.0

#: Seconds a daemon that did not answer may take to end after SIGTERM, and any process after SIGKILL.
_TERMINATED_WITHIN = 10.0
_KILLED_WITHIN = 10.0

_PAUSE = 0.05  # between looks at the daemon's lock: a lock that is given up wakes nobody who did not queue for it


def await_end(paths: Paths, seconds: float = _STOPPED_WITHIN) -> None:
    """Wait until the daemon has given up its lock. Raises ``TimedOut``."""
    if not _has_ended(paths, seconds):
        raise TimedOut(
            "daemon.stop", f"maestrod has not ended after {seconds:.0f} s; once more: `maestroctl daemon stop`"
        )


def end_unanswering(paths: Paths, error: NoDaemon, sessions: SessionsOnStop) -> dict[str, Any]:
    """End the daemon that gave ``error`` instead of an answer to the call that stops it, saying what is done.

    One that was stopped by a signal is continued and then finds that call. Raises ``error`` when there is none to end.
    """
    holder = holder_of(paths.data)
    if holder is None or not holder.is_here or holder.phase is Phase.OFFLINE:
        raise error
    name = f"process {holder.pid}"
    what = error.message.partition(". ")[0] if error.reason not in ABSENT else f"maestrod ({name}) does not listen"
    say(f"{what}.")
    if is_stopped(holder.pid):
        say(f"Sending SIGCONT to {name}, so that it can stop.")
        _send(holder, signal.SIGCONT)
        if _has_ended(paths, _STOPPED_WITHIN if sessions is SessionsOnStop.STOP else _TERMINATED_WITHIN):
            return {"pid": holder.pid, "forced": True}
    if sessions is SessionsOnStop.STOP:
        say("It cannot stop its sessions: they continue, and the next daemon adopts them.")
    say(f"Sending SIGTERM to {name}.")
    _send(holder, signal.SIGTERM)
    if not _has_ended(paths, _TERMINATED_WITHIN):
        say(f"{name} has not ended after {_TERMINATED_WITHIN:.0f} s: sending SIGKILL.")
        _send(holder, signal.SIGKILL)
        await_end(paths, _KILLED_WITHIN)
    return {"pid": holder.pid, "forced": True}


def _send(holder: Holder, number: signal.Signals) -> None:
    """Send the signal, if that process still is the daemon."""
    if not holder.is_here:
        return
    try:
        os.kill(holder.pid, number)
    except ProcessLookupError:  # it has just ended
        return


def _has_ended(paths: Paths, seconds: float) -> bool:
    """Whether the lock is free within the time."""
    deadline = time.monotonic() + seconds
    while is_held(paths.data):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
