"""One task in a real worker process: which end and which lines of a command are reported."""

import pytest

from tests.agents.scripted_daemon import ScriptedDaemon
from tests.agents.worker_process import Place
from tests.core.prompts.manifests import task


@pytest.mark.parametrize(
    "command, how",
    [
        ("echo good; echo bad >&2; exit 3", "ended with exit code 3"),
        ("echo good; echo bad; kill -KILL $$", "was ended by SIGKILL"),
    ],
)
def test_a_failed_command_is_reported_with_its_status_and_its_last_lines(here: Place, command: str, how: str) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(tasks=(task("tsk_a", command, "touch never"), task("tsk_b", "true")))
    assert ended.code == 1
    assert daemon.params("task.fail") == [{"taskId": "tsk_a", "error": f"command {how}: {command}\ngood\nbad"}]
    assert [params["taskId"] for params in daemon.params("task.complete")] == ["tsk_b"]
    assert not (here.project / "never").exists()


def test_a_failed_check_fails_the_task(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true", checks=("true", "echo no; false")),))
    assert ended.code == 1
    assert daemon.params("task.fail")[0]["error"] == "check ended with exit code 1: echo no; false\nno"
