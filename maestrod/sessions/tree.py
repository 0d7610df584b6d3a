"""A session's process tree as the daemon sees it: for sessions whose shim is gone, and for a last look after a stop.

Without the shim its orphans have other parents. The tree is then made of the agent, if it is still the recorded process
(boot id, pid, start time), its group and its descendants; and of every process of this user that carries the session's
tag in its environment, with its descendants. No other process is ever signalled, whatever its pid. Enumeration and
ladder are the shim's own (`shim.processes`, `shim.ladder`), so "alive" and "gone" mean the same on both sides.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from maestrod.sessions.shim.ladder import Ladder, Member
from maestrod.sessions.shim.poller import Poller, Readiness
from maestrod.sessions.shim.process import Process, descendants, tag_of
from maestrod.sessions.shim.processes import system
from maestrod.sessions.shim.signals import rungs, signal_name, signal_number
from maestrod.sessions.spec import Identity, StopReport

Finder = Callable[[], dict[int, Process]]


def this_boot(identity: Identity) -> bool:
    """Whether an identity was recorded in the present boot; pids and start times of other boots mean nothing."""
    return identity.boot_id == system.boot_id()


def shim_alive(identity: Identity) -> bool:
    """Whether the recorded shim is running: same boot, same pid, same start time."""
    return this_boot(identity) and system.start_of(identity.shim_pid) == identity.shim_start


def find_tree(folder: Path, attempt: int, identity: Identity | None) -> dict[int, Process]:
    """All living processes of an attempt, never the caller itself."""
    table = system.table()
    found = system.tagged(table, tag_of(str(folder), attempt))
    agent = _recorded_agent(table, identity)
    if agent is not None:
        found[agent.pid] = agent
        found.update((pid, process) for pid, process in table.items() if process.pgid == agent.pid and process.alive)
    found.pop(os.getpid(), None)  # a daemon started from within a session carries that session's tag
    found.update(descendants(table, set(found)))
    found.pop(os.getpid(), None)
    return found


def end_tree(find: Finder, ladder: Sequence[tuple[str, float]]) -> StopReport:
    """Climb the ladder until nothing is left. Blocks for at most the sum of its seconds: call it in a thread."""
    climb = Ladder(find, rungs(list(ladder)), time.monotonic())
    try:
        while not climb.turn(time.monotonic()):
            _wait_for(climb)
        left = climb.left
        return StopReport(
            left=len(left),
            pending=tuple(left),
            ended=len(climb.seen) - len(left),
            signalled=tuple(map(signal_name, climb.sent)),
            escaped=tuple(sorted(climb.seen)),
            names={pid: climb.names[pid] for pid in sorted(climb.seen.difference(left))},
        )
    finally:
        climb.close()


def _wait_for(climb: Ladder) -> None:
    """Sleep until a member ends or the ladder is due."""
    poller = Poller()
    for descriptor in climb.descriptors():
        poller.watch(descriptor, _wake)
    poller.wait(max(0.0, climb.wake_at - time.monotonic()))


def send_signal(pid: int, start: str, name: str) -> bool:
    """Send a signal to the process with this pid and start time; False when there is no such process."""
    member = Member(pid, start)
    try:
        return member.send(signal_number(name))
    finally:
        member.close()


SHIM_TAIL = str(Path("shim") / "__main__.py")


def find_shim(folder: Path, attempt: int) -> tuple[int, str] | None:
    """Find an attempt's shim by its command line, if the session's folder was deleted: its pid and start time."""
    for process in psutil.process_iter(["cmdline"]):
        cmdline = process.info["cmdline"] or []
        if cmdline[-2:] == [str(folder), str(attempt)] and SHIM_TAIL in cmdline[-3]:
            start = system.start_of(process.pid)
            if start is not None:
                return process.pid, start
    return None


def _recorded_agent(table: dict[int, Process], identity: Identity | None) -> Process | None:
    if identity is None or not this_boot(identity):
        return None
    process = table.get(identity.agent_pid)
    return process if process is not None and process.alive and process.start == identity.agent_start else None


def _wake(event: Readiness) -> None:
    """A process ended: waking up is all that is needed."""
