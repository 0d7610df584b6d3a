"""The hook that waits for a decision: it asks until it is answered, and leaves the decision to the agent when no daemon can."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from maestroctl import event_script
from maestrod.api.errors import NotFound, Unavailable
from maestrod.api.local.address import paths_of
from tests.kit.clients.entities import SESSION
from tests.kit.clients.fake_daemon import HANG_UP, FakeDaemon
from tests.kit.patience import PATIENCE

ENTRY = Path(event_script.script()).with_name("decide.py")
ALLOW = '{"hookSpecificOutput": {"decision": {"behavior": "allow"}}} ä'


def hook(*arguments: str, payload: bytes = b"{}", **environ: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the script as an agent does."""
    command = [sys.executable, "-I", "-S", str(ENTRY), "--event", "PermissionRequest", *arguments]
    return subprocess.run(
        command, input=payload, capture_output=True, check=False, env={**os.environ, **environ}, timeout=PATIENCE
    )


def test_a_decision_is_printed_as_the_daemon_returned_it(daemon: FakeDaemon) -> None:
    daemon.on("permission.ask", {"decision": "allow", "output": ALLOW, "attentionId": "att_1"})
    done = hook("--agent", "claude", "--wait=9", payload=b'{"tool_name": "Bash"}', MAESTRO_SESSION_ID=SESSION)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, ALLOW, b"")
    [params] = daemon.called("permission.ask")
    del params["at"], params["eventId"]
    assert params == {
        "agent": "claude",
        "event": "PermissionRequest",
        "sessionId": SESSION,
        "waitMs": 9000,
        "payload": {"tool_name": "Bash"},
    }


def test_no_decision_prints_nothing(daemon: FakeDaemon) -> None:
    daemon.on("permission.ask", {})
    done = hook()
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_lost_or_busy_daemon_is_asked_again_with_the_same_id(daemon: FakeDaemon) -> None:
    answers = [HANG_UP, Unavailable("daemon.stopping", "wait"), {"output": ALLOW}]
    daemon.on("permission.ask", lambda params: answers.pop(0))
    assert hook().stdout.decode() == ALLOW
    assert len({params["eventId"] for params in daemon.called("permission.ask")}) == 1
    assert len(daemon.calls) == 3


def test_the_hook_waits_for_a_killed_daemon_to_return(daemon: FakeDaemon) -> None:
    def killed(params: object) -> object:
        daemon.path.unlink()
        gone.set()
        return HANG_UP

    gone = threading.Event()

    daemon.on("permission.ask", killed)
    path = paths_of(os.environ).socket
    later = FakeDaemon(path)
    later.on("permission.ask", {"output": ALLOW})

    def come_back() -> None:
        gone.wait(PATIENCE)
        later.__enter__()

    helper = threading.Thread(target=come_back)
    helper.start()
    try:
        assert hook().stdout.decode() == ALLOW
    finally:
        helper.join()
        later.__exit__()
    [first], [again] = daemon.called("permission.ask"), later.called("permission.ask")
    assert first == again


def test_without_a_daemon_the_agent_soon_continues_alone() -> None:
    started = time.monotonic()
    done = hook("--patience", "600")
    assert (done.returncode, done.stdout) == (0, b"") and b"no decision was made" in done.stderr
    assert time.monotonic() - started < 60
    assert not (paths_of(os.environ).data / "spool").exists()


def test_a_hook_does_not_wait_indefinitely_for_a_daemon(daemon: FakeDaemon) -> None:
    daemon.on("permission.ask", HANG_UP)
    done = hook("--patience=0.3")
    assert (done.returncode, done.stdout) == (0, b"") and b"no decision was made" in done.stderr


def test_a_refused_call_leaves_the_question_to_the_agent(daemon: FakeDaemon) -> None:
    daemon.on("permission.ask", NotFound("session.not_found", "there is no such session"))
    done = hook()
    assert (done.returncode, done.stdout) == (0, b"") and b"there is no such session" in done.stderr
    assert len(daemon.calls) == 1


@pytest.mark.parametrize("arguments", [("--wait", "soon"), ("--wait",), ("--event=",)])
def test_garbage_leaves_the_decision_to_the_agent(arguments: tuple[str, ...], daemon: FakeDaemon) -> None:
    done = hook(*arguments)
    assert (done.returncode, done.stdout) == (0, b"") and done.stderr
    assert daemon.calls == []


def test_an_unanswered_hook_ends_at_its_timeout(daemon: FakeDaemon) -> None:
    release = threading.Event()
    daemon.on("permission.ask", lambda params: release.wait(PATIENCE) and {})
    try:
        command = [sys.executable, "-I", "-S", "-c", _HURRIED.format(folder=str(ENTRY.parent))]
        done = subprocess.run(command, input=b"{}", capture_output=True, check=False, timeout=PATIENCE)
    finally:
        release.set()
    assert (done.returncode, done.stdout) == (0, b"") and b"no decision was made" in done.stderr


_HURRIED = """
import sys
sys.path.insert(0, {folder!r})
import maestro_decide
maestro_decide._GRACE = 0.0
sys.exit(maestro_decide.main(["--event", "X", "--wait", "0.2"]))
"""


def test_the_payload_is_encoded_as_events_are(daemon: FakeDaemon) -> None:
    daemon.on("permission.ask", {})
    hook(payload=b"not json")
    [params] = daemon.called("permission.ask")
    assert params["payload"] == "not json" and json.dumps(params)


def test_the_hook_gives_up_when_the_agent_ends_the_surrounding_shell(daemon: FakeDaemon) -> None:
    asked, gone = threading.Event(), threading.Event()

    def hold(params: object) -> object:
        asked.set()
        gone.wait(PATIENCE)
        return {}

    daemon.on("permission.ask", hold)
    inner = f"{sys.executable} -I -S {ENTRY} --event PermissionRequest; :"
    reader, writer = os.pipe()
    agent = subprocess.Popen(["/bin/sh", "-c", inner], stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
    os.close(writer)
    assert asked.wait(PATIENCE)
    agent.kill()
    agent.wait()
    with os.fdopen(reader, "rb") as said:  # ends when the last process that holds it does
        assert b"no longer waits" in said.read()
    gone.set()
