"""Waiting for the end of a run."""

import trio

from tests.kit.parts.rpc_parts import Caller, parts


async def test_the_wait_ends_with_the_run(nursery: trio.Nursery) -> None:
    caller = Caller(parts(), nursery)
    run = await caller.call("run.start", {"text": "x", "workingDir": "/shop", "planner": ["./plan"]})
    waiting = caller.post("run.wait", {"runId": run["id"]})
    await trio.testing.wait_all_tasks_blocked()
    assert caller.wire.sent[-1].get("id") != waiting
    await caller.call("run.cancel", {"runId": run["id"]})
    assert (await caller.answer(waiting))["result"]["status"] == "cancelled"
    assert (await caller.call("run.wait", {"runId": run["id"]}))["status"] == "cancelled"


async def test_waiting_for_a_run_ends_at_its_timeout(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    caller = Caller(parts(), nursery)
    run = await caller.call("run.start", {"text": "x", "workingDir": "/shop", "planner": ["./plan"]})
    assert (await caller.refused("run.wait", {"runId": run["id"], "timeoutMs": 10}))["code"] == 408


async def test_an_unknown_run_is_refused(nursery: trio.Nursery) -> None:
    assert (await Caller(parts(), nursery).refused("run.wait", {"runId": "run_none"}))["code"] == 404
