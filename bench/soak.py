"""A soak: plans run while the daemon, shims, agents and clients are killed at random, and the recorded history is checked.

``python -m bench.soak --minutes 2 --seed 7`` (``make soak``). The same seed makes the same choices; when they meet the daemon
is the machine's affair. Every round runs one plan to its end; in half of them the daemon itself is left alone, several in a row, so that its
descriptors, threads and memory can be compared from round to round. What was done is in ``soak.log`` of its home, which is
kept when something was found.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.soak_history import MORE_DESCRIPTORS, History, Json, Sample, check_ledger, check_samples
from tests.kit.daemons.daemon import Connection, Daemon, Refused, agents_of, is_shim, processes_of
from tests.kit.patience import PATIENCE
from tests.kit.plans import entries, plan

GROUPS = 8
#: Seconds each command takes, and the longest pause between two kills.
COMMAND_SECONDS = 0.4
PAUSE_SECONDS = 0.5
#: Rounds in a row in which the daemon is left alone.
SPARED = 4
#: Things done to a round before it may end in peace: where a machine is too slow to work between two of them, it would never end.
ACTIONS = 50
#: More than anything is killed.
ATTEMPTS = 60


class Soak:
    """One soak in a home of its own."""

    def __init__(self, home: Path, seed: int) -> None:
        self.daemon = Daemon(home)
        self.history = History()
        self.problems: list[str] = []
        self.done: Counter[str] = Counter()
        self.rounds = 0
        self._random = random.Random(seed)
        self._samples: list[Sample] = []
        self._events: Connection | None = None
        self._began = time.monotonic()

    def run(self, seconds: float) -> None:
        """Rounds until the time is over; at least as many as it takes to have both kinds."""
        self._start()
        try:
            while self.rounds < 2 or time.monotonic() - self._began < seconds:
                self._round(spare_daemon=self.rounds % (2 * SPARED) >= SPARED or self.rounds == 1)
                self.rounds += 1
            self._restart(signal.SIGTERM)
            self._watch(0.0)
            self.problems += check_samples(self._samples)
        finally:
            if self._events is not None:
                self._events.close()
            self.daemon.close()

    def _round(self, *, spare_daemon: bool) -> None:
        """One plan, from its start to its end and the checks after it."""
        ledger = self.daemon.home / f"ledger-{self.rounds}"
        document = plan(ledger, GROUPS, seconds=COMMAND_SECONDS, attempts=ATTEMPTS)
        home = str(self.daemon.home)
        run: Json = self.daemon.call("run.start", plan=document, workingDir=home, agent="shell", requestId=ledger.name)
        actions = self._gentle() if spare_daemon else [*self._gentle(), *self._rough()]
        left = ACTIONS
        while self._status(run["id"]) == "running":
            action = self._random.choice(actions) if left > 0 else self.wait
            left -= 1
            self._note(action.__name__)
            action()
            self._watch(self._random.uniform(0.0, PAUSE_SECONDS))
        self._check_round(run["id"], ledger)

    def _check_round(self, run_id: str, ledger: Path) -> None:
        self.daemon.finish_sessions()
        self._watch(0.0)
        view = self.daemon.call("run.get", runId=run_id)
        leaves = [task for task in view["tasks"] if not task.get("subtaskIds")]
        given_back = {session["id"] for session in view["sessions"] if session["statusReason"]["code"] == "daemon_stop"}
        found = check_ledger(entries(ledger), leaves, given_back)
        if view["run"]["status"] != "completed":
            found.append(f"the run ended {view['run']['status']}")
        if not self.daemon.nothing_left():
            found.append(f"processes are left: {processes_of(self.daemon.data)}")
        found += self.history.check(session["id"] for session in self.daemon.every("session.list", live=True))
        self.problems += [f"round {self.rounds}: {each}" for each in found]
        self._samples.append(self._at_rest())
        self._note("checked", found=found)

    def _start(self) -> None:
        self.daemon.start()
        self._samples.append(Sample.of(self.daemon.pid, self.history.seq))

    def _at_rest(self) -> Sample:
        """The daemon at a quiet moment: on a busy machine it notices only a while later that a client has hung up."""
        least = min(sample.descriptors for sample in self._samples if sample.pid == self.daemon.pid)
        deadline = time.monotonic() + PATIENCE
        while True:
            sample = Sample.of(self.daemon.pid, self.history.seq)
            if sample.descriptors <= least + MORE_DESCRIPTORS or time.monotonic() > deadline:
                return sample
            time.sleep(0.05)

    def _status(self, run_id: str) -> str:
        return str(self.daemon.call("run.get", runId=run_id)["run"]["status"])

    def _watch(self, seconds: float) -> None:
        """Take events for some time, and in any case up to where the daemon is now."""
        deadline, goal = time.monotonic() + seconds, self.daemon.call("system.status")["seq"]
        if self._events is None:
            self._events = self.daemon.watch(since=self.history.seq)
        while self.history.seq < goal:
            self.history.take(self._events.next_event())
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.history.take(self._events.next_event(left))
            except TimeoutError:
                return

    # What is done to it. Each name is what the log says.

    def _gentle(self) -> list[Callable[[], None]]:
        return [self.kill_shim, self.kill_agent, self.kill_agent, self.vanish, self.hold, self.wait]

    def _rough(self) -> list[Callable[[], None]]:
        return [
            *[self.kill_daemon, self.kill_daemon, self.kill_daemon_and_agent, self.kill_daemon_and_shim],
            *[self.stop_daemon, self.stop_daemon_and_sessions],
        ]

    def kill_daemon(self) -> None:
        """SIGKILL, and the next one."""
        self._restart(signal.SIGKILL)

    def kill_daemon_and_agent(self) -> None:
        """An agent ends while no daemon is there."""
        self._restart(signal.SIGKILL, between=self.kill_agent)

    def kill_daemon_and_shim(self) -> None:
        """A session is lost while no daemon is there."""
        self._restart(signal.SIGKILL, between=self.kill_shim)

    def stop_daemon_and_sessions(self) -> None:
        """As before an upgrade of everything: the work starts again with the next one; sometimes it is killed over it."""
        self.daemon.call("system.stop", sessions="stop")
        if self._random.random() < 0.3:
            self._restart(signal.SIGKILL)
        else:
            self._restart(None)

    def stop_daemon(self) -> None:
        """As a user or a service manager does."""
        self._restart(self._random.choice([signal.SIGTERM, signal.SIGINT, signal.SIGUSR2]))

    def kill_shim(self) -> None:
        """Whoever holds a session is gone without a word."""
        self._kill([process for process in processes_of(self.daemon.data) if is_shim(process)])

    def kill_agent(self) -> None:
        """An agent, or something it runs."""
        self._kill(agents_of(self.daemon.data))

    def vanish(self) -> None:
        """A client asks for much and is gone before anything of it is answered, in the middle of a request."""
        with self.daemon.connect() as client:
            client.send("event.subscribe", {"since": 0})
            for number in range(self._random.randrange(20)):
                client.send("project.create", {"name": f"vanished {number}", "workingDir": str(self.daemon.home)})
            client.send_bytes(b'{"jsonrpc":"2.0","id":1,"meth')

    def hold(self) -> None:
        """Emergency stop, and go on."""
        self.daemon.call("system.freeze")
        self.daemon.call("system.thaw")

    def wait(self) -> None:
        """Let it work."""

    def _restart(self, number: signal.Signals | None, between: Callable[[], None] | None = None) -> None:
        """End it by a signal (None: it ends by itself), and start the next one."""
        code = self.daemon.wait() if number is None else self.daemon.end(number)
        if self._events is not None:
            self._take_last_words(self._events)
        if code not in ({0, -number} if number is signal.SIGKILL else {0}):
            self.problems.append(f"{number} ended the daemon with {code}")
        if between is not None:
            between()
        self._start()

    def _take_last_words(self, events: Connection) -> None:
        """What was sent before it ended counts: the next subscription goes on behind it."""
        self._events = None
        with events:
            try:
                while True:
                    self.history.take(events.next_event())
            except OSError:
                return

    def _kill(self, processes: list[psutil.Process]) -> None:
        if processes:
            try:
                self._random.choice(sorted(processes, key=lambda process: process.pid)).kill()
            except psutil.NoSuchProcess:
                pass  # it was faster

    def _note(self, what: str, **members: object) -> None:
        self.done[what] += 1
        line = {"at": round(time.monotonic() - self._began, 3), "round": self.rounds, "what": what, **members}
        with (self.daemon.home / "soak.log").open("a") as log:
            log.write(json.dumps(line) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run a soak; the exit code is 1 when something was found."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long (default: 2)")
    parser.add_argument("--seed", type=int, default=None, help="repeat the choices of another soak")
    parsed = parser.parse_args(arguments)
    seed = parsed.seed if parsed.seed is not None else random.SystemRandom().randrange(1 << 32)
    home = Path(tempfile.mkdtemp(prefix="soak-", dir="/tmp"))
    soak = Soak(home, seed)
    print(f"soak: {parsed.minutes:g} minutes with seed {seed} in {home}", flush=True)
    try:
        soak.run(parsed.minutes * 60)
    except (OSError, AssertionError, Refused, TimeoutError) as error:
        soak.problems.append(f"the soak itself could not go on within {PATIENCE:g} s: {error!r}")
    print(
        f"{soak.rounds} rounds, {soak.history.seq} events; " + ", ".join(f"{n} {what}" for what, n in soak.done.items())
    )
    for problem in soak.problems:
        print(f"FOUND {problem}")
    if soak.problems:
        print(f"The daemon's files, its log and soak.log are in {home}; again with --seed {seed}", file=sys.stderr)
        return 1
    shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
