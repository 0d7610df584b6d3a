"""A soak: plans run while the daemon, shims, agents and clients are killed at random, and the recorded history is checked.

``python -m bench.soak --minutes 2 --seed 7`` (``make soak``). The same seed makes the same choices, but their timing depends on the
machine. Each round runs one plan to its end. In half of the rounds, several in a row, the daemon itself is not killed, so that its
descriptors, threads and memory can be compared from round to round. ``soak.log`` in its home, which is kept if a problem was found,
records every action.
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
#: Consecutive rounds in which the daemon is not killed.
SPARED = 4
#: Maximum actions per round: on a machine too slow to make progress between two of them, a round would never end.
ACTIONS = 50
#: Maximum attempts of a task: more than the number of kills.
ATTEMPTS = 60


class Soak:
    """One soak with its own home."""

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
        """Run rounds until the time is over, with at least one of each kind."""
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
        """Run one plan to its end, then check."""
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
        """A sample of the daemon at rest: on a busy machine, it notices late that a client disconnected."""
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
        """Receive events for some time, and at least up to the daemon's present one."""
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

    # The actions, under the names that the log uses.

    def _gentle(self) -> list[Callable[[], None]]:
        return [self.kill_shim, self.kill_agent, self.kill_agent, self.vanish, self.hold, self.wait]

    def _rough(self) -> list[Callable[[], None]]:
        return [
            *[self.kill_daemon, self.kill_daemon, self.kill_daemon_and_agent, self.kill_daemon_and_shim],
            *[self.stop_daemon, self.stop_daemon_and_sessions],
        ]

    def kill_daemon(self) -> None:
        """Kill the daemon with SIGKILL, and start the next one."""
        self._restart(signal.SIGKILL)

    def kill_daemon_and_agent(self) -> None:
        """Kill the daemon, and an agent while no daemon runs."""
        self._restart(signal.SIGKILL, between=self.kill_agent)

    def kill_daemon_and_shim(self) -> None:
        """Kill the daemon, and a shim while no daemon runs."""
        self._restart(signal.SIGKILL, between=self.kill_shim)

    def stop_daemon_and_sessions(self) -> None:
        """Stop the daemon with its sessions, as before an upgrade; sometimes kill it meanwhile. The next one starts the work again."""
        self.daemon.call("system.stop", sessions="stop")
        if self._random.random() < 0.3:
            self._restart(signal.SIGKILL)
        else:
            self._restart(None)

    def stop_daemon(self) -> None:
        """Stop the daemon, as a user or a service manager does."""
        self._restart(self._random.choice([signal.SIGTERM, signal.SIGINT, signal.SIGUSR2]))

    def kill_shim(self) -> None:
        """Kill a session's shim."""
        self._kill([process for process in processes_of(self.daemon.data) if is_shim(process)])

    def kill_agent(self) -> None:
        """Kill an agent, or a process that it started."""
        self._kill(agents_of(self.daemon.data))

    def vanish(self) -> None:
        """A client sends many requests and disconnects in the middle of one, before any reply."""
        with self.daemon.connect() as client:
            client.send("event.subscribe", {"since": 0})
            for number in range(self._random.randrange(20)):
                client.send("project.create", {"name": f"vanished {number}", "workingDir": str(self.daemon.home)})
            client.send_bytes(b'{"jsonrpc":"2.0","id":1,"meth')

    def hold(self) -> None:
        """Freeze everything, then thaw it."""
        self.daemon.call("system.freeze")
        self.daemon.call("system.thaw")

    def wait(self) -> None:
        """Do nothing for a while."""

    def _restart(self, number: signal.Signals | None, between: Callable[[], None] | None = None) -> None:
        """End the daemon by a signal (None: it ends by itself), and start the next one."""
        code = self.daemon.wait() if number is None else self.daemon.end(number)
        if self._events is not None:
            self._take_last_words(self._events)
        if code not in ({0, -number} if number is signal.SIGKILL else {0}):
            self.problems.append(f"{number} ended the daemon with {code}")
        if between is not None:
            between()
        self._start()

    def _take_last_words(self, events: Connection) -> None:
        """Receive the events that it sent before it ended: the next subscription continues after them."""
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
                pass  # the process had already ended

    def _note(self, what: str, **members: object) -> None:
        self.done[what] += 1
        line = {"at": round(time.monotonic() - self._began, 3), "round": self.rounds, "what": what, **members}
        with (self.daemon.home / "soak.log").open("a") as log:
            log.write(json.dumps(line) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run a soak; the exit code is 1 if a problem was found."""
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
        soak.problems.append(f"the soak itself made no progress for {PATIENCE:g} s: {error!r}")
    print(
        f"{soak.rounds} rounds, {soak.history.seq} events; " + ", ".join(f"{n} {what}" for what, n in soak.done.items())
    )
    for problem in soak.problems:
        print(f"FOUND {problem}")
    if soak.problems:
        print(f"The daemon's files, its log and soak.log are in {home}; repeat with --seed {seed}", file=sys.stderr)
        return 1
    shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
