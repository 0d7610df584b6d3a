"""The loop of a shim: one agent, its output, its tree and the control connections, with one wait for all of them.

States. *running*: the agent is alive. Its end (a reaped status) leads to *clearing*: the ladder ends whatever the agent
left behind. When nothing of the tree is alive, the shim reads the rest of the output and writes the exit record,
durably: *recorded*. If the record cannot be written (disk full, folder gone), the shim sends it to its peers and tries
again until it can. Only then does the shim end, so a full disk never costs an exit code. A stop that cannot kill the
agent leaves the state *running* and reports that.
"""

import posix
from time import monotonic

from .agent import Agent
from .clock import now_ms
from .codec import encode
from .control import CLIENT_LIMIT, NOTICE_SECONDS, ControlClient
from .ladder import Ladder, Member
from .outputlog import OutputLog
from .poller import Poller
from .process import Process, descendants, tag_of
from .processes import system
from .pump import Pump
from .records import ENDED_NAMED, EXIT, IDENTITY, LOCK, create_marker, make_folder, replace, take_lock
from .signals import kernel, rungs, signal_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .door import Door
    from .poller import Readiness

RETRY_SECONDS = 1.0
"""First pause before retrying to write the exit record; doubles up to RETRY_LIMIT."""
RETRY_LIMIT = 30.0
BLIND_SECONDS = 0.1
"""Pause when descriptors or memory are too short to read the process table."""
FAREWELL_SECONDS = 1.0
"""How long a peer may take to read the last lines."""
KEYS_KEPT = 1024
"""How many keys of input are remembered: a daemon repeats only the last few pieces."""


