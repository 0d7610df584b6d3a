"""Real agents on a terminal: the first prompt comes with the start, the next is typed, and both are known to have arrived."""

from typing import Any

import pytest

from tests.agents.real.conftest import Place
from tests.agents.real.flow import daemon_in, sessions, shown
from tests.agents.real.users import USERS
from tests.kit.daemon import Daemon

pytestmark = pytest.mark.slow

Json = dict[str, Any]


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
        sent = daemon.call("message.send", sessionId=session, text="say it again\nplease")
        turn_over(daemon, 2)
        message = daemon.call("message.get", messageId=sent["id"])
        assert message["status"] == "answered" and "Once more." in message["reply"], shown(daemon)
        [known] = sessions(daemon)
        assert known["status"] == "idle" and known["agentSessionId"], shown(daemon)
        assert daemon.call("session.stop", sessionId=session)["left"] == 0
        assert daemon.nothing_left()
    assert any("say it again\nplease" in prompt for prompt in place.model.prompts), place.model.prompts
