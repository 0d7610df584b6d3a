"""The whole flow with real OpenCode: it plans with its last message, a worker's tools wait for a person's answer, it reports."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.flow import ctl, daemon_in, group, sessions, shown, timeline, tree, worker
from tests.kit.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]

PLAN: Json = {"groups": [group("a", "Write alpha")]}


@pytest.fixture
def opencode(place: Place) -> tuple[Place, dict[str, str]]:
    """A user of it."""
    return users.opencode(place)


@pytest.fixture
def daemon(opencode: tuple[Place, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon of that user."""
    place, environ = opencode
    with daemon_in(place, monkeypatch, environ) as running:
        yield running


def test_one_command_plans_works_behind_the_gate_and_completes(place: Place, daemon: Daemon) -> None:
    place.model.script = {
        "prompts": [
            {"match": "You are an orchestrator", "steps": [{"json": PLAN}]},
            worker("Write alpha", {"shell": "echo alpha > alpha.txt"}, {"shell": "cp README.md alpha.md"}),
        ],
        "default": [{"text": "ok"}],
    }
    settings = {"permissions": {"policy": "deny", "allow": ["Bash(cp README.md *)"]}}
    daemon.call("project.create", name="p", workingDir=str(place.project), settings=settings)
    done = ctl(daemon, place.project, "run", "Write a file", "--agent", "opencode")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert (place.project / "alpha.md").read_text() == "# A project\n"
    assert not (place.project / "alpha.txt").exists(), "the policy refuses what it does not name"
    [run] = daemon.every("run.list")
    assert set(tree(daemon, run["rootTaskId"]).values()) == {"completed"}, shown(daemon)
    daemon.finish_sessions()
    planner, worked = sessions(daemon)
    assert {planner["status"], worked["status"]} == {"completed"}, shown(daemon)
    assert (planner["usage"]["input"], worked["usage"]["input"]) == (1000, 5000)
    assert worked["usage"]["cost"] == pytest.approx(5 * 0.00375)
    told = timeline(daemon, worked["id"])
    assert any("allowed" in message and "cp README.md" in message for _, message in told), told
    assert ("progress", "Bash: cp README.md alpha.md") in told
    assert not (place.home / ".config/opencode/plugin").exists(), "nothing of the user's was changed"
    assert daemon.nothing_left()
