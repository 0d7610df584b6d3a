"""SIGKILL of the daemon while an agent talks and while it receives a prompt: every line is read once, every prompt arrives once."""

import json
import os
import random
from pathlib import Path

import pytest

from tests.kit.agents import scripted_claude
from tests.kit.daemons.daemon import Daemon, Json, live_of

WORDS = 60
KILLS = 6
SEED = 7
REPORT = {"run": 'maestroctl task complete "$MAESTRO_TASK_ID" "done"'}


@pytest.fixture
def folder(daemon: Daemon, short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the agent works in; the daemon finds the scripted program, and a user who set it up."""
    scripted_claude.install(short_folder / "bin")
    monkeypatch.setenv("PATH", f"{short_folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    daemon.home.mkdir(parents=True, exist_ok=True)
    (daemon.home / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True}))
    made = short_folder / "w"
    made.mkdir()
    return made


def run(daemon: Daemon, folder: Path) -> str:
    """A run of one task for the agent; its id."""
    group = {"key": "g", "title": "g", "agent": "claude", "subtasks": [{"key": "t", "title": "t", "prompt": "do it"}]}
    started: Json = daemon.call("run.start", plan={"groups": [group]}, workingDir=str(folder), agent="shell")
    return str(started["id"])


def began(daemon: Daemon) -> None:
    """Return when the agent works on its prompt."""
    with daemon.watch(since=0, topics=["session"]) as events:
        events.wait_for(lambda event: (live_of(event).get("turn") or {}).get("state") == "running")


def said(daemon: Daemon) -> list[str]:
    """Every word in the timeline of the one session, in order."""
    [session] = daemon.every("session.list")
    entries = daemon.every("session.timeline", sessionId=session["id"], limit=100)
    return [entry["message"] for entry in entries if entry["message"].startswith("word ")]


@pytest.mark.slow
def test_every_line_is_read_once_however_often_the_daemon_dies(daemon: Daemon, folder: Path) -> None:
    rounds = [step for number in range(KILLS) for step in ({"gate": f"go{number}"}, {"speak": WORDS})]
    scripted_claude.write_script(folder, [*rounds, REPORT])
    for number in range(KILLS):
        os.mkfifo(folder / f"go{number}")
    daemon.start()
    run_id = run(daemon, folder)
    moments = random.Random(SEED)
    for number in range(KILLS):
        with daemon.watch(topics=["timeline"]) as events:
            with (folder / f"go{number}").open("wb"):
                pass
            for _ in range(moments.randint(1, 6)):
                events.next_event()
        daemon.restart()
    assert daemon.finish_run(run_id)["status"] == "completed"
    assert said(daemon) == [f"word {number}" for number in range(WORDS)] * KILLS


@pytest.mark.slow
def test_output_from_the_time_without_a_daemon_is_read_before_the_end_is_recorded(daemon: Daemon, folder: Path) -> None:
    scripted_claude.write_script(folder, [{"gate": "go"}, {"speak": 20}])
    os.mkfifo(folder / "go")
    daemon.start()
    run(daemon, folder)
    began(daemon)
    [session] = daemon.every("session.list")
    daemon.kill()
    pid = session["process"]["pid"]
    with (folder / "go").open("wb"):
        pass
    os.kill(pid, 0)
    daemon.start()
    with daemon.watch(since=0, topics=["timeline"]) as events:
        events.wait_for(lambda event: bool(event["data"].get("message") == "word 19"))
    daemon.finish_sessions()  # it never reports, so it fails, sooner or later
    assert said(daemon) == [f"word {number}" for number in range(20)]


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_prompt_arrives_once_although_the_daemon_dies_while_writing(
    daemon: Daemon, folder: Path, moment: str
) -> None:
    """Fault of the message's last step: decided and durable, then SIGKILL before, or after, its bytes are written."""
    scripted_claude.write_script(folder, [{"gate": "go"}, REPORT])
    os.mkfifo(folder / "go")
    daemon.module = "tests.kit.daemons.dying_daemon"
    (daemon.home / "die").write_text(moment)
    daemon.start()
    run_id = run(daemon, folder)
    daemon.wait()  # it has killed itself
    assert not (daemon.home / "die").exists()
    daemon.start()
    began(daemon)
    daemon.restart()
    with (folder / "go").open("wb"):
        pass
    assert daemon.finish_run(run_id)["status"] == "completed"
    [prompt] = scripted_claude.received(folder, "prompts")
    assert "do it" in json.dumps(prompt)
