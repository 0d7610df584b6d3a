"""The whole flow with real Codex: it plans by a schema, its workers change files from inside of its sandbox and report."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import ctl, daemon_in, group, sessions, shown, tree, worker
from tests.kit.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]

PLAN: Json = {"groups": [group("a", "Write alpha"), group("b", "Write beta", dependsOn=["a"])]}


def configure(place: Place) -> None:
    """What a user with a provider of their own has in Codex's configuration."""
    (place.home / ".codex").mkdir(exist_ok=True)
    (place.home / ".codex/config.toml").write_text(
        f"""model = "fake"
model_provider = "fake"
[model_providers.fake]
name = "fake"
base_url = "{place.model.url}/v1"
wire_api = "responses"
env_key = "FAKE_KEY"
request_max_retries = 0
stream_max_retries = 0
"""
    )


@pytest.fixture
def codex(place: Place) -> Place:
    """A place with the pinned Codex."""
    configure(place)
    return dataclasses.replace(place, programs=(agent_command("codex"),))


@pytest.fixture
def daemon(codex: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon whose user has a key for the scripted model."""
    with daemon_in(codex, monkeypatch, {"FAKE_KEY": "dummy"}) as running:
        yield running


def test_one_command_plans_works_in_the_sandbox_and_completes(codex: Place, daemon: Daemon) -> None:
    codex.model.script = {
        "prompts": [
            {"match": "You are an orchestrator", "steps": [{"json": PLAN}]},
            worker("Write alpha", {"shell": "echo alpha > alpha.txt"}),
            worker("Write beta", {"shell": "cat alpha.txt > beta.txt"}),
        ],
        "default": [{"text": "ok"}],
    }
    done = ctl(daemon, codex.project, "run", "Write two files", "--agent", "codex")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert (codex.project / "beta.txt").read_text() == "alpha\n"
    [run] = daemon.every("run.list")
    assert set(tree(daemon, run["rootTaskId"]).values()) == {"completed"}, shown(daemon)
    daemon.finish_sessions()
    assert [session["status"] for session in sessions(daemon)] == ["completed"] * 3, shown(daemon)
    planner, *workers = sessions(daemon)
    assert planner["usage"]["input"] == 1000 and all(session["usage"]["input"] >= 4000 for session in workers)
    assert all(session["agentSessionId"] for session in sessions(daemon))
    assert not list(Path(codex.home / ".codex").glob("hooks.json"))
    assert daemon.nothing_left()
