"""Why a daemon does not answer, in words for a person: it starts, it was stopped by a signal, it hangs, or it is somebody else.

Asked only when an answer is overdue, so it may cost something.
"""

import signal
import subprocess
from pathlib import Path

from maestroctl.client.channel import Silent
from maestrod.api.errors import NoDaemon
from maestrod.api.local.daemon_lock import Holder, Phase, holder_of, process_stat

#: Reasons of a ``NoDaemon`` about a process that is there.
STOPPED = "daemon.stopped"
HUNG = "daemon.hung"
STARTING = "daemon.starting"

#: The first letter of a process's state (proc(5), ps(1)) to what it means.
_STOPPED_STATES = {"T": "stopped by a signal", "t": "held by a debugger"}
_DISK = "D"

_PS_SECONDS = 5.0


def how_ended(returncode: int) -> str:
    """How a program of ours ended, as ``subprocess`` says it: ``ended with exit code 3``, ``was ended by SIGKILL``."""
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    try:
        return f"was ended by {signal.Signals(-returncode).name}"
    except ValueError:  # a real-time signal
        return f"was ended by signal {-returncode}"


def why_silent(error: Silent, data: Path | None) -> NoDaemon:
    """What to tell a person whose call got no answer.

    With the folder ``data`` its lock says which process that is: a service manager's socket names the manager.
    """
    holder = None if data is None else holder_of(data)
    if holder is not None and holder.is_here:
        return why_holder_silent(holder, error.seconds)
    state = state_of(error.pid) if error.pid else ""
    who = f"process {error.pid} on {error.name}" if error.pid else error.name
    if state[:1] in _STOPPED_STATES:
        return _stopped(who, state, error.pid)
    return NoDaemon(HUNG, f"{who} does not answer ({error.seconds:.0f} s): it hangs, or it is no maestrod")


def why_holder_silent(holder: Holder, seconds: float | None) -> NoDaemon:
    """Why the daemon that holds the lock has not answered for ``seconds``; None: it could not be asked, nobody listens."""
    who, state = f"maestrod (process {holder.pid})", state_of(holder.pid)
    if state[:1] in _STOPPED_STATES:
        return _stopped(who, state, holder.pid)
    if holder.phase is Phase.OFFLINE:
        return NoDaemon(
            STARTING, f"`maestrod store` (process {holder.pid}) works on the data: try again when it is done"
        )
    if holder.phase is Phase.STARTING:
        return NoDaemon(
            STARTING, f"{who} is starting: {holder.progress or 'it reads its store'}; try again in a moment"
        )
    if seconds is None:
        gone = f"{who} runs and does not listen on {holder.socket}"
        return NoDaemon(
            STARTING, f"{gone}: it is stopping, or the socket was removed and it makes another one in a moment"
        )
    what = "waits for a disk or a network" if state[:1] == _DISK else "hangs"
    after = f"has not answered for {seconds:.0f} s: it {what} (state {state or 'unknown'})"
    return NoDaemon(HUNG, f"{who} {after}. {_END}; {_KEPT}", {"pid": holder.pid})


_END = "End it with `maestroctl daemon stop`"
_KEPT = "its agents go on, and the next daemon takes them back"


def _stopped(who: str, state: str, pid: int | None) -> NoDaemon:
    why = _STOPPED_STATES[state[:1]]
    message = (
        f"{who} does not answer: it is {why} (state {state[:1]}). Continue it with `kill -CONT {pid}`, or e{_END[1:]}"
    )
    return NoDaemon(STOPPED, f"{message}; {_KEPT}", {"pid": pid})


def state_of(pid: int) -> str:
    """The state of a process as one letter; empty where nobody says."""
    known = process_stat(pid)
    if known or Path("/proc/self/stat").exists():
        return known[0] if known else ""
    command = ["ps", "-o", "state=", "-p", str(pid)]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_PS_SECONDS, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
