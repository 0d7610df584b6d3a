"""Real agents on a terminal: the first prompt comes with the start, the next is typed, and both are known to have arrived."""

from typing import Any

import pytest

from tests.agents.real.conftest import Place
from tests.agents.real.flow import daemon_in, group, sessions, shown, worker
from tests.agents.real.held import wait_for
from tests.agents.real.test_stop import TOOL, begun, spawn
from tests.agents.real.users import USERS
from tests.kit.daemons.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]

#: What begins the title of a terminal, and what Gemini CLI writes into it between two turns.
TITLE, GEMINI_READY = "\x1b]0;", "◇"


def turn_over(daemon: Daemon, count: int) -> None:
    """Return when so many messages were answered."""
    answered: set[str] = set()
    with daemon.watch(since=0, topics=["message.status"]) as events:
        while len(answered) < count:
            event = events.next_event()
            if event["data"].get("status") == "answered":
                answered.add(event["id"])


@pytest.mark.parametrize("agent", sorted(USERS))
def test_prompts_are_typed_accepted_and_answered(place: Place, monkeypatch: pytest.MonkeyPatch, agent: str) -> None:
    user, environ = USERS[agent](place)
    place.model.script = {
        "prompts": [{"match": "say it again", "steps": [{"text": "Once more."}]}],
        "default": [{"text": "Said once."}],
    }
    with daemon_in(user, monkeypatch, environ) as daemon:
        project = daemon.call("project.create", name="p", workingDir=str(place.project))
        task = daemon.call("task.create", projectId=project["id"], title="Talk")
        session = daemon.call("session.spawn", taskIds=[task["id"]], agent=agent, terminal="pty")["id"]
        turn_over(daemon, 1)
        if (
            agent == "gemini"
        ):  # its composer takes Enter for a line end while it still runs the hook that reports the end
            wait_for(lambda: GEMINI_READY in daemon.output(session).rpartition(TITLE)[2], "Gemini's title")
        sent = daemon.call("message.send", sessionId=session, text="say it again\nplease")
        turn_over(daemon, 2)
        message = daemon.call("message.get", messageId=sent["id"])
        assert message["status"] == "answered" and "Once more." in message["reply"], shown(daemon)
        [known] = sessions(daemon)
        assert known["status"] == "idle" and known["agentSessionId"], shown(daemon)
        assert daemon.call("session.stop", sessionId=session)["left"] == 0
        assert daemon.nothing_left()
    assert any("say it again\nplease" in prompt for prompt in place.model.prompts), place.model.prompts


@pytest.mark.parametrize(
    "agent, escapes, source", [("codex", 1, "hook"), ("gemini", 1, "screen"), ("opencode", 2, "hook")]
)
def test_an_interruption_with_escape_is_noticed(
    place: Place, monkeypatch: pytest.MonkeyPatch, agent: str, escapes: int, source: str
) -> None:
    """Gemini CLI tells nobody: its title does. OpenCode wants it twice."""
    user, environ = USERS[agent](place)
    place.model.script = [{"shell": f'python3 -c "{TOOL}"'}, {"text": "done"}]
    with daemon_in(user, monkeypatch, environ) as daemon:
        session = spawn(daemon, place, agent, "pty")
        begun(place.project)
        with daemon.watch(topics=["session.status"]) as events:
            for again in range(escapes):
                if again:
                    wait_for(lambda: "esc again to interrupt" in daemon.output(session), "what Escape does")
                daemon.call("session.send", sessionId=session, text="\x1b", enter=False)
            events.wait_for(lambda event: event["data"].get("status") == "idle")
        [known] = sessions(daemon)
        assert (known["live"]["turn"]["outcome"], known["statusReason"]["source"]) == ("interrupted", source), shown(
            daemon
        )
        assert daemon.call("session.stop", sessionId=session)["left"] == 0


def test_a_dialog_at_geminis_terminal_is_in_the_inbox_until_it_is_answered_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, environ = USERS["gemini"](place)
    place.model.script = [{"shell": "maestroctl --version"}, {"shell": "touch made"}, {"text": "done"}]
    with daemon_in(user, monkeypatch, environ) as daemon:
        project = daemon.call("project.create", name="p", workingDir=str(place.project))
        task = daemon.call("task.create", projectId=project["id"], title="Touch")
        session = daemon.call("session.spawn", taskIds=[task["id"]], agent="gemini", terminal="pty")["id"]
        with daemon.watch(since=0, topics=["attention.created"]) as events:
            events.next_event()
        [question] = daemon.every("attention.list")
        assert "touch made" in question["message"] and question["options"] == [], question
        wait_for(lambda: "Allow once" in daemon.output(session), "the dialog")
        daemon.call("session.send", sessionId=session, text="1", enter=False)
        turn_over(daemon, 1)
        assert (place.project / "made").exists() and daemon.every("attention.list") == []
        assert daemon.call("session.stop", sessionId=session)["left"] == 0


@pytest.mark.parametrize("agent", ["codex", "gemini"])
def test_a_worker_on_a_terminal_is_finished_when_all_tasks_are_done(
    place: Place, monkeypatch: pytest.MonkeyPatch, agent: str
) -> None:
    """It would sit at its composer for ever: it is stopped, and has completed all the same."""
    user, environ = USERS[agent](place)
    place.model.script = {
        "prompts": [worker("Write alpha", {"shell": "touch made"})],
        "default": [{"text": "ok"}],
    }
    (place.home / "config").mkdir()
    (place.home / "config/config.toml").write_text(f'[agents.{agent}]\nterminal = "pty"\n')
    with daemon_in(user, monkeypatch, environ) as daemon:
        settings = {"permissions": {"policy": "allow"}}
        project = daemon.call("project.create", name="p", workingDir=str(place.project), settings=settings)
        root = daemon.call("task.create", projectId=project["id"], title="All of it")
        plan = {"groups": [group("a", "Write alpha")]}
        run = daemon.call("run.start", taskId=root["id"], plan=plan, agent=agent)
        assert daemon.finish_run(run["id"])["status"] == "completed", shown(daemon)
        daemon.finish_sessions()
        [worked] = sessions(daemon)
        assert (worked["status"], worked.get("terminal", "pty")) == ("completed", "pty"), shown(daemon)
        assert (place.project / "made").exists() and daemon.nothing_left()
