"""Watch a process that is not ours: an agent that a person or an editor started and that registered itself.

It is identified by pid, start time and boot, so it is never confused with a later process that gets the same pid. We
can see that it has ended but not how: only a parent receives the exit status.
"""

import os
from typing import NamedTuple

import psutil
import trio

from maestrod.sessions.shim.processes import system


class Watched(NamedTuple):
    """A process with what distinguishes it from every other: its start time, as the system prints it, and the boot."""

    pid: int
    start: str
    boot_id: str


def identify(pid: int) -> Watched | None:
    """Identify the living process of this user with this pid; None when there is none."""
    start = system.start_of(pid)
    try:
        mine = start is not None and psutil.Process(pid).uids().real == os.getuid()
    except psutil.Error:
        mine = False
    return Watched(pid, start, system.boot_id()) if start is not None and mine else None


async def wait_gone(process: Watched) -> None:
    """Return when the process has ended. Costs one descriptor where the system has pidfds, else a thread."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # a system without pidfds, or no descriptor left
        await trio.to_thread.run_sync(_wait_in_thread, process, abandon_on_cancel=True)
        return
    try:
        if identify(process.pid) == process:  # with the pidfd open, the pid cannot be reused
            await trio.lowlevel.wait_readable(descriptor)
    finally:
        os.close(descriptor)


def _wait_in_thread(process: Watched) -> None:
    try:
        watched = psutil.Process(process.pid)
        if identify(process.pid) == process:
            watched.wait()
    except psutil.NoSuchProcess:
        return
