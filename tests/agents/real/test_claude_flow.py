"""The whole flow with real Claude Code: it plans, workers change files in parallel and report, the run completes."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import ctl, daemon_in, group, sessions, shown, timeline, tree, worker
from tests.kit.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]


@pytest.fixture
def claude(place: Place) -> Place:
    """A place with the pinned Claude."""
    return dataclasses.replace(place, programs=(agent_command("claude"),))


@pytest.fixture
def daemon(claude: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon whose user has a key for the scripted model."""
    with daemon_in(claude, monkeypatch, environ(claude)) as running:
        yield running


def environ(place: Place) -> dict[str, str]:
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0", "IS_SANDBOX": "1"}
    return {**quiet, "ANTHROPIC_BASE_URL": place.model.url, "ANTHROPIC_API_KEY": "dummy"}


def writes(place: Place, name: str) -> Json:
    return {"tool": "Write", "input": {"file_path": str(place.project / name), "content": f"{name}\n"}}


PLAN: Json = {
    "groups": [
        group("a", "Write alpha"),
        group("b", "Write beta"),
        group("c", "Write gamma"),
        group("end", "Join them", dependsOn=["a", "b", "c"]),
    ]
}
NAMES = {"Write alpha": "alpha", "Write beta": "beta", "Write gamma": "gamma", "Join them": "joined"}


def script(place: Place, *plans: Json) -> Json:
    """Every plan once, in order; the workers write the file of their task."""
    planner = [{"match": "You are an orchestrator", "steps": [{"json": plans[0]}, {"text": "planned"}]}]
    repairs = [
        {"match": "refused|repair", "steps": [{"json": plan, "once": True} for plan in plans[1:]] or [{"text": "?"}]}
    ]
    workers = [worker(title, writes(place, f"{name}.txt")) for title, name in NAMES.items()]
    return {"prompts": [*planner, *workers, *repairs], "default": [{"text": "ok"}]}


def test_one_command_plans_spawns_workers_in_two_waves_and_completes(claude: Place, daemon: Daemon) -> None:
    claude.model.script = script(claude, PLAN)
    done = ctl(daemon, claude.project, "run", "Write three files and join them", "--agent", "claude")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert {name: (claude.project / f"{name}.txt").read_text() for name in NAMES.values()} == {
        name: f"{name}.txt\n" for name in NAMES.values()
    }
    [run] = daemon.every("run.list")
    assert run["status"] == "completed"
    assert set(tree(daemon, run["rootTaskId"]).values()) == {"completed"}, shown(daemon)
    daemon.finish_sessions()
    planner, *workers = sessions(daemon)
    assert (planner["role"], len(workers)) == ("orchestrator", 4)
    assert {session["status"] for session in sessions(daemon)} == {"completed"}, shown(daemon)
    *first, last = workers
    begun = [session["startedAt"] for session in first]
    assert max(begun) < min(session["completedAt"] for session in first), "the first wave worked side by side"
    assert last["startedAt"] >= max(
        task["completedAt"] for task in daemon.every("task.list") if task["title"] in list(NAMES)[:3]
    )
    for session in sessions(daemon):
        assert session["usage"]["input"] >= 1000 and session["usage"]["cost"] > 0, session
        assert session["agentSessionId"]
    types = [kind for kind, _ in timeline(daemon, workers[0]["id"])]
    assert types[0] == "session_started" and "task_started" in types and "task_completed" in types
    assert daemon.nothing_left()
