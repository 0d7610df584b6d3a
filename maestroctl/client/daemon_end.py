"""Ends a daemon: waits until it has exited, and ends one that does not answer.

Signals go only to the process that holds the lock of the data folder. Sessions run in their own processes and survive it, and
everything that it acknowledged is on disk.
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

#: Maximum seconds for a daemon to stop: longer than its own deadline for sessions and connections.
_STOPPED_WITHIN = 60.0

#: Maximum seconds for a daemon that does not answer to end after SIGTERM, and for any process after SIGKILL.
_TERMINATED_WITHIN = 10.0
_KILLED_WITHIN = 10.0

_PAUSE = 0.05  # between checks of the daemon's lock: releasing a lock wakes only processes that wait for it


def await_end(paths: Paths, seconds: float = _STOPPED_WITHIN) -> None:
    """Wait until the daemon releases its lock. Raises ``TimedOut``."""
    if not _has_ended(paths, seconds):
        raise TimedOut(
            "daemon.stop", f"maestrod has not ended after {seconds:.0f} s; try again: `maestroctl daemon stop`"
        )


def end_unanswering(paths: Paths, error: NoDaemon, sessions: SessionsOnStop) -> dict[str, Any]:
    """End a daemon that did not answer the call that stops it but caused ``error``; prints each step.

    A daemon suspended by a signal is continued, and then handles that call. Raises ``error`` if there is no daemon to end.
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
    """Send the signal if that process is still the daemon."""
    if not holder.is_here:
        return
    try:
        os.kill(holder.pid, number)
    except ProcessLookupError:  # it has just ended
        return


def _has_ended(paths: Paths, seconds: float) -> bool:
    """Whether the lock becomes free within this time."""
    deadline = time.monotonic() + seconds
    while is_held(paths.data):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True
