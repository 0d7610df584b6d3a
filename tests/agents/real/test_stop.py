"""Stopping a real agent in the middle of a tool call leaves no process of its own and none of the tool's."""

from pathlib import Path

import psutil
import pytest

from tests.agents.real.conftest import Place
from tests.agents.real.flow import daemon_in, sessions, shown
from tests.agents.real.held import wait_for
from tests.agents.real.users import USERS
from tests.kit.daemons.daemon import Daemon

pytestmark = pytest.mark.slow

#: What the tool runs: it says who it is and stays.
TOOL = "import os, time; open('begun', 'w').write(str(os.getpid())); time.sleep(60)"


def begun(project: Path) -> int:
    """The process of the tool, once there is one."""
    marker = project / "begun"
    wait_for(lambda: marker.exists() and marker.read_text(), "the tool")
    return int(marker.read_text())


def is_gone(pid: int) -> bool:
    """Whether a process runs no more; one that is only not collected yet does not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def spawn(daemon: Daemon, place: Place, agent: str, terminal: str) -> str:
    """A session on one task; everything is allowed."""
    settings = {"permissions": {"policy": "allow"}}
    project = daemon.call("project.create", name="p", workingDir=str(place.project), settings=settings)
    task = daemon.call("task.create", projectId=project["id"], title="Wait")
    session = daemon.call("session.spawn", taskIds=[task["id"]], agent=agent, terminal=terminal)
    return str(session["id"])


@pytest.mark.parametrize("terminal", ["pipe", "pty"])
@pytest.mark.parametrize("agent", sorted(USERS))
def test_a_stop_during_a_tool_leaves_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, agent: str, terminal: str
) -> None:
    user, environ = USERS[agent](place)
    place.model.script = [{"shell": f'python3 -c "{TOOL}"'}, {"text": "done"}]
    with daemon_in(user, monkeypatch, environ) as daemon:
        session_id = spawn(daemon, place, agent, terminal)
        tool = begun(place.project)
        stopped = daemon.call("session.stop", sessionId=session_id)
        assert stopped["left"] == 0 and is_gone(tool), shown(daemon)
        daemon.finish_sessions()
        assert [session["status"] for session in sessions(daemon)] == ["stopped"], shown(daemon)
        assert daemon.nothing_left()
