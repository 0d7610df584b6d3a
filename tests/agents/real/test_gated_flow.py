"""The whole flow with agents whose tools pass the gate: they plan with their last message, a worker's tools are judged, it reports.

Real Gemini CLI and real OpenCode; what they do alike is one story, what only one of them shows follows it.
"""

import json
from typing import Any

import pytest

from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.flow import ctl, daemon_in, group, sessions, shown, timeline, tree, worker
from tests.kit.daemons.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]

PLAN: Json = {"groups": [group("a", "Write alpha")]}


def test_gemini_plans_works_behind_the_gate_and_completes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"text": f"Here it is:\n```json\n{json.dumps(PLAN)}\n```"}
    user, environ = users.gemini(place)
    with daemon_in(user, monkeypatch, environ) as daemon:
        plan_and_work_behind_the_gate(user, daemon, "gemini", answer)
        assert daemon.nothing_left()
    assert not list((place.home / ".gemini").glob("*hooks*")), "nothing of the user's was changed"
    assert json.loads((place.home / ".gemini/settings.json").read_text()) == {"model": {"name": "gemini-2.5-flash"}}


def test_opencode_plans_works_behind_the_gate_and_completes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    user, environ = users.opencode(place)
    with daemon_in(user, monkeypatch, environ) as daemon:
        worked = plan_and_work_behind_the_gate(user, daemon, "opencode", {"json": PLAN})
        assert worked["usage"]["cost"] == pytest.approx(5 * 0.00375)
        assert ("progress", "Bash: cp README.md alpha.md") in timeline(daemon, worked["id"])
        assert daemon.nothing_left()
    assert not (place.home / ".config/opencode/plugin").exists(), "nothing of the user's was changed"


def plan_and_work_behind_the_gate(place: Place, daemon: Daemon, agent: str, planned: Json) -> Json:
    """One command, by an agent whose planner answers with ``planned``; the session of the worker at the end."""
    place.model.script = {
        "prompts": [
            {"match": "You are an orchestrator", "steps": [planned]},
            worker("Write alpha", {"shell": "echo alpha > alpha.txt"}, {"shell": "cp README.md alpha.md"}),
        ],
        "default": [{"text": "ok"}],
    }
    settings = {"permissions": {"policy": "deny", "allow": ["Bash(cp README.md *)"]}}
    daemon.call("project.create", name="p", workingDir=str(place.project), settings=settings)
    done = ctl(daemon, place.project, "run", "Write a file", "--agent", agent)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{shown(daemon)}"
    assert (place.project / "alpha.md").read_text() == "# A project\n"
    assert not (place.project / "alpha.txt").exists(), "the policy refuses what it does not name"
    [run] = daemon.every("run.list")
    assert set(tree(daemon, run["rootTaskId"]).values()) == {"completed"}, shown(daemon)
    daemon.finish_sessions()
    planner, worked = sessions(daemon)
    assert {planner["status"], worked["status"]} == {"completed"}, shown(daemon)
    assert (planner["usage"]["input"], worked["usage"]["input"]) == (1000, 5000)
    said = timeline(daemon, worked["id"])
    assert any("allowed" in message and "cp README.md" in message for _, message in said), said
    return worked
