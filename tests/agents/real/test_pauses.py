"""Real agents that are interrupted from outside: they wait for a usage limit, and a dying daemon misses nothing."""

from typing import Any

import pytest

from tests.agents.real import users
from tests.agents.real.conftest import Place
from tests.agents.real.flow import daemon_in, group, sessions, shown, timeline, worker

pytestmark = pytest.mark.slow

Json = dict[str, Any]

PLAN: Json = {"groups": [group("a", "Write alpha")]}


def start(daemon: Any, place: Place) -> str:
    """A run of one worker that is Codex."""
    project = daemon.call("project.create", name="p", workingDir=str(place.project))
    root = daemon.call("task.create", projectId=project["id"], title="All of it")
    return str(daemon.call("run.start", taskId=root["id"], plan=PLAN, agent="codex")["id"])


def test_the_session_waits_for_a_limit_and_the_conversation_continues(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, environ = users.codex(place)
    limited = {"status": 429, "times": 1, "error": {"type": "usage_limit_reached", "plan_type": "plus"}}
    script = worker("Write alpha", {"shell": "echo alpha > alpha.txt"})
    script["steps"][2] = {**limited, **script["steps"][2]}
    wake = {
        "match": "usage limit",
        "steps": [{"shell": "maestroctl task complete $MAESTRO_TASK_ID resumed"}, {"text": "done"}],
    }
    place.model.script = {"prompts": [script, wake], "default": [{"text": "ok"}]}
    with daemon_in(user, monkeypatch, environ, limit_backoff_ms=300, limit_stagger_ms=0) as daemon:
        run = daemon.finish_run(start(daemon, place))
        assert run["status"] == "completed", shown(daemon)
        daemon.finish_sessions()
        [worked] = sessions(daemon)
        assert (worked["status"], worked["attempt"]) == ("completed", 2), shown(daemon)
        assert any("limit" in words for _, words in timeline(daemon, worked["id"])), shown(daemon)
    woken = [row["body"]["input"] for row in place.model.requests if "usage limit" in str(row.get("prompt"))]
    assert "Write alpha" in str(woken[-1]), "it remembers its task"


def test_a_killed_daemon_misses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the agent printed while there was none is read by the next one, the end of the turn included."""
    user, environ = users.codex(place)
    script = worker("Write alpha", {"shell": "echo alpha > alpha.txt"})
    script["steps"][-1] = {"hold": "last", **script["steps"][-1]}
    place.model.script = {"prompts": [script], "default": [{"text": "ok"}]}
    with daemon_in(user, monkeypatch, environ) as daemon:
        run_id = start(daemon, place)
        with daemon.watch(since=0, topics=["task.status"]) as events:
            events.wait_for(lambda event: event["data"].get("status") == "completed")
        daemon.kill()
        place.model.release("last")
        daemon.start()
        assert daemon.finish_run(run_id)["status"] == "completed", shown(daemon)
        daemon.finish_sessions()
        [worked] = sessions(daemon)
        assert (worked["status"], worked.get("attempt", 1), worked["usage"]["input"]) == ("completed", 1, 4000), shown(
            daemon
        )
        said = [words for _, words in timeline(daemon, worked["id"])]
        assert said.count("Write alpha is done.") == 1, said
        assert daemon.nothing_left()
