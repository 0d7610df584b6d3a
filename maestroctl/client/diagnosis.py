"""Explains why a daemon does not answer: it is starting, was stopped by a signal, hangs, or is another program.

Used only when an answer is overdue, so it may take time.
"""

import signal
import subprocess
from pathlib import Path

from maestroctl.client.channel import Silent
from maestrod.api.errors import NoDaemon
from maestrod.api.local.daemon_lock import Holder, Phase, holder_of, process_stat

#: Reasons of a ``NoDaemon`` about a process that exists.
STOPPED = "daemon.stopped"
HUNG = "daemon.hung"
STARTING = "daemon.starting"

#: The first letter of a process's state (proc(5), ps(1)) to what it means.
_STOPPED_STATES = {"T": "stopped by a signal", "t": "held by a debugger"}
_DISK = "D"

_PS_SECONDS = 5.0


def how_ended(returncode: int) -> str:
    """How a program ended, from the return code of ``subprocess``: ``ended with exit code 3``, ``was ended by SIGKILL``."""
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    try:
        return f"was ended by {signal.Signals(-returncode).name}"
    except ValueError:  # a real-time signal
        return f"was ended by signal {-returncode}"


def why_silent(error: Silent, data: Path | None) -> NoDaemon:
    """The error for a call that got no answer.

    The lock in ``data`` names the daemon's process; a service manager's socket would name the manager.
    """
    holder = None if data is None else holder_of(data)
    if holder is not None and holder.is_here:
        return why_holder_silent(holder, error.seconds)
    state = state_of(error.pid) if error.pid else ""
    who = f"process {error.pid} on {error.name}" if error.pid else error.name
    if state[:1] in _STOPPED_STATES:
        return _stopped(who, state, error.pid)
    return NoDaemon(HUNG, f"{who} does not answer ({error.seconds:.0f} s): it hangs, or it is not maestrod")


def why_holder_silent(holder: Holder, seconds: float | None) -> NoDaemon:
    """Why the daemon that holds the lock has not answered for ``seconds``; None if nothing listens on its socket."""
    who, state = f"maestrod (process {holder.pid})", state_of(holder.pid)
    if state[:1] in _STOPPED_STATES:
        return _stopped(who, state, holder.pid)
    if holder.phase is Phase.OFFLINE:
        return NoDaemon(
            STARTING, f"`maestrod store` (process {holder.pid}) is using the data: try again when it has finished"
        )
    if holder.phase is Phase.STARTING:
        return NoDaemon(
            STARTING, f"{who} is starting: {holder.progress or 'it is reading its store'}; try again in a moment"
        )
    if seconds is None:
        gone = f"{who} runs but does not listen on {holder.socket}"
        return NoDaemon(
            STARTING, f"{gone}: it is stopping, or its socket was removed and will be created again in a moment"
        )
    what = "is waiting for a disk or the network" if state[:1] == _DISK else "hangs"
    after = f"has not answered for {seconds:.0f} s: it {what} (state {state or 'unknown'})"
    return NoDaemon(HUNG, f"{who} {after}. {_END}; {_KEPT}", {"pid": holder.pid})


_END = "Stop it with `maestroctl daemon stop`"
_KEPT = "its agents continue, and the next daemon adopts them"


def _stopped(name: str, state: str, pid: int | None) -> NoDaemon:
    why = _STOPPED_STATES[state[:1]]
    message = (
        f"{name} does not answer: it is {why} (state {state[:1]}). Resume it with `kill -CONT {pid}`, or s{_END[1:]}"
    )
    return NoDaemon(STOPPED, f"{message}; {_KEPT}", {"pid": pid})


def state_of(pid: int) -> str:
    """The state of a process as one letter; empty if unknown."""
    known = process_stat(pid)
    if known or Path("/proc/self/stat").exists():
        return known[0] if known else ""
    command = ["ps", "-o", "state=", "-p", str(pid)]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_PS_SECONDS, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
