"""Stops: one ladder at a time for each session, and its report for all who asked."""

from pathlib import Path

import pytest
import trio
import trio.testing

from maestrod.api.errors import Unavailable
from maestrod.api.session import SessionStatus, StopResult
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.spec import StopReport
from tests.kit.parts.supervised import FolderCustody, House, house


async def stop(parts: House, session_id: str, results: list[StopResult]) -> None:
    """As the method does it: registered, decided, told."""
    with parts.stops.report(session_id) as report:
        await parts.call("session.stop", sessionId=session_id)
        results.append(await report())


async def test_a_decided_stop_runs_once_and_is_reported_to_all_who_asked(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(ignores=frozenset({"TERM"})))
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        results: list[StopResult] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop, parts, session.id, results)
            nursery.start_soon(stop, parts, session.id, results)
        assert results == [StopResult(session_id=session.id, left=0, signalled=("TERM", "KILL"))] * 2
        assert machine.agents[session.id, 1].signals == ["TERM", "KILL"]
        await parts.until(session.id, status=SessionStatus.STOPPED)


async def test_a_second_stop_does_not_restart_the_ladder(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(ignores=frozenset({"TERM"})))
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        results: list[StopResult] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop, parts, session.id, results)
            await trio.sleep(4)  # of the five seconds that TERM has
            nursery.start_soon(stop, parts, session.id, results)
        assert [result.signalled for result in results] == [("TERM", "KILL")] * 2
        assert machine.agents[session.id, 1].signals == ["TERM", "KILL"]


async def test_a_request_repeated_after_the_end_looks_for_survivors_again(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:

        async def find_one(custody: FolderCustody, session_id: str) -> StopReport:
            await trio.lowlevel.checkpoint()
            return StopReport(left=1)

        async def asked() -> int:
            with parts.stops.report(session.id) as report:
                await parts.call("session.stop", sessionId=session.id, requestId="r")
                return (await report()).left

        session = await parts.spawn()
        await parts.until_launched(session.id)
        assert await asked() == 0
        await parts.until(session.id, status=SessionStatus.STOPPED)
        monkeypatch.setattr(FolderCustody, "stop", find_one)
        assert await asked() == 1


async def test_a_session_that_cannot_be_ended_is_reported_and_a_failed_stop_costs_one_answer(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)

        async def leave(custody: FolderCustody, session_id: str) -> StopReport:
            await trio.lowlevel.checkpoint()
            return StopReport(left=2, pending=(7, 8), signalled=("TERM", "KILL"), escaped=(8,))

        async def fail(custody: FolderCustody, session_id: str) -> StopReport:
            raise OSError("no threads")

        results: list[StopResult] = []
        monkeypatch.setattr(FolderCustody, "stop", fail)
        with pytest.raises(Unavailable, match="no threads: try again"):
            await stop(parts, session.id, results)
        monkeypatch.setattr(FolderCustody, "stop", leave)
        await stop(parts, session.id, results)
        assert results == [StopResult(session_id=session.id, left=2, signalled=("TERM", "KILL"), escaped=(8,))]


async def test_a_stop_is_reported_although_the_end_cannot_be_recorded(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        with parts.stops.report(session.id) as report:
            await parts.call("session.stop", sessionId=session.id)
            parts.store.refused = Unavailable("store.no_space", "the disk is full")
            assert (await report()).left == 0
        assert parts.session(session.id).stopping
        parts.store.refused = None
        await parts.until(session.id, status=SessionStatus.STOPPED)
