"""Stopping a real worker process: the command is stopped, and nothing new begins."""

import signal

import pytest

from maestrod.agents.shell.worker.signals import name_of
from tests.agents.scripted_daemon import ScriptedDaemon
from tests.agents.worker_process import Place
from tests.core.prompts.manifests import task
from tests.kit.patience import PATIENCE


def test_a_stop_reaches_the_command_and_sets_the_exit_status(here: Place) -> None:
    script = "trap 'echo told > told; exit 0' TERM; sleep 100 & echo > ready; wait"
    tasks = (task("tsk_a", script), task("tsk_b", "touch never"))
    with here.start(tasks=tasks) as process, ScriptedDaemon(here.socket) as daemon:
        here.ready.wait()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert (here.project / "told").exists() and not (here.project / "never").exists()
    assert daemon.methods() == ["session.register", "task.start"]


@pytest.mark.slow
def test_a_stop_while_waiting_for_the_daemon_ends_the_worker(here: Place) -> None:
    with here.start(tasks=(task("tsk_a", "true"),)) as process:
        assert process.stdout is not None
        assert b"waiting for maestrod" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143


@pytest.mark.parametrize("number, name", [(9, "SIGKILL"), (10, "SIGUSR1"), (6, "SIGABRT"), (40, "signal 40")])
def test_every_signal_has_a_name(number: int, name: str) -> None:
    assert name_of(number) == name
