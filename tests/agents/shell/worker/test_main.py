"""The worker from its environment to its exit status, as a real process."""

import subprocess
from typing import Any

import pytest

from tests.agents.scripted_daemon import Refusal, ScriptedDaemon
from tests.agents.worker_process import ARGV, Place
from tests.core.prompts.manifests import task
from tests.kit.patience import PATIENCE


@pytest.mark.parametrize("when", ["session.register", "task.progress"])
def test_a_refused_session_ends_the_worker(here: Place, when: str) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == when:
            raise Refusal(403, "session.stale_attempt")
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true", "touch never"),))
    assert ended.code == 1 and daemon.methods()[-1] == when and "stale_attempt" in ended.output
    assert not (here.project / "never").exists()


def test_a_missing_session_environment_is_reported() -> None:
    ended = subprocess.run(
        ARGV, env={"MAESTRO_ATTEMPT": "1"}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 1 and "MAESTRO_SESSION_ID, MAESTRO_SESSION_TOKEN" in ended.stdout


def test_an_unreadable_manifest_ends_the_worker(here: Place) -> None:
    environ = here.prepare()
    (here.folder / "manifest.json").write_text('{"session": ')
    ended = subprocess.run(ARGV, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 1 and "cannot be read" in ended.stdout


def test_the_worker_imports_only_modules_written_in_c() -> None:
    """What starting costs is what Python costs: the modules that are loaded are known by name."""
    code = "import sys; sys.path.append(sys.argv[1]); import worker.main; print(*sorted(sys.modules))"
    argv = [*ARGV[:-1], "-c", code, ARGV[-1].rpartition("/worker/")[0]]
    loaded = set(subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout.split())
    assert not loaded & {
        "os",
        "re",
        "enum",
        "json",
        "signal",
        "socket",
        "subprocess",
        "typing",
        "collections",
        "pathlib",
    }
