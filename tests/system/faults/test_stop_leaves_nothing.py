"""Stop leaves nothing (faults 8, 9, 10 and 12): whatever an agent's children do, they are ended, and the report says 0 left."""

import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.kit.agents import stubborn
from tests.kit.daemons.daemon import Daemon, Json, processes_of, shim_of
from tests.kit.patience import PATIENCE

EVERYONE = {*stubborn.KINDS, "leader"}


def spawn(daemon: Daemon, *commands: str) -> Json:
    """A session on a task with these commands."""
    known = daemon.every("project.list")
    project = known[0] if known else daemon.call("project.create", name="p", workingDir=str(daemon.home))
    task = daemon.call("task.create", title="t", projectId=project["id"], commands=list(commands))
    session: Json = daemon.call("session.spawn", taskIds=[task["id"]], agent="shell")
    return session


def stubborn_pids(folder: Path) -> dict[str, int]:
    """The pids of the stubborn children, once all of them are there (files give no event that every system has)."""
    deadline = time.monotonic() + PATIENCE
    while True:
        pids = {path.name: int(path.read_text()) for path in folder.iterdir() if path.name in EVERYONE}
        if pids.keys() == EVERYONE and {
            psutil.Process(pids[kind]).status() for kind in ("stopped", "daemon-stopped")
        } == {psutil.STATUS_STOPPED}:
            return pids
        assert time.monotonic() < deadline, f"only {sorted(pids)} came up"


def is_alive(pid: int) -> bool:
    """Whether it still runs code; one that nobody has reaped yet does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_9_stop_ends_children_that_left_ignore_signals_or_are_stopped(daemon: Daemon) -> None:
    daemon.start()
    folder = daemon.home / "pids"
    folder.mkdir()
    session = spawn(daemon, f"{sys.executable} {stubborn.__file__} {folder}")
    pids = stubborn_pids(folder)
    assert len(processes_of(daemon.data)) >= len(EVERYONE)
    result = daemon.call("session.stop", sessionId=session["id"])
    assert result["left"] == 0 and result["signalled"] == ["TERM", "KILL"]
    assert [kind for kind, pid in pids.items() if is_alive(pid)] == []
    assert daemon.nothing_left()
    stopped = daemon.call("session.get", sessionId=session["id"])
    assert stopped["status"] == "stopped" and stopped["statusReason"]["code"] == "stopped"


@pytest.mark.slow
def test_9_stop_ends_them_too_when_the_shim_was_killed_before(daemon: Daemon) -> None:
    """Without the shim nobody is a descendant any more: the tag finds them."""
    daemon.start()
    folder = daemon.home / "pids"
    folder.mkdir()
    session = spawn(daemon, f"{sys.executable} {stubborn.__file__} {folder}")
    pids = stubborn_pids(folder)
    with daemon.watch(topics=["session.status"]) as events:
        shim_of(daemon.data, session["id"]).kill()
        events.wait_for(lambda event: event["id"] == session["id"] and event["data"]["status"] == "failed")
    left = [kind for kind, pid in pids.items() if is_alive(pid)]
    psutil.Process(pids["untagged"]).kill()
    assert left == ["untagged"]  # no parent, no group, no session, no tag: nothing is left that tells whose it was
    assert daemon.nothing_left()


@pytest.mark.slow
def test_processes_ended_along_with_a_session_are_named(daemon: Daemon) -> None:
    """Servers that commands left in the background: at the end of the session, and when it is stopped. Arguments stay out of it."""
    daemon.start()
    server = "nohup sleep 600 > /dev/null 2>&1 & a=$!; setsid sleep 601 < /dev/null > /dev/null 2>&1 & b=$!; "
    server += (
        'until [ "$(cat /proc/$a/comm)$(cat /proc/$b/comm)" = sleepsleep ]; do sleep 0.01; done'  # both have begun
    )
    session = spawn(daemon, server)
    daemon.finish_sessions()
    assert (
        names_ended(daemon, sessionId=session["id"])
        == names_ended(daemon, taskId=session["taskIds"][0])
        == ["sleep", "sleep"]
    )
    session = spawn(daemon, server, "tail -f /dev/null")
    with daemon.watch(since=0, topics=["task.updated"], taskIds=session["taskIds"]) as events:
        events.wait_for(lambda event: event["data"].get("progress") == 0.5)
    daemon.call("session.stop", sessionId=session["id"])
    daemon.finish_sessions()
    assert (
        names_ended(daemon, sessionId=session["id"])[:2]
        == names_ended(daemon, taskId=session["taskIds"][0])[:2]
        == ["sleep", "sleep"]
    )
    assert daemon.nothing_left()


def names_ended(daemon: Daemon, **about: str) -> list[str]:
    """The names in the line about what was ended, but for shells."""
    entries = daemon.call("session.timeline", **about)["items"]
    [line] = [entry for entry in entries if "ended along with the agent" in entry["message"]]
    return sorted(each["name"] for each in line["metadata"]["processes"] if each["name"] != "sh")


@pytest.mark.slow
def test_12_a_stop_right_after_the_start_is_quick_and_complete(daemon: Daemon) -> None:
    daemon.start()
    for _ in range(20):
        session = spawn(daemon, "sleep 600")
        began = time.monotonic()
        result = daemon.call("session.stop", sessionId=session["id"])
        assert result["left"] == 0
        assert time.monotonic() - began < 4.5, "it waited for the ladder's next rung"
        assert daemon.nothing_left()
        assert daemon.call("session.get", sessionId=session["id"])["status"] == "stopped"
    daemon.finish_sessions()


@pytest.mark.slow
def test_two_stops_of_one_session_are_one_stop(daemon: Daemon) -> None:
    daemon.start()
    session = spawn(daemon, "trap '' TERM; echo ready; while :; do sleep 1; done")
    with daemon.connect() as one, daemon.connect() as two:
        one.call("session.output", sessionId=session["id"], wait=True)
        first = one.send("session.stop", {"sessionId": session["id"]})
        second = two.send("session.stop", {"sessionId": session["id"]})
        assert one.answer(first)["left"] == two.answer(second)["left"] == 0
    assert daemon.nothing_left()
