"""Messages of the 0.1 hooks are understood, and the settings that 0.1 installed keep working with old and new programs.

``sent/`` has requests as 0.1's hooks sent them and the answers that they got: ``event.report`` and ``permission.ask`` are frozen.
``tests/kit/recorded/hooks.py`` tells how all of it was recorded.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from maestrod.core.access.session_token import make_token
from tests.kit.daemons.daemon import Daemon, Json
from tests.kit.patience import PATIENCE
from tests.kit.recorded.hooks import AGENTS, HOME, command, payload

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "tests/fixtures/0.1"
#: The conversation of Claude's recorded payloads, and the one of the request for permission.
CONVERSATION, ASKED = "11111111-2222-4333-8444-555555555555", "98b3ff08-438d-462e-980a-621a77c09c92"


@pytest.fixture
def daemon(short_folder: Path) -> object:
    daemon = Daemon(short_folder / "m")
    yield daemon
    daemon.close()


def said(name: str, **replaced: str) -> tuple[bytes, Json | None]:
    """What a hook sent, with the names of things that are here in place of those that were there; what it was answered."""
    sent, _, got = (RECORDED / f"sent/{name}.txt").read_text().partition("\n")
    sent = re.sub(r'"pid":\d+', f'"pid":{os.getpid()}', sent)
    for member, value in replaced.items():
        sent = re.sub(rf'"{member}":"[^"]*"', f'"{member}":"{value}"', sent)
    return sent.encode() + b"\n", json.loads(got) if got else None


def tell(daemon: Daemon, name: str, **replaced: str) -> None:
    """Send what a hook sent; it is answered as it was."""
    sent, got = said(name, **replaced)
    with daemon.connect() as connection:
        connection.send_bytes(sent)
        if got is not None:
            assert connection.answer(1) == got["result"]


def external(daemon: Daemon, conversation: str) -> Json:
    """The session of an agent that somebody started by hand."""
    sessions = daemon.every("session.list", live=True)
    [found] = [each for each in sessions if each["agentSessionId"] == conversation]
    return found


def allowing(daemon: Daemon, ask: Callable[[], None]) -> None:
    """Have something asked for permission and allow it meanwhile."""
    with daemon.watch(topics=["attention.created"]) as events:
        asking = threading.Thread(target=ask)
        asking.start()
        question = events.wait_for(lambda event: True)["id"]
        daemon.call("attention.answer", attentionId=question, value="allow")
        asking.join(PATIENCE)
    assert daemon.call("attention.get", attentionId=question)["answer"]["by"] == "user"


def turn(daemon: Daemon, conversation: str) -> tuple[str, bool, str | None]:
    """What a session does: its status, and its turn."""
    session = external(daemon, conversation)
    turn = session["live"]["turn"]
    return session["status"], turn["state"] == "running", turn.get("outcome")


def test_messages_of_0_1_hooks_are_understood_and_answered_as_before(daemon: Daemon) -> None:
    spool = daemon.data / "spool"
    shutil.copytree(RECORDED / "spool", spool)
    [spooled] = spool.iterdir()
    spooled.write_text(re.sub(r'"pid":\d+', f'"pid":{os.getpid()}', spooled.read_text()))
    daemon.start()
    assert external(daemon, "spooled")["terminal"] == "external"
    assert not [*spool.iterdir()]
    with daemon.watch(
        topics=["session.created"]
    ) as events:  # it waits for no answer, and its folder is looked at first
        tell(daemon, "1-sh")
        events.wait_for(lambda event: True)
    assert external(daemon, CONVERSATION)["status"] == "idle"
    tell(daemon, "2-python")
    assert turn(daemon, CONVERSATION) == ("working", True, None)
    with daemon.watch(topics=["timeline"]) as events:
        tell(daemon, "3-no-wait")
        events.wait_for(lambda event: "Bash" in event["data"]["message"])
    allowing(daemon, lambda: ask(daemon))
    tell(daemon, "5-stop")
    assert turn(daemon, CONVERSATION) == ("idle", False, "completed")


def ask(daemon: Daemon) -> None:
    sent, got = said("4-decide")
    assert got is not None
    with daemon.connect() as connection:
        connection.send_bytes(sent)
        answer = connection.answer(1)
    assert {**answer, "attentionId": None} == {**got["result"], "attentionId": None}


def test_a_hook_of_0_1_reports_for_its_session_with_the_token_of_0_1(daemon: Daemon) -> None:
    daemon.start()
    project = daemon.call("project.create", name="p", workingDir=str(daemon.home))
    task = daemon.call("task.create", title="t", projectId=project["id"], commands=["sleep 600"])
    session = daemon.call("session.spawn", taskIds=[task["id"]], agent="shell")["id"]
    token = make_token((daemon.data / "secret.key").read_bytes(), session, 1)
    tell(daemon, "6-session", sessionId=session, sessionToken=token)
    timeline = daemon.every("session.timeline", sessionId=session)
    assert [entry["message"] for entry in timeline if entry["source"] == "hook"] == ["hook Stop"]


@pytest.mark.parametrize("hooks", [RECORDED / "hooks", ROOT / "hooks"], ids=["programs of 0.1", "programs of today"])
def test_settings_installed_by_0_1_keep_working(hooks: Path, daemon: Daemon) -> None:
    daemon.start()
    programs = daemon.data / "programs"
    shutil.copytree(hooks, daemon.home / "hooks")
    (programs / "hooks").unlink()
    (programs / "hooks").symlink_to(daemon.home / "hooks")

    def fire(agent: str, event: str) -> bytes:
        """What an agent's shell does with the line in its settings."""
        line = command(daemon.home, RECORDED / f"settings/{agent}.json", event)
        environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(daemon.home),
            "MAESTRO_HOME": str(daemon.home),
            "CLAUDE_PID": str(os.getpid()),
        }
        return subprocess.run(
            ["/bin/sh", "-c", line], input=payload(agent, event), env=environ, capture_output=True, check=True
        ).stdout

    for agent in AGENTS:
        assert fire(agent, "SessionStart") == b""
    assert {session["agent"] for session in daemon.every("session.list", live=True)} == AGENTS.keys()
    assert fire("claude", "UserPromptSubmit") == b""
    assert turn(daemon, CONVERSATION) == ("working", True, None)
    printed: list[bytes] = []
    allowing(daemon, lambda: printed.append(fire("claude", "PermissionRequest")))
    _, got = said("4-decide")
    assert got is not None
    assert printed == [got["result"]["output"].encode()]
    assert fire("claude", "Stop") == b""
    assert turn(daemon, CONVERSATION) == ("idle", False, "completed")


@pytest.mark.parametrize("agent", AGENTS)
def test_settings_installed_by_0_1_are_recognized_and_removed(agent: str, short_folder: Path) -> None:
    settings = short_folder / AGENTS[agent][1]
    settings.parent.mkdir()
    installed = json.loads((RECORDED / f"settings/{agent}.json").read_text().replace(str(HOME), str(short_folder)))
    settings.write_text(json.dumps({"own": 1, **installed}))

    def hooks(verb: str) -> str:
        words = [str(Path(sys.executable).with_name("maestroctl")), "hooks", verb, "--agent", agent]
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(short_folder), "MAESTRO_HOME": str(short_folder)}
        return subprocess.run(words, env=environ, capture_output=True, text=True, check=True).stdout

    assert f"{settings}  installed" in hooks("show")
    hooks("remove")
    left = json.loads(settings.read_text())
    assert left.pop("own") == 1
    assert not any(left.pop("hooks", {}).values())
    assert not left
