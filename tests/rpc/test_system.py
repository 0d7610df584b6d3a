"""The daemon's reports about itself."""

import pytest
import trio

from maestrod.api.errors import Unavailable
from maestrod.api.system import SessionsOnStop
from maestrod.store.memory import MemoryStore
from tests.kit.parts.rpc_parts import Caller, parts


async def test_hello_agrees_on_a_protocol_and_returns_the_limits() -> None:
    reply = await Caller(parts()).call("system.hello", {"client": "editor", "version": "1", "protocols": [1, 2]})
    assert (reply["server"], reply["protocol"], reply["instance"]) == ("maestrod", 1, "i1")
    assert (reply["maxRequest"], reply["maxReply"]) == (1 << 20, 1 << 24)
    assert "events" in reply["capabilities"]


async def test_hello_without_a_common_protocol_lists_the_supported_ones() -> None:
    error = await Caller(parts()).refused("system.hello", {"protocols": [7]})
    assert error["data"]["code"] == "protocol.mismatch" and error["data"]["details"] == {"protocols": [1]}


async def test_hello_with_the_token_of_a_stale_attempt_is_refused() -> None:
    caller = Caller(parts())
    token = caller.token(await caller.session(), 2)
    assert (await caller.refused("system.hello", token=token))["data"]["code"] == "session.stale_attempt"
    await caller.call("system.stop")  # the connection is still the owner's


async def test_status_counts_everything() -> None:
    caller = Caller(parts())
    session = await caller.session()
    await caller.call("attention.ask", {"message": "?", "sessionId": session})
    status = await caller.call("system.status")
    assert (status["projects"], status["tasks"], status["sessions"]) == (1, {"pending": 1}, {"idle": 1})
    assert (status["attention"], status["slots"], status["slotsUsed"]) == (1, 8, 1)
    assert status["seq"] == caller.services.engine.world.seq and status["problems"] == []


async def test_status_says_what_is_wrong() -> None:
    store = MemoryStore(lambda call: None)
    store.refused = Unavailable("store.no_space", "the disk is full: free some space")
    services = parts(store)
    services.stopping.set()
    status = await Caller(services).call("system.status")
    assert (status["mode"], status["problems"]) == ("no_space", ["the disk is full: free some space"])
    assert status["stopping"] is True


@pytest.mark.parametrize("sessions, left", [("keep", 1), ("stop", 0)])
async def test_stop_is_forwarded(sessions: str, left: int) -> None:
    asked: list[SessionsOnStop] = []
    caller = Caller(parts(request_stop=asked.append))
    await caller.session()
    reply = await caller.call("system.stop", {"sessions": sessions})
    assert reply.get("sessionsLeft", 0) == left and asked == [SessionsOnStop(sessions)]


async def test_check_asks_the_store(nursery: trio.Nursery) -> None:
    assert (await Caller(parts(), nursery).call("system.check"))["ok"] is True


async def test_metrics_are_numbers_by_name() -> None:
    caller = Caller(parts())
    await caller.session()
    values = (await caller.call("system.metrics"))["values"]
    assert values['maestrod_tasks{status="pending"}'] == 1 and values["maestrod_slots_used"] == 1
    assert values["maestrod_rpc_messages_total"] == 5 and values["maestrod_uptime_seconds"] == 0


async def test_discover_describes_every_method() -> None:
    document = await Caller(parts()).call("rpc.discover")
    assert "task.get" in {method["name"] for method in document["methods"]}
