"""A hook's payload becomes signs before anything is decided, however it arrives."""

from typing import Any

import trio

from maestrod.api.event import EVENT_REPORT, EventReport
from maestrod.core.values.command import OWNER
from maestrod.core.values.signs import Reading, TurnStarted
from maestrod.engine.hook import hook_command
from tests.core.conversations import POLICY
from tests.kit.agents.hook_words import OWN_ID, read_hook
from tests.kit.parts.rpc_parts import Caller, parts


def test_the_adapter_is_that_of_the_agent_which_the_hook_names() -> None:
    asked: list[tuple[str, str, Any]] = []

    def read(agent: str, event: str, payload: Any) -> Reading:
        asked.append((agent, event, payload))
        return Reading((TurnStarted(),))

    params = EventReport("Prompt", agent="claude", payload={"a": 1})
    command = hook_command(read, EVENT_REPORT.name, params, OWNER)
    assert (command.params, command.reading.signs) == (params, (TurnStarted(),))
    hook_command(read, EVENT_REPORT.name, EventReport("Prompt"), OWNER)
    assert asked == [("claude", "Prompt", {"a": 1}), ("", "Prompt", None)]


async def test_a_report_over_the_socket_is_read_and_applied(nursery: trio.Nursery) -> None:
    services = parts(read_hook=read_hook)
    services.engine.world.policy = POLICY
    client = Caller(services, nursery)
    session = await client.session(agent="stream")
    token = client.token(session)
    await client.call("event.report", {"event": "SessionStart", "agent": "stream"}, token=token)
    await client.call("event.report", {"event": "Prompt", "agent": "stream"}, token=token)
    now = services.engine.world.sessions[session]
    assert (now.agent_session_id, now.status.value) == (OWN_ID, "working")
