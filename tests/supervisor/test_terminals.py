"""Terminals over custody: the contract's types and errors."""

from pathlib import Path

import pytest
import trio
import trio.testing

from maestrod.api.errors import IllegalTransition, Unavailable
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.spec import Identity, LaunchSpec, ShimRefused
from tests.kit.parts.supervised import FolderCustody, house


async def test_output_is_paged_by_offset_and_ends_with_the_session(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=3, output=((1.0, b"one\n"), (2.0, b"two\n"))))
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        await parts.terminals.wait_output(session.id, 4)
        page = parts.terminals.output(session.id, 0, 5)
        assert (page.start, page.end, page.data, page.ended) == (0, 5, "b25lCnQ=", False)
        await parts.terminals.wait_output(session.id, 8)  # returns when the session has ended
        rest = parts.terminals.output(session.id, 5, 100)
        assert (rest.start, rest.end, rest.ended) == (5, 8, True)
        assert parts.terminals.tail(session.id, 1, 100).start == 4


async def test_waiting_for_output_lasts_until_the_agent_runs_and_its_end_is_recorded(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = FolderCustody.launch

    async def launch_slowly(custody: FolderCustody, spec: LaunchSpec) -> Identity:
        await trio.sleep(20)
        return await launch(custody, spec)

    monkeypatch.setattr(FolderCustody, "launch", launch_slowly)
    machine = FakeMachine(lambda spec: Lifetime(seconds=3))
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        with trio.move_on_after(10) as waiting:
            await parts.terminals.wait_output(session.id, 0)
        assert waiting.cancelled_caught, "it returned before there was anything to run"
        await parts.until_launched(session.id)
        parts.store.refused = Unavailable("store.no_space", "the disk is full")
        with trio.move_on_after(10) as waiting:
            await parts.terminals.wait_output(session.id, 0)
        assert waiting.cancelled_caught, "it returned before the end could be recorded"
        parts.store.refused = None
        await parts.terminals.wait_output(session.id, 0)
        assert parts.terminals.output(session.id, 0, 10).ended


async def test_a_session_without_a_running_agent_can_be_read_but_not_typed_into(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with house(tmp_path, FakeMachine()) as parts:
        for action in (parts.terminals.send("ses_none", b"x"), parts.terminals.resize("ses_none", 80, 24)):
            with pytest.raises(IllegalTransition, match="no running agent"):
                await action
        assert parts.terminals.output("ses_none", 0, 10).ended


async def test_typing_and_sizes_reach_the_agent_and_refusals_say_what_to_do(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        await parts.terminals.send(session.id, b"hi\r")
        await parts.terminals.resize(session.id, 90, 20)
        agent = machine.agents[session.id, 1]
        assert (agent.typed, agent.size) == (b"hi\r", (90, 20))

        async def refuse(custody: FolderCustody, *arguments: object) -> None:
            raise ShimRefused("input_full", "it does not read")

        monkeypatch.setattr(FolderCustody, "send", refuse)
        monkeypatch.setattr(FolderCustody, "resize", refuse)
        with pytest.raises(Unavailable, match="try again later"):
            await parts.terminals.send(session.id, b"x")
        with pytest.raises(IllegalTransition, match="pipes"):
            await parts.terminals.resize(session.id, 1, 1)


async def test_typing_to_an_agent_whose_input_is_a_file_is_refused_permanently(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(custody: FolderCustody, *arguments: object) -> None:
        raise ShimRefused("no_input", "a file is the agent's standard input")

    monkeypatch.setattr(FolderCustody, "send", refuse)
    async with house(tmp_path, FakeMachine()) as parts:
        with pytest.raises(IllegalTransition, match="reads its input from a file"):
            await parts.terminals.send("ses_a", b"x")
