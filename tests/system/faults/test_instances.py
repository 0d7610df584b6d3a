"""Two daemons at once (fault 23): one runs, the others exit 75 and point to it; the socket is always the winner's."""

import select
import subprocess
import sys

import pytest

from tests.kit.daemons.daemon import Daemon
from tests.kit.patience import PATIENCE

ROUNDS = 4
AT_ONCE = 5


def ended(processes: "list[subprocess.Popen[bytes]]", count: int) -> "list[subprocess.Popen[bytes]]":
    """The first ``count`` processes to end: a daemon's standard output ends with it."""
    over: list[subprocess.Popen[bytes]] = []
    while len(over) < count:
        waiting = {process.stdout.fileno(): process for process in processes if process not in over and process.stdout}
        ready, _, _ = select.select(list(waiting), [], [], PATIENCE)
        assert ready, "several daemons run at once"
        over += [waiting[descriptor] for descriptor in ready]
    return over


@pytest.mark.slow
def test_23_of_daemons_started_at_once_one_runs_and_the_others_name_it(daemon: Daemon) -> None:
    for _ in range(ROUNDS):
        with daemon.ready_messages() as notify:
            processes = [daemon.spawn() for _ in range(AT_ONCE)]
            losers = ended(processes, AT_ONCE - 1)
            assert [process.wait(PATIENCE) for process in losers] == [75] * len(losers)
            [winner] = [process for process in processes if process not in losers]
            daemon.process = winner
            daemon.wait_ready(winner, notify)
        assert daemon.call("system.status")["pid"] == winner.pid
        daemon.kill()
        for process in losers:
            process.communicate()
    words = daemon.log.read_text()
    assert words.count("a daemon already runs on") == ROUNDS * (AT_ONCE - 1) * 2  # logged, and said on standard error
    assert "Traceback" not in words


@pytest.mark.slow
def test_23_a_second_daemon_leaves_the_first_and_its_socket_alone(daemon: Daemon) -> None:
    daemon.start()
    before = daemon.socket.stat().st_ino
    second = subprocess.run(
        [sys.executable, "-m", "maestrod"],
        env={"MAESTRO_HOME": str(daemon.home), "HOME": str(daemon.home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert second.returncode == 75
    assert f"process {daemon.pid}" in second.stderr and str(daemon.socket) in second.stderr
    assert daemon.socket.stat().st_ino == before
    assert daemon.call("system.status")["pid"] == daemon.pid
