"""Stopping a session and reading its timeline."""

import pytest
import trio
import trio.testing

from maestrod.rpc.session import RECORD_SECONDS
from tests.kit.parts.rpc_parts import Caller, parts


async def test_stop_is_answered_when_the_end_is_recorded_with_who_requested_it(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session = await caller.session()
    result = await caller.call("session.stop", {"sessionId": session, "reason": "enough"})
    assert result == {"sessionId": session, "left": 0, "signalled": ["TERM"], "escaped": []}
    assert caller.stops.stopped == [session]
    stopped = await caller.call("session.get", {"sessionId": session})
    assert stopped["status"] == "stopped" and "enough" in stopped["statusReason"]["detail"]


async def test_a_stop_that_left_processes_or_cannot_be_recorded_is_still_answered(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    caller = Caller(parts(), nursery)
    caller.stops.left = 2
    session = await caller.session()
    assert (await caller.call("session.stop", {"sessionId": session}))["left"] == 2
    caller.stops.left, caller.stops.records = 0, False
    began = trio.current_time()
    assert (await caller.call("session.stop", {"sessionId": session}))["left"] == 0
    assert trio.current_time() - began == pytest.approx(RECORD_SECONDS)
    stopping = await caller.call("session.get", {"sessionId": session})
    assert stopping["live"]["ending"]["kind"] == "stopping"


async def test_a_session_may_not_stop_another(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    own, other = await caller.session(), await caller.session()
    error = await caller.refused("session.stop", {"sessionId": other}, token=caller.token(own))
    assert error["code"] == 403 and caller.stops.stopped == []


async def test_an_external_session_has_no_process_tree_to_manage(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session = (await caller.call("session.register", {"workingDir": "/shop", "agent": "claude"}))["id"]
    assert (await caller.call("session.stop", {"sessionId": session}))["left"] == 0
    assert caller.stops.stopped == []
    assert (await caller.call("session.get", {"sessionId": session}))["status"] == "stopped"


async def test_a_timeline_is_read_page_by_page(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session = await caller.session()
    for number in range(3):
        await caller.call("session.report", {"sessionId": session, "message": f"m{number}"})
    asked: dict[str, object] = {"sessionId": session, "limit": 2}
    messages: list[str] = []
    while True:
        page = await caller.call("session.timeline", asked)
        messages += [entry["message"] for entry in page["items"]]
        if page["nextCursor"] is None:
            break
        asked["cursor"] = page["nextCursor"]
    assert messages[-3:] == ["m0", "m1", "m2"]


async def test_a_task_has_a_timeline_too(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    task = await caller.task()
    session = await caller.session(taskIds=[task])
    await caller.call("session.report", {"sessionId": session, "taskId": task, "message": "half"})
    await caller.call("session.report", {"sessionId": session, "message": "not about it"})
    page = await caller.call("session.timeline", {"taskId": task})
    assert "half" in [entry["message"] for entry in page["items"]]
    assert "not about it" not in [entry["message"] for entry in page["items"]]


async def test_both_timelines_keep_a_removed_link(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    project = await caller.project()
    task, other = await caller.task(projectId=project), await caller.task(projectId=project)
    session = await caller.session(taskIds=[other])
    for method in ("session.link", "session.unlink"):
        if method == "session.unlink":
            await caller.call("session.report", {"sessionId": session, "taskId": task, "message": "half"})
        await caller.call(method, {"sessionId": session, "taskId": task})
    page = await caller.call("session.timeline", {"taskId": task})
    messages = [entry["message"] for entry in page["items"]]
    assert messages[1:] == ["half", "task removed"] and "added" in messages[0]
    page = await caller.call("session.timeline", {"sessionId": session})
    assert [entry["message"] for entry in page["items"]][-3:] == messages


async def test_timelines_of_unknown_entities_are_not_found(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    assert (await caller.refused("session.timeline", {"sessionId": "ses_none"}))["code"] == 404
    assert (await caller.refused("session.timeline", {"taskId": "tsk_none"}))["code"] == 404
    assert (await caller.refused("session.timeline"))["data"]["code"] == "session.missing"
