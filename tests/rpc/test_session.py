"""Stopping a session and reading its timeline."""

import trio

from tests.kit.rpc_parts import Caller, parts


async def test_stop_notes_who_wants_it_and_takes_the_tree(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session = await caller.session()
    result = await caller.call("session.stop", {"sessionId": session, "reason": "enough"})
    assert result == {"sessionId": session, "left": 0, "signalled": ["TERM"], "escaped": []}
    assert caller.terminals.stopped == [session]
    stopping = await caller.call("session.get", {"sessionId": session})
    assert stopping["live"]["ending"]["kind"] == "stopping" and "enough" in stopping["statusReason"]["detail"]


async def test_a_session_may_not_stop_another(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    own, other = await caller.session(), await caller.session()
    error = await caller.refused("session.stop", {"sessionId": other}, token=caller.token(own))
    assert error["code"] == 403 and caller.terminals.stopped == []


async def test_an_external_session_has_no_tree_of_ours(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    session = (await caller.call("session.register", {"workingDir": "/shop", "agent": "claude"}))["id"]
    assert (await caller.call("session.stop", {"sessionId": session}))["left"] == 0
    assert caller.terminals.stopped == []
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


async def test_both_timelines_keep_a_link_that_was_taken_away(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    project = await caller.project()
    task, other = await caller.task(projectId=project), await caller.task(projectId=project)
    session = await caller.session(taskIds=[other])
    for method in ("session.link", "session.unlink"):
        if method == "session.unlink":
            await caller.call("session.report", {"sessionId": session, "taskId": task, "message": "half"})
        await caller.call(method, {"sessionId": session, "taskId": task})
    page = await caller.call("session.timeline", {"taskId": task})
    told = [entry["message"] for entry in page["items"]]
    assert told[1:] == ["half", "task removed"] and "added" in told[0]
    page = await caller.call("session.timeline", {"sessionId": session})
    assert [entry["message"] for entry in page["items"]][-3:] == told


async def test_timelines_of_what_is_not_there(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    assert (await caller.refused("session.timeline", {"sessionId": "ses_none"}))["code"] == 404
    assert (await caller.refused("session.timeline", {"taskId": "tsk_none"}))["code"] == 404
    assert (await caller.refused("session.timeline"))["data"]["code"] == "session.missing"
