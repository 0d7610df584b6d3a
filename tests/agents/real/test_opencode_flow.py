"""The whole flow with real OpenCode: it plans with its last message, a worker's tools wait for a person's answer, it reports."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import ctl, daemon_in, group, sessions, shown, timeline, tree, worker
from tests.kit.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]

PLAN: Json = {"groups": [group("a", "Write alpha")]}


def configure(place: Place) -> None:
    """What a user with a provider of their own has in OpenCode's configuration."""
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{place.model.url}/v1", "apiKey": "dummy"},
        "models": {"fake": {"cost": {"input": 3, "output": 15}}},
    }
    folder = place.home / ".config/opencode"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "opencode.json").write_text(
        json.dumps({"provider": {"fake": provider}, "model": "fake/fake", "small_model": "fake/fake"})
    )


@pytest.fixture
def opencode(place: Place) -> Place:
    """A place with the pinned OpenCode."""
    configure(place)
    return dataclasses.replace(place, programs=(agent_command("opencode"),))


@pytest.fixture
def daemon(opencode: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon of a user who lets OpenCode ask no vendor for its list of models."""
    with daemon_in(opencode, monkeypatch, {"OPENCODE_DISABLE_MODELS_FETCH": "1"}) as running:
        yield running


def test_one_command_plans_works_behind_the_gate_and_completes(opencode: Place, daemon: Daemon) -> None:
    opencode.model.script = {
        "prompts": [
            {"match": "You are an orchestrator", "steps": [{"json": PLAN}]},
            worker("Write alpha", {"shell": "echo alpha > alpha.txt"}, {"shell": "cp README.md alpha.md"}),
        ],
        "default": [{"text": "ok"}],
    }
    settings = {"permissions": {"policy": "deny", "allow": ["Bash(cp README.md *)"]}}
    daemon.call("project.create", name="p", workingDir=str(opencode.project), settings=settings)
    done = ctl(daemon, opencode.project, "run", "Write a file", "--agent", "opencode")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert (opencode.project / "alpha.md").read_text() == "# A project\n"
    assert not (opencode.project / "alpha.txt").exists(), "the policy refuses what it does not name"
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
    assert not (opencode.home / ".config/opencode/plugin").exists(), "nothing of the user's was changed"
    assert daemon.nothing_left()
