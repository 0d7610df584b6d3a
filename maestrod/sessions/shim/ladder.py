"""The stop ladder: signals of rising force, each followed by CONT, until nothing of a process tree is alive.

Theory. A rung is (signal, seconds). Each rung signals every member it finds. When all members seen so far are gone, the
ladder searches the tree again for what they left behind; when that finds nothing, the ladder is *done*. (So the
processes that a member starts to clean up are left alone as long as the rung is gentle. On the last rung the ladder
searches after every death, so that one unkillable member shields no other.) When a rung's time has passed, the next one
follows; after the last one the ladder *gives up* and lists what is left (a process in uninterruptible sleep cannot be
killed). So "done" is always a statement about a search of the whole tree, never about the leader. A stopped process
(state T) handles no signal but KILL until it is continued: hence CONT after each.

The ladder itself never sleeps. Its owner waits for `descriptors()` (pidfds, where the system has them) or until
`wake_at`, whichever is first, and calls `turn`.
"""

import posix

from .processes import system
from .signals import kernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .process import Process

RECHECK_SECONDS = 0.02
"""How often to check members whose end gives no event (no pidfd)."""

PINNED_LIMIT = 64
"""How many members have a pidfd at once: a tree of thousands must leave enough descriptors for searching it."""

_pidfd_open = getattr(posix, "pidfd_open", None)
_pidfd_send = getattr(kernel, "pidfd_send_signal", None)


class Member:
    """One process to end, pinned by a pidfd where possible, so that no signal reaches another process with its pid."""

    __slots__ = ("descriptor", "pid", "start")

    def __init__(self, pid: int, start: str, *, pinned: bool = True) -> None:
        self.pid = pid
        self.start = start
        self.descriptor = -1
        if pinned and _pidfd_open is not None:
            try:
                self.descriptor = _pidfd_open(pid)
            except OSError:
                return

    def alive(self) -> bool:
        """Whether this process, not another with its pid, still runs code."""
        return system.start_of(self.pid) == self.start

    def send(self, *signals: int) -> bool:
        """Send signals to this process, never to another with its pid; False when it is gone or may not be signalled."""
        if not self.alive():
            return False
        try:
            for number in signals:
                if self.descriptor >= 0 and _pidfd_send is not None:
                    _pidfd_send(self.descriptor, number)
                else:
                    posix.kill(self.pid, number)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the pidfd."""
        if self.descriptor >= 0:
            posix.close(self.descriptor)
            self.descriptor = -1


class Ladder:
    """One climb. `find` searches the tree; `rungs` are (signal number, seconds)."""

    def __init__(
        self, find: "Callable[[], dict[int, Process]]", rungs: "Sequence[tuple[int, float]]", now: float
    ) -> None:
        self._find = find
        self._rungs = list(rungs)
        self._rung = -1
        self._members: dict[int, Member] = {}
        self.seen: set[int] = set()
        self.names: dict[int, str] = {}
        self.sent: list[int] = []
        self.finished = False
        self.wake_at = now
        self._deadline = now

    @property
    def left(self) -> list[int]:
        """The pids that were still alive at the last search."""
        return sorted(self._members)

    @property
    def kills(self) -> bool:
        """Whether the present rung, or the first one to come, is KILL."""
        return bool(self._rungs) and self._rungs[min(max(self._rung, 0), len(self._rungs) - 1)][0] == kernel.SIGKILL

    def descriptors(self) -> list[int]:
        """Pidfds that become readable when a member ends."""
        return [member.descriptor for member in self._members.values() if member.descriptor >= 0]

    def turn(self, now: float) -> bool:
        """Climb as far as possible now; True once finished, with `left` empty if all are gone.

        OSError when the process table cannot be read now (no descriptor, no memory). That decides nothing: the owner
        calls again.
        """
        if self._rung < 0:
            self._climb(now)
        while not self.finished:
            someone_died = self._forget_dead()
            if someone_died and self._rung == len(self._rungs) - 1:
                self._look()
            if not self._members and not self._look():
                self.finished = True
            elif now < self._deadline:
                break
            else:
                self._climb(now)
        self.wake_at = (
            self._deadline
            if len(self.descriptors()) == len(self._members)
            else min(self._deadline, now + RECHECK_SECONDS)
        )
        return self.finished

    def close(self) -> None:
        """Close every pidfd."""
        for member in self._members.values():
            member.close()
        self._members.clear()

    def _climb(self, now: float) -> None:
        found = self._find()  # if this fails, the ladder stays on its rung
        self._rung += 1
        self._address(found, everyone=True)
        if not self._members or self._rung >= len(self._rungs):
            self.finished = True
            return
        number, seconds = self._rungs[self._rung]
        self.sent.append(number)
        self._deadline = now + seconds

    def _look(self) -> bool:
        """Search the tree and send newcomers the present rung's signal; returns whether anything is alive."""
        self._address(self._find(), everyone=False)
        return bool(self._members)

    def _address(self, tree: "dict[int, Process]", *, everyone: bool) -> None:
        for pid in self._members.keys() - tree.keys():
            self._members.pop(pid).close()
        fresh = [pid for pid in tree if pid not in self._members or self._members[pid].start != tree[pid].start]
        for pid in fresh:
            if pid in self._members:
                self._members[pid].close()
            self._members[pid] = Member(pid, tree[pid].start, pinned=len(self._members) < PINNED_LIMIT)
        self.seen.update(fresh)
        self.names.update((pid, tree[pid].name) for pid in fresh)
        if self._rung < len(self._rungs):
            number = self._rungs[self._rung][0]
            for pid in tree if everyone else fresh:
                self._members[pid].send(number, kernel.SIGCONT)

    def _forget_dead(self) -> bool:
        """Forget members that have ended; returns whether there were any."""
        dead = [pid for pid, member in self._members.items() if not member.alive()]
        for pid in dead:
            self._members.pop(pid).close()
        return bool(dead)
