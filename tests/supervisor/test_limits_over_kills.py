"""Usage limits with a jumping clock: daemons are killed during a wait, the machine restarts, and each wait ends on time."""

from pathlib import Path
from typing import Any

import trio
from trio.testing import MockClock

from maestrod.api.session import Session
from maestrod.api.turn import Outcome
from maestrod.core.values.signs import (
    NOTHING,
    LimitReached,
    PermissionAsked,
    Reading,
    Started,
    TurnEnded,
    TurnStarted,
)
from maestrod.sessions.fake_machine import FakeMachine
from maestrod.store.memory import MemoryStore
from tests.kit.agents.talker import Talker
from tests.kit.parts.engine_parts import FixedClock
from tests.kit.parts.supervised import House, house

#: Wall time at the clock's zero, ms since the epoch.
EPOCH = 1_700_000_000_000
HOUR = 3_600.0


class Wall(FixedClock):
    """The wall clock of a machine that outlives its daemons."""

    def wall(self) -> int:
        return EPOCH + round(trio.current_time() * 1000)


class Limited(Talker):
    """``limit SECONDS`` meets a limit that ends then, ``ask`` wants permission; ``up`` says that it is there."""

    def read_line(self, line: bytes) -> Reading:
        word, _, rest = line.decode().partition(" ")
        if word == "limit":
            ends = EPOCH + round(float(rest) * 1000)
            return Reading((LimitReached("usage", ends, "5-hour limit"), TurnEnded(Outcome.LIMIT)))
        if word == "ask":
            return Reading((PermissionAsked("Bash", rest, "", "key-1", waits=True),))
        return Reading((Started(f"conversation of {rest}"), TurnStarted())) if word == "up" else NOTHING


def daemon(tmp_path: Path, machine: FakeMachine, before: House | None = None) -> Any:
    """A daemon on the machine, or the one after ``before`` was killed."""
    store: MemoryStore | None = before.store if before is not None else None
    return house(tmp_path, machine, store, agents={"shell": Limited()}, clock=Wall())


async def spawn(parts: House) -> Session:
    """A session whose agent runs, on pipes."""
    task = await parts.call("task.create", title="t", commands=["true"], projectId=await parts.project())
    session: Session = await parts.call("session.spawn", taskIds=[task.id], agent="shell", terminal="pipe")
    return await parts.until_launched(session.id)


async def limited(parts: House, machine: FakeMachine, ends: float, count: int = 1) -> list[Session]:
    """Sessions that have met a limit that ends at a moment of the clock, and whose processes have ended over it."""
    sessions = [await spawn(parts) for _ in range(count)]
    for session in sessions:
        agent = machine.agents[session.id, 1]
        agent.print(f"up {session.id}\nlimit {ends}\n".encode())
        while parts.session(session.id).wait is None:
            await parts.engine.bus.wait_for(lambda event: event.type.startswith("session."))
        agent.end("exited", code=1)
        await parts.until(session.id, process=None)
    return sessions


def second_starts(machine: FakeMachine, sessions: list[Session]) -> list[float]:
    """When each went on, by the clock."""
    return sorted(machine.agents[session.id, 2].started for session in sessions)


async def test_each_wait_ends_on_time_despite_repeated_kills(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine, began = FakeMachine(), trio.current_time()
    ends = began + 5 * HOUR
    async with daemon(tmp_path, machine) as parts:
        sessions = await limited(parts, machine, ends, count=3)
        assert parts.engine.world.by_session.slots == {}
    for _ in range(3):
        await trio.sleep(HOUR)
        async with daemon(tmp_path, machine, parts) as parts:
            await trio.sleep(60)
            assert [parts.session(session.id).status.value for session in sessions] == ["idle"] * 3
            assert not [key for key in machine.agents if key[1] > 1]
    async with daemon(tmp_path, machine, parts) as parts:
        await trio.sleep(2 * HOUR)
        assert [round(at - ends) for at in second_starts(machine, sessions)] == [0, 5, 10]
        assert all(parts.session(session.id).wait is None for session in sessions)
        assert parts.engine.world.system.agent_waits == {}
        assert not parts.engine.world.open_questions


async def test_a_wait_that_ended_without_a_daemon_ends_with_the_next(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine = FakeMachine()
    async with daemon(tmp_path, machine) as parts:
        sessions = await limited(parts, machine, trio.current_time() + HOUR, count=3)
    await trio.sleep(10 * HOUR)
    back = trio.current_time()
    async with daemon(tmp_path, machine, parts):
        await trio.sleep(60)
    assert [round(at - back) for at in second_starts(machine, sessions)] == [0, 5, 10]


async def test_a_reboot_during_a_wait_ends_no_session(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine, ends = FakeMachine(), trio.current_time() + HOUR
    async with daemon(tmp_path, machine) as parts:
        session = await spawn(parts)
        machine.agents[session.id, 1].print(f"up {session.id}\nlimit {ends}\n".encode())
        while parts.session(session.id).wait is None:
            await parts.engine.bus.wait_for(lambda event: event.type.startswith("session."))
    machine.agents[session.id, 1].lose("the machine was restarted")
    async with daemon(tmp_path, machine, parts) as parts:
        await trio.sleep(60)
        assert parts.session(session.id).process is None and parts.session(session.id).status.value == "idle"
        await trio.sleep(HOUR)
    [started] = second_starts(machine, [session])
    assert 0 <= started - ends < 1


async def test_a_question_from_before_a_kill_is_answered_once_by_a_later_daemon(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    machine = FakeMachine()
    async with daemon(tmp_path, machine) as parts:
        session = await spawn(parts)
        agent = machine.agents[session.id, 1]
        agent.print(f"up {session.id}\nask git push\n".encode())
        while not parts.engine.world.attention:
            await parts.engine.bus.wait_for(lambda event: event.type == "attention.created")
        [question] = parts.engine.world.attention.values()
    for _ in range(3):
        await trio.sleep(HOUR)
        async with daemon(tmp_path, machine, parts) as parts:
            await trio.sleep(60)
            [question] = parts.engine.world.attention.values()
            assert question.answer is None and question.options == ("allow", "deny")
    async with daemon(tmp_path, machine, parts) as parts:
        await parts.call("attention.answer", attentionId=question.id, value="allow")
        await trio.sleep(60)
    assert agent.typed.count(b"allow key-1") == 1
