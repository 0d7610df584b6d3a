"""Watching a process that is not ours: an agent that a person or an editor started and that registered itself.

It is known by pid, start time and boot, so that another process that gets its number later is never taken for it. How it
ended cannot be known (only a parent is told), only that it has.
"""

import os
from typing import NamedTuple

import psutil
import trio

from maestrod.sessions.shim.processes import system


class Watched(NamedTuple):
    """A process, and what tells it from every other: start time as the system has it, and the boot."""

    pid: int
    start: str
    boot_id: str


def identify(pid: int) -> Watched | None:
    """The living process of this user with this pid now; None when there is none."""
    start = system.start_of(pid)
    try:
        mine = start is not None and psutil.Process(pid).uids().real == os.getuid()
    except psutil.Error:
        mine = False
    return Watched(pid, start, system.boot_id()) if start is not None and mine else None


async def wait_gone(process: Watched) -> None:
    """Return when the process has ended. Costs one descriptor where there are pidfds, else a thread."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # a system without pidfds, or no descriptor left
        await trio.to_thread.run_sync(_wait_in_thread, process, abandon_on_cancel=True)
        return
    try:
        if identify(process.pid) == process:  # asked with the pidfd open: the number cannot change hands any more
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
