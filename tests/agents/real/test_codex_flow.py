"""The whole flow with real Codex: it plans by a schema; its workers change files and report from inside the sandbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.flow import ctl, daemon_in, group, sessions, shown, tree, worker
from tests.kit.daemons.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]

PLAN: Json = {"groups": [group("a", "Write alpha"), group("b", "Write beta", dependsOn=["a"])]}


@pytest.fixture
def codex(place: Place) -> tuple[Place, dict[str, str]]:
    """A user of it."""
    return users.codex(place)


@pytest.fixture
def daemon(codex: tuple[Place, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon of that user."""
    place, environ = codex
    with daemon_in(place, monkeypatch, environ) as running:
        yield running


def test_one_command_plans_works_in_the_sandbox_and_completes(place: Place, daemon: Daemon) -> None:
    place.model.script = {
        "prompts": [
            {"match": "You are an orchestrator", "steps": [{"json": PLAN}]},
            worker("Write alpha", {"shell": "echo alpha > alpha.txt"}),
            worker("Write beta", {"shell": "cat alpha.txt > beta.txt"}),
        ],
        "default": [{"text": "ok"}],
    }
    done = ctl(daemon, place.project, "run", "Write two files", "--agent", "codex")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert (place.project / "beta.txt").read_text() == "alpha\n"
    [run] = daemon.every("run.list")
    assert set(tree(daemon, run["rootTaskId"]).values()) == {"completed"}, shown(daemon)
    daemon.finish_sessions()
    assert [session["status"] for session in sessions(daemon)] == ["completed"] * 3, shown(daemon)
    planner, *workers = sessions(daemon)
    assert planner["usage"]["input"] == 1000 and all(session["usage"]["input"] >= 4000 for session in workers)
    assert all(session["agentSessionId"] for session in sessions(daemon))
    assert not list(Path(place.home / ".codex").glob("hooks.json"))
    assert daemon.nothing_left()
