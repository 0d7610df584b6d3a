"""Many clients, some of which never read, while sessions work."""

import json

import psutil
import pytest
import trio

from tests.kit.daemons.bridge_process import BridgeOf, PlainClient
from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

READERS, SLEEPERS, SESSIONS, REPORTS = 450, 50, 20, 600

#: What the crowd may cost the daemon: 100 KiB for each client, and two mebibytes for each of the fifty that do not read, most of which they share.
MEMORY_LIMIT = 100 << 20

#: Microseconds of the daemon's processor time for an event told to a reader, reports and all else included. Seconds from the change
#: to the reader are no measure here: 450 readers share this one process, on whatever the machine has left.
COST_LIMIT = 30


class Crowd:
    """The clients that read, and what they saw."""

    def __init__(self, bridge: BridgeOf) -> None:
        self.seqs: list[list[int]] = [[] for _ in range(READERS)]
        self.last: int | None = None
        self.ready = trio.Event()
        self._waiting = READERS
        self._bridge = bridge

    async def read(self, number: int) -> None:
        """One of them, until the event that is named when all is done."""
        client = await PlainClient.open(self._bridge, {"type": "subscribe"})
        assert json.loads(await client.read())["type"] == "subscribed"
        self._waiting -= 1
        if not self._waiting:
            self.ready.set()
        seqs = self.seqs[number]
        while self.last is None or not seqs or seqs[-1] < self.last:
            message = await client.read()
            start = message.index(b'"seq":') + 6
            seqs.append(int(message[start : message.index(b",", start)]))
        await client.close()


@pytest.mark.slow
async def test_five_hundred_clients_of_which_fifty_never_read_while_twenty_sessions_work(daemon: Daemon) -> None:
    daemon.settings["MAESTRO_MAX_SESSIONS"] = str(SESSIONS)
    daemon.start()
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))["id"]
    sessions = [_working(daemon, project) for _ in range(SESSIONS)]
    bridge = BridgeOf(daemon)
    process = psutil.Process(daemon.pid)
    before = process.memory_info().rss
    crowd = Crowd(bridge)
    with trio.fail_after(3 * PATIENCE):
        sleepers = [await PlainClient.open(bridge, {"type": "subscribe"}, 16_384) for _ in range(SLEEPERS)]
        async with trio.open_nursery() as nursery:
            for number in range(READERS):
                nursery.start_soon(crowd.read, number)
            await crowd.ready.wait()
            spent = -_spent(process)
            await trio.to_thread.run_sync(_report, daemon, sessions)
            crowd.last = daemon.call("system.status")["seq"]
            after = process.memory_info().rss
            daemon.call("project.update", projectId=project, description="wakes up who has them all already")
        spent += _spent(process)
        for client in sleepers:
            await client.close()
    for seqs in crowd.seqs:
        assert seqs == list(range(seqs[0], seqs[-1] + 1)), "an event is missing, or was told twice"
        assert seqs[-1] >= crowd.last
    assert spent / sum(map(len, crowd.seqs)) * 1e6 < COST_LIMIT
    assert after - before < MEMORY_LIMIT
    assert daemon.call("system.metrics")["values"]["maestrod_rpc_overflows_total"] == SLEEPERS
    assert len(daemon.call("session.list", live=True)["items"]) == SESSIONS


def _spent(process: psutil.Process) -> float:
    """Seconds of processor time."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _working(daemon: Daemon, project: str) -> str:
    """A session whose agent prints now and then."""
    commands = ["while :; do echo working; sleep 0.2; done"]
    task = daemon.call("task.create", title="t", projectId=project, commands=commands)["id"]
    session: str = daemon.call("session.spawn", taskIds=[task])["id"]
    return session


def _report(daemon: Daemon, sessions: list[str]) -> None:
    """Each session reports again and again, at length."""
    with daemon.connect() as connection:
        for number in range(REPORTS):
            message = f"{number} " + "x" * 8000
            connection.call("session.report", sessionId=sessions[number % len(sessions)], message=message)
