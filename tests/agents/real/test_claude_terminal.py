"""Real Claude Code on a terminal: prompts, questions, interruptions, /clear; its hooks and its title are the only sources."""

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.agents.real.conftest import Place, agent_command
from tests.agents.real.flow import ctl, daemon_in, shown, timeline, worker
from tests.agents.real.held import wait_for
from tests.agents.real.test_claude_flow import STAYS, environ
from tests.kit.daemons.daemon import Connection, Daemon, agents_of
from tests.kit.screens.tmux import COMMAND, Pane, needs_tmux

pytestmark = pytest.mark.slow

Json = dict[str, Any]

#: What Claude asks about, also where it may edit files.
ASKS = "python3 -c 'print(6*7)'"


@pytest.fixture
def claude(place: Place) -> Place:
    """A place with the pinned Claude, whose user has answered its first questions, but never heard of this folder or key."""
    (place.home / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True}))
    return dataclasses.replace(place, programs=(agent_command("claude"),))


@pytest.fixture
def daemon(claude: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon whose user has a key for the scripted model."""
    with daemon_in(claude, monkeypatch, environ(claude)) as running:
        yield running


class Seat:
    """A session on a terminal, with everything that happens to it."""

    def __init__(self, daemon: Daemon, place: Place, *titles: str) -> None:
        self.daemon = daemon
        project = daemon.call("project.create", name="p", workingDir=str(place.project))
        tasks = [daemon.call("task.create", projectId=project["id"], title=title)["id"] for title in titles]
        self._events: Connection = daemon.watch(since=0)
        spawned = daemon.call("session.spawn", projectId=project["id"], taskIds=tasks, agent="claude", terminal="pty")
        self.id: str = spawned["id"]

    def __enter__(self) -> "Seat":
        return self

    def __exit__(self, *reason: object) -> None:
        self._events.close()

    def __call__(self) -> Json:
        """The session as it is now."""
        session: Json = self.daemon.call("session.get", sessionId=self.id)
        return session

    def until(self, **members: Any) -> Json:
        """The session, once these members are so."""
        while True:
            session = self()
            if all(_member(session, name) == value for name, value in members.items()):
                return session
            self._next()

    def question(self) -> Json:
        """The next thing that is asked."""
        while (event := self._next())["type"] != "attention.created":
            pass
        question: Json = self.daemon.call("attention.get", attentionId=event["id"])
        return question

    def _next(self) -> Json:
        try:
            return self._events.next_event()
        except TimeoutError:
            raise AssertionError(f"nothing happens any more:\n{shown(self.daemon)}\n{self.screen()}") from None

    def says(self, text: str) -> None:
        """Somebody sends a prompt."""
        self.daemon.call("message.send", sessionId=self.id, text=text)

    def types(self, keys: str) -> None:
        """Somebody at the terminal types."""
        self.daemon.call("session.send", sessionId=self.id, text=keys, enter=False)

    def attached(self) -> Pane:
        """Somebody sits down at it, at a terminal that draws what it prints."""
        environ = {"MAESTRO_HOME": str(self.daemon.home), "HOME": str(self.daemon.home)}
        return Pane(self.daemon.home.parent, [*COMMAND, "attach", self.id], environ)

    def screen(self) -> str:
        """What was printed."""
        return self.daemon.output(self.id)[-3000:]


def _member(session: Json, path: str) -> Any:
    found: Any = session
    for name in path.split("."):
        found = (found or {}).get(name)
    return found


def test_a_worker_asks_in_its_terminal_and_is_answered_from_the_inbox(claude: Place, daemon: Daemon) -> None:
    claude.model.script = {"prompts": [worker("Count", {"shell": ASKS})]}
    with Seat(daemon, claude, "Count") as seat:
        question = seat.question()
        assert (question["kind"], question["tool"]) == ("permission", "Bash") and "6*7" in question["message"]
        assert question["options"][:2] == ["allow", "deny"]
        done = ctl(daemon, claude.project, "answer", question["id"], "allow")
        assert done.returncode == 0, done.stderr
        session = seat.until(**{"live.turn.outcome": "completed", "status": "idle"})
        assert [task["status"] for task in daemon.every("task.list")] == ["completed"]
        assert session["usage"]["cost"] > 0
        stopped = daemon.call("session.stop", sessionId=seat.id)
        daemon.finish_sessions()
        assert (stopped["left"], seat()["status"]) == (0, "stopped"), shown(daemon)
        assert daemon.nothing_left()


def test_a_refusal_from_the_inbox_reaches_the_model(claude: Place, daemon: Daemon) -> None:
    claude.model.script = {"prompts": [worker("Count", {"shell": ASKS})]}
    with Seat(daemon, claude, "Count") as seat:
        question = seat.question()
        assert ctl(daemon, claude.project, "answer", question["id"], "deny").returncode == 0
        seat.until(**{"live.turn.outcome": "completed"})
    assert "denied by the user" in json.dumps([request.get("body") for request in claude.model.requests])


def test_an_answer_at_the_terminal_settles_the_question_in_the_inbox(claude: Place, daemon: Daemon) -> None:
    claude.model.script = {"prompts": [worker("Count", {"shell": ASKS})]}
    with Seat(daemon, claude, "Count") as seat:
        question = seat.question()
        seat.types("\r")
        seat.until(**{"live.turn.outcome": "completed"})
        assert daemon.call("attention.get", attentionId=question["id"])["answer"]["by"] == "agent", shown(daemon)


@needs_tmux
def test_a_person_attaches_types_and_detaches(claude: Place, daemon: Daemon) -> None:
    claude.model.script = [{"text": "hello yourself"}]
    with Seat(daemon, claude) as seat:
        seat.until(status="idle")
        with seat.attached() as pane:
            pane.wait("Claude Code", "❯")  # the line about keys may hide the lowest one, until Claude draws it again
            pane.type("hello")
            pane.wait("hello")
            pane.type("Enter")
            pane.wait("hello yourself")
            pane.type("C-\\")
            assert pane.ended() == 0
        session = seat.until(**{"live.turn.outcome": "completed"})
        assert session["status"] == "idle" and claude.model.prompts == ["hello"]


@needs_tmux
def test_a_dialog_dismissed_with_esc_interrupts_the_turn(claude: Place, daemon: Daemon) -> None:
    claude.model.script = {"prompts": [worker("Count", {"shell": ASKS})]}
    with Seat(daemon, claude, "Count") as seat:
        question = seat.question()
        with seat.attached() as pane:
            pane.wait("Do you want to proceed")
            pane.type("Escape")
            pane.wait("Interrupted")
        seat.until(**{"live.turn.outcome": "interrupted", "status": "idle"})
        assert daemon.call("attention.get", attentionId=question["id"])["answer"]["by"] == "agent", shown(daemon)


def test_a_person_attaches_to_the_terminal(claude: Place, daemon: Daemon) -> None:
    """One conversation by hand: prompts, Esc, /clear, work in the background, the end."""
    sub = {"description": "d", "prompt": "sub work", "subagent_type": "general-purpose", "run_in_background": True}
    slow = {"shell": "ls; true"}
    claude.model.script = {
        "prompts": [
            {"match": "sub work", "steps": [slow, {"sleep": 0.5, "text": "sub finished"}]},
            {"match": "task-notification", "steps": [{"text": "it has finished"}]},
            {"match": "delegate", "steps": [{"tool": "Agent", "input": sub}, {"text": "delegated"}]},
            {"match": "think long", "steps": [{"hold": "for ever", "text": "thought"}]},
            {"match": "hello", "steps": [{"text": "hello yourself"}]},
        ]
    }
    with Seat(daemon, claude) as seat:
        seat.until(status="idle")
        seat.says("hello\nthere")
        first = seat.until(**{"live.turn.outcome": "completed"})["agentSessionId"]
        assert claude.model.prompts == ["hello\nthere"]
        [message] = daemon.every("message.list", sessionId=seat.id)
        assert (message["status"], message["reply"]) == ("answered", "hello yourself")

        seat.says("think long")
        seat.until(**{"live.turn.state": "running", "status": "working"})
        wait_for(lambda: len(claude.model.prompts) == 2, "the request")
        seat.types("\x1b")
        session = seat.until(**{"live.turn.outcome": "interrupted"})
        assert session["status"] == "idle"

        seat.types("\x15\x15")  # the prompt went back to the composer
        seat.types("/clear")
        daemon.call("session.send", sessionId=seat.id, text="", enter=True)
        assert first
        wait_for(lambda: seat()["agentSessionId"] != first, "another conversation")

        seat.says("delegate it")
        session = seat.until(**{"live.turn.background": 1, "live.turn.outcome": "completed"})
        assert session["status"] == "working", "a subagent at work keeps it at work"
        session = seat.until(**{"live.turn.background": 0, "status": "idle"})
        assert "subagent general-purpose started" in [text for _, text in timeline(daemon, seat.id)]

        seat.types("/exit")
        daemon.call("session.send", sessionId=seat.id, text="", enter=True)
        daemon.finish_sessions()
        assert (seat()["status"], seat()["exit"]["code"]) == ("completed", 0), shown(daemon)
        assert daemon.nothing_left()


def test_stopping_during_a_tool_call_leaves_nothing(claude: Place, daemon: Daemon) -> None:
    claude.model.script = {"prompts": [worker("Count", STAYS)]}
    with Seat(daemon, claude, "Count") as seat:
        assert ctl(daemon, claude.project, "answer", seat.question()["id"], "allow").returncode == 0
        wait_for((claude.project / "begun").exists, "the tool")
        assert daemon.call("session.stop", sessionId=seat.id)["left"] == 0
        assert not agents_of(daemon.data)


def test_a_claude_started_by_hand_is_followed_by_installed_hooks(claude: Place, daemon: Daemon) -> None:
    """Nothing of ours starts it: its hooks register it, tell its turn, and its end; removed, the settings are as before."""
    settings = claude.home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"model":   "sonnet"}')
    assert ctl(daemon, claude.project, "hooks", "install", "--agent", "claude").returncode == 0
    claude.model.script = [{"shell": "ls"}, {"text": "looked around"}]
    [program] = claude.programs
    words = [str(program), "-p", "look around", "--allowedTools=Bash"]
    env = {**claude.environ, **environ(claude), "MAESTRO_HOME": str(daemon.home)}
    done = subprocess.run(words, cwd=claude.project, env=env, capture_output=True, stdin=subprocess.DEVNULL, check=True)
    assert done.stdout.decode().strip() == "looked around"
    daemon.finish_sessions()
    [session] = daemon.every("session.list")
    assert (session["terminal"], session["agent"], session["status"]) == ("external", "claude", "completed"), shown(
        daemon
    )
    assert "Bash: ls" in [text for _, text in timeline(daemon, session["id"])]
    assert ctl(daemon, claude.project, "hooks", "remove", "--agent", "claude").returncode == 0
    assert settings.read_text() == '{"model":   "sonnet"}'