class Custodian:
    """Holds one agent from its start to its exit record."""

    def __init__(
        self,
        spec: "dict[str, Any]",
        identity: "dict[str, Any]",
        agent: Agent,
        door: "Door",
        wakeup: int,
        *,
        subreaper: bool,
    ) -> None:
        self.poller = Poller()
        self.clients: set[ControlClient] = set()
        self._taken: dict[str, None] = dict.fromkeys(spec["taken"])
        self.agent = agent
        self._folder: str = spec["folder"]
        self._log = OutputLog(f"{self._folder}/output", spec["logSegmentBytes"], spec["logKeepSegments"])
        self.pump = Pump(agent, self._log, self.poller)
        self._door = door
        self._wakeup = wakeup
        self._spec = spec
        self._identity = identity
        self._subreaper = subreaper
        self._wait_status: int | None = None
        self._ended_at = 0
        self._reason = "exited"
        self._detail = ""
        self._ladder: Ladder | None = None
        self._ladder_members: set[int] = set()
        self._waiters: list[tuple[ControlClient, object]] = []
        self._escaped: set[int] = set()
        self._clearing = False
        self._leftovers = 0
        self._left = 0
        self._ended: dict[int, str] = {}
        self._record: dict[str, Any] | None = None
        self._exit_sent = False
        self._retry_at = 0.0
        self._retry_seconds = RETRY_SECONDS
        self._over = False

    # What control connections ask for.

    def status(self) -> "dict[str, Any]":
        """The answer to `hello`: the identity and the present state."""
        return {
            **self._identity,
            "alive": self._wait_status is None,
            "end": self._log.end,
            "dropped": self._log.dropped,
            "exit": self._record,
        }

    def has_taken(self, key: str) -> bool:
        """Whether input with this key was accepted, or delivered by the start itself."""
        return key in self._taken or key.partition(".")[0] in self._taken

    def take(self, key: str) -> None:
        """Remember the key of accepted input."""
        self._taken[key] = None
        if len(self._taken) > KEYS_KEPT:
            del self._taken[next(iter(self._taken))]

    def signal(self, number: int) -> int:
        """Send a signal to the whole tree; returns how many processes it reached."""
        members = [Member(pid, process.start) for pid, process in self._find(with_tag=False).items()]
        reached = sum(member.send(number) for member in members)
        for member in members:
            member.close()
        return reached

    def stop(self, ladder: list[tuple[int, float]] | None, waiter: "tuple[ControlClient, object] | None") -> None:
        """End the whole tree. A later stop starts over with its own ladder, so that an urgent stop need not wait for a
        gentle one; a ladder that already kills is kept. The waiter is answered when nothing is left, or with what is.
        """
        if waiter is not None:
            self._waiters.append(waiter)
        if self._wait_status is None and self._reason == "exited":
            self._reason = "stopped" if waiter is not None else "interrupted"
        if self._ladder is None or not self._ladder.kills:
            self._climb(ladder or rungs(self._spec["ladder"]), with_tag=True)

    def notify(self) -> None:
        """Notify watching peers that the log has grown, each at most every NOTICE_SECONDS."""
        now = monotonic()
        for client in tuple(self.clients):
            if 0 <= client.beyond < self._log.end and now >= client.notice_at:
                client.beyond = -1
                client.notice_at = now + NOTICE_SECONDS
                client.send({"end": self._log.end, "dropped": self._log.dropped})

    # The loop.

    def serve(self, first_client: int) -> None:
        """Hold the agent until its exit record is written."""
        self.poller.watch(self._door.fileno(), self._on_connection)
        self.poller.watch(self._wakeup, self._on_signal)
        self.clients.add(ControlClient(self, first_client))
        while not self._over:
            self._turn(monotonic())
            if not self._over:
                self.poller.wait(self._wait_seconds(monotonic()))
        self._farewell()

    def _wait_seconds(self, now: float) -> float | None:
        moments = [client.notice_at for client in self.clients if 0 <= client.beyond < self._log.end]
        if self._ladder is not None:
            moments.append(self._ladder.wake_at)
        if self._record is not None:
            moments.append(self._retry_at)
        return max(0.0, min(moments) - now) if moments else None

    def _turn(self, now: float) -> None:
        self.notify()
        if self._ladder is not None:
            self._turn_ladder(self._ladder, now)
        if self._ladder is None and self._wait_status is not None:
            self._finish(now)

    def _turn_ladder(self, ladder: Ladder, now: float) -> None:
        try:
            finished = ladder.turn(now)
        except OSError:
            ladder.wake_at = now + BLIND_SECONDS
            return
        if finished:
            self._ladder_finished(ladder)
        else:
            self._watch_members(set(ladder.descriptors()))

    def _on_connection(self, event: "Readiness") -> None:
        fd = self._door.accept()
        if fd >= 0 and len(self.clients) >= CLIENT_LIMIT:
            posix.close(fd)
        elif fd >= 0:
            self.clients.add(ControlClient(self, fd))

    def _on_signal(self, event: "Readiness") -> None:
        numbers = posix.read(self._wakeup, 512)
        self._reap()
        if kernel.SIGTERM in numbers:
            self._detail = "the shim was asked to stop (SIGTERM)"
            self.stop(None, None)
        if kernel.SIGHUP in numbers:
            self._show_again()

    def _show_again(self) -> None:
        """Recreate the socket and files, for a daemon that finds the shim alive and its files gone."""
        self.poller.forget(self._door.fileno())
        try:
            self._door.renew()
            self._mark_again()
            replace(self._folder, IDENTITY, encode(self._identity), durable=False)
        except OSError:
            pass  # existing connections still work; the next SIGHUP tries again
        self.poller.watch(self._door.fileno(), self._on_connection)

    def _mark_again(self) -> None:
        """Recreate a deleted start marker and lock: without them the attempt would look as if it was never started."""
        try:
            create_marker(self._folder, self._spec["attempt"], encode({"bootId": self._identity["bootId"]}))
        except FileExistsError:
            pass  # it was not deleted
        if not posix.access(f"{self._folder}/{LOCK}", posix.F_OK):
            take_lock(self._folder)

    # The end of the agent and of its tree.

    def _reap(self) -> None:
        """Reap everything that has ended; only the agent's status matters."""
        was_alive = self._wait_status is None
        try:
            while (ended := posix.waitpid(-1, posix.WNOHANG)) != (0, 0):
                if ended[0] == self.agent.pid and self._wait_status is None:
                    self._wait_status = ended[1]
                    self.agent.ended = True
                    self._ended_at = now_ms()
            childless = False
        except ChildProcessError:
            childless = True
        if was_alive and self._wait_status is not None and self._ladder is None:
            self._clear_leftovers(childless)

    def _clear_leftovers(self, childless: bool) -> None:
        """End what the agent left running. A subreaper is the parent of all of it: without children nothing is left."""
        if self._subreaper and childless:
            return
        self._clearing = True
        self._climb(rungs(self._spec["ladder"]), with_tag=not self._subreaper)

    def _climb(self, ladder: list[tuple[int, float]], *, with_tag: bool) -> None:
        if self._ladder is not None:
            self._ladder.close()
        self._ladder = Ladder(lambda: self._find(with_tag=with_tag), ladder, monotonic())

    def _find(self, *, with_tag: bool) -> dict[int, Process]:
        """The living processes of the tree: descendants, the agent's group and, by their tag, those that left both."""
        table = system.table()
        me = posix.getpid()
        found = descendants(table, {me})
        if not self._subreaper:
            found.update(
                (pid, process) for pid, process in table.items() if process.pgid == self.agent.pid and process.alive
            )
        if with_tag:
            tagged = system.tagged(table, tag_of(self._folder, self._spec["attempt"]))
            self._escaped.update(tagged.keys() - found.keys() - {me})
            found.update(tagged)
        found.pop(me, None)
        return found

    def _watch_members(self, descriptors: set[int]) -> None:
        for fd in self._ladder_members - descriptors:
            self.poller.forget(fd)
        for fd in descriptors - self._ladder_members:
            self.poller.watch(fd, _wake)
        self._ladder_members = descriptors

    def _ladder_finished(self, ladder: Ladder) -> None:
        self._ladder = None
        self._watch_members(set())
        self._reap()
        report = {
            "left": len(ladder.left),
            "pending": ladder.left,
            "ended": len(ladder.seen) - len(ladder.left),
            "signalled": [signal_name(number) for number in ladder.sent],
            "escaped": sorted(self._escaped),
        }
        self._left = len(ladder.left)
        gone = ladder.names.keys() - {self.agent.pid, *ladder.left}
        self._ended.update((pid, ladder.names[pid]) for pid in sorted(gone))
        if self._clearing:
            self._leftovers += len(ladder.seen)
        ladder.close()
        waiters, self._waiters = self._waiters, []
        for client, request_id in waiters:
            client.send({"id": request_id, **report})

    def _finish(self, now: float) -> None:
        """Read the rest of the output and write the exit record; if that fails, notify the peers and retry later."""
        if self._record is None:
            self.pump.drain()
            self._log.finish()
            self._record = self._exit_record()
        elif now < self._retry_at:
            return
        try:
            make_folder(self._folder)
            replace(self._folder, EXIT.format(attempt=self._spec["attempt"]), encode(self._record), durable=True)
            self._over = True
        except OSError:
            self._tell_exit()
            self._retry_at = now + self._retry_seconds
            self._retry_seconds = min(RETRY_LIMIT, self._retry_seconds * 2)

    def _exit_record(self) -> "dict[str, Any]":
        status = self._wait_status or 0
        signalled = posix.WIFSIGNALED(status)
        return {
            "sessionId": self._spec["sessionId"],
            "attempt": self._spec["attempt"],
            "code": None if signalled else posix.WEXITSTATUS(status),
            "signal": signal_name(posix.WTERMSIG(status)) if signalled else None,
            "reason": self._reason,
            "detail": self._detail,
            "startedAt": self._identity["at"],
            "endedAt": self._ended_at,
            "outputEnd": self._log.end,
            "droppedBytes": self._log.dropped,
            "leftovers": self._leftovers,
            "left": self._left,
            "ended": [{"pid": pid, "name": name} for pid, name in list(self._ended.items())[:ENDED_NAMED]],
            "endedCount": len(self._ended),
        }

    def _tell_exit(self) -> None:
        if not self._exit_sent:
            self._exit_sent = True
            for client in tuple(self.clients):
                client.send({"exit": self._record})

    def _farewell(self) -> None:
        """Give peers a moment to read the last lines, then remove the socket."""
        self._tell_exit()
        deadline = monotonic() + FAREWELL_SECONDS
        while any(client.unsent for client in self.clients) and monotonic() < deadline:
            self.poller.wait(deadline - monotonic())
        self._door.close()


def _wake(event: "Readiness") -> None:
    """A member of the tree ended: waking up is all that is needed, because the next turn looks."""
