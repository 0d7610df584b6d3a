"""Writing to agents: once, in order, with the pauses a composer needs; returned only if nothing was written."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from maestrod.api.attention import Answer, Attention, AttentionKind
from maestrod.api.message import Message, MessageKind, MessageStatus
from maestrod.api.reason import Source
from maestrod.api.session import Session
from maestrod.core.values.command import Actor
from maestrod.core.values.effects import CloseInput, Decide, Deliver
from maestrod.core.values.facts import Signed
from maestrod.core.values.signs import PermissionAsked, TurnStarted
from maestrod.sessions.fake_machine import FakeAgent, FakeMachine, Lifetime
from maestrod.sessions.spec import NotHeld, ShimRefused, Unanswered
from maestrod.store.memory import MemoryStore
from maestrod.supervisor import input_writer
from tests.kit.agents.talker import Talker
from tests.kit.parts.supervised import FolderCustody, House, house


@asynccontextmanager
async def talking(
    tmp_path: Path, machine: FakeMachine, before: MemoryStore | None = None, terminal: str = "pipe"
) -> AsyncIterator[tuple[House, Session]]:
    """A daemon with one session of an agent that takes prompts, on no task, so that nobody but the test speaks to it."""
    async with house(tmp_path, machine, before, agents={"shell": Talker()}) as parts:
        if before is None:
            home = await parts.project()
            await parts.call("session.spawn", projectId=home, agent="shell", terminal=terminal)
        [session_id] = parts.engine.world.sessions
        session = await parts.until_launched(session_id)
        await parts.call("session.register", Actor(session_id, 1))
        yield parts, session


async def send(parts: House, session: Session, text: str) -> Message:
    message: Message = await parts.call("message.send", sessionId=session.id, text=text)
    return message


def agent_of(machine: FakeMachine, session: Session) -> FakeAgent:
    return machine.agents[session.id, 1]


async def test_a_message_is_written_to_the_agents_input_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine) as (parts, session):
        message = await send(parts, session, "use the parser")
        await trio.sleep(60)
        assert agent_of(machine, session).typed == b"prompt use the parser\n"
        assert parts.engine.world.messages[message.id].status is MessageStatus.DELIVERED
    async with talking(tmp_path, machine, parts.store) as (parts, session):
        await trio.sleep(60)
        assert agent_of(machine, session).typed == b"prompt use the parser\n"


async def test_a_write_owed_by_a_dead_daemon_is_done_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine) as (parts, session):
        parts.engine._run_effect = lambda effect: None
        await send(parts, session, "on the way")
        await trio.sleep(5)
        assert agent_of(machine, session).typed == b""
    store = parts.store
    for _ in range(2):
        async with talking(tmp_path, machine, store) as (parts, session):
            await trio.sleep(5)
            assert agent_of(machine, session).typed == b"prompt on the way\n"
            store = parts.store


async def test_after_a_death_between_text_and_enter_only_enter_is_sent(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine, terminal="pty") as (parts, session):
        await send(parts, session, "hello")
        await trio.sleep(0.2)
        assert agent_of(machine, session).typed == b"hello"
    async with talking(tmp_path, machine, parts.store) as (parts, session):
        await trio.sleep(15)
        assert agent_of(machine, session).typed == b"hello\r"


async def test_a_prompt_passed_at_the_start_is_never_typed_as_well(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine, agents={"shell": Talker()}) as parts:
        task = await parts.call("task.create", title="t", projectId=await parts.project())
        session = await parts.call("session.spawn", taskIds=[task.id], agent="shell", terminal="pty")
        await parts.until_launched(session.id)
        await parts.call("session.register", Actor(session.id, 1))
        [opening] = parts.engine.world.messages.values()
        assert opening.status is MessageStatus.DELIVERED
    async with house(tmp_path, machine, parts.store, agents={"shell": Talker()}) as parts:
        await trio.sleep(5)
        assert machine.agents[session.id, 1].typed == b""


@pytest.mark.parametrize("late", [0.0, 3.0])
async def test_a_prompt_is_entered_a_moment_after_the_composer_shows_it(
    tmp_path: Path, autojump_clock: MockClock, late: float
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(echo=False))
    async with talking(tmp_path, machine, terminal="pty") as (parts, session):
        await send(parts, session, "hello")
        agent = agent_of(machine, session)
        while agent.typed != b"hello":
            await trio.sleep(0.05)
        await trio.sleep(late)
        assert agent.typed == b"hello"
        agent.print(b"> hello")
        shown = trio.current_time()
        while agent.typed != b"hello\r":
            await trio.sleep(0.05)
        assert 0.4 <= trio.current_time() - shown < 1


async def test_a_prompt_is_entered_even_if_nothing_shows_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine = FakeMachine(lambda spec: Lifetime(echo=False))
    async with talking(tmp_path, machine, terminal="pty") as (parts, session):
        await send(parts, session, "hello")
        await trio.sleep(15)
        assert agent_of(machine, session).typed == b"hello\r"


Send = Callable[[FolderCustody, str, bytes, str | None], Any]


def failing(monkeypatch: pytest.MonkeyPatch, errors: dict[int, Exception]) -> list[bytes]:
    """Sending fails the times named (0 is the first); what was taken is in the list."""
    taken: list[bytes] = []
    calls = iter(range(1000))
    real: Send = FolderCustody.send

    async def send_or_fail(custody: FolderCustody, session_id: str, data: bytes, key: str | None = None) -> None:
        error = errors.get(next(calls))
        if error is not None:
            raise error
        taken.append(data)
        await real(custody, session_id, data, key)

    monkeypatch.setattr(FolderCustody, "send", send_or_fail)
    return taken


@pytest.mark.parametrize("error", [NotHeld("it is being found again"), ShimRefused("input_full", "it does not read")])
async def test_text_that_was_not_written_is_written_again_soon(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    machine = FakeMachine()
    failing(monkeypatch, {0: error, 1: error})
    async with talking(tmp_path, machine) as (parts, session):
        began = trio.current_time()
        message = await send(parts, session, "again")
        while not agent_of(machine, session).typed:
            await trio.sleep(0.1)
        assert trio.current_time() - began >= 2 * input_writer.RETURN_SECONDS
        assert agent_of(machine, session).typed == b"prompt again\n"
        assert parts.engine.world.messages[message.id].status is MessageStatus.DELIVERED


@pytest.mark.parametrize("arrived", [True, False])
async def test_prompts_that_may_have_arrived_are_written_once(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    machine, calls = FakeMachine(), []
    real = FolderCustody.send

    async def send_and_lose(custody: FolderCustody, session_id: str, data: bytes, key: str | None = None) -> None:
        calls.append(key)
        if arrived or len(calls) > 1:
            await real(custody, session_id, data, key)
        if len(calls) == 1:
            raise Unanswered("the connection ended")

    monkeypatch.setattr(FolderCustody, "send", send_and_lose)
    async with talking(tmp_path, machine) as (parts, session):
        await send(parts, session, "maybe")
        await trio.sleep(60)
        assert agent_of(machine, session).typed == b"prompt maybe\n"
        assert len(calls) == 2 and len(set(calls)) == 1


async def test_an_agent_that_reads_slowly_receives_the_rest_later(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = FakeMachine()
    full = ShimRefused("input_full", "it does not read")
    failing(monkeypatch, {1: full, 2: full})
    async with talking(tmp_path, machine, terminal="pty") as (parts, session):
        await send(parts, session, "slowly")
        await trio.sleep(60)
        assert agent_of(machine, session).typed == b"slowly\r"


async def test_an_agent_that_never_reads_the_rest_is_abandoned(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    machine = FakeMachine()
    taken = failing(monkeypatch, dict.fromkeys(range(1, 1000), ShimRefused("input_full", "full")))
    async with talking(tmp_path, machine, terminal="pty") as (parts, session):
        await send(parts, session, "never")
        await trio.sleep(input_writer.REST_SECONDS * input_writer.REST_TRIES + 5)
        assert taken == [b"never"]
        assert "only a part" in caplog.text


async def test_writes_to_one_session_never_interleave(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine, terminal="pty") as (parts, session):
        for number, text in enumerate(("one", "two", "three")):
            status = MessageStatus.DELIVERED
            parts.engine.world.put(
                Message(f"msg_{number}", session.id, MessageKind.PROMPT, status, text=text, attempt=1)
            )
            parts.want(Deliver(session.id, 1, f"msg_{number}"))
        await trio.sleep(30)
        assert agent_of(machine, session).typed == b"one\rtwo\rthree\r"


async def test_nothing_is_written_for_an_ended_session(tmp_path: Path, autojump_clock: MockClock) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine) as (parts, session):
        for effect in (
            Deliver(session.id, 1, "msg_none"),
            Deliver(session.id, 2, "msg_none"),
            Decide("ses_none", 1, "att_none"),
            Decide(session.id, 1, "att_none"),
        ):
            parts.want(effect)
        await trio.sleep(5)
        assert agent_of(machine, session).typed == b""


@pytest.mark.parametrize(
    "value, written",
    [("allow", b"allow toolu_1 allowed by the user\n"), ("deny", b"deny toolu_1 denied by the user\n"), ("", b"")],
)
async def test_a_decision_reaches_the_waiting_agent(
    tmp_path: Path, autojump_clock: MockClock, value: str, written: bytes
) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine) as (parts, session):
        parts.engine.world.put(
            Attention(
                "att_a", session.id, AttentionKind.PERMISSION, "?", answer=Answer("user", 1, value), key="toolu_1"
            )
        )
        parts.want(Decide(session.id, 1, "att_a"))
        await trio.sleep(5)
        assert agent_of(machine, session).typed == written


async def test_the_end_of_input_is_passed_on_and_harmless_without_an_agent(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine) as (parts, session):
        parts.want(CloseInput(session.id, 1))
        await trio.sleep(1)
        assert agent_of(machine, session).typed == b"\x04"

        async def gone(custody: FolderCustody, session_id: str) -> None:
            raise NotHeld(session_id)

        monkeypatch.setattr(FolderCustody, "close_stdin", gone)
        parts.want(CloseInput(session.id, 1))
        await trio.sleep(1)


async def test_the_next_daemon_delivers_an_answer_that_a_dead_one_owed(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    machine = FakeMachine()
    async with talking(tmp_path, machine) as (parts, session):
        sign = PermissionAsked("Bash", "rm -rf build", '{"command":"rm -rf build"}', "toolu_1", waits=True)
        await parts.engine.submit(Signed(session.id, 1, Source.STREAM, (TurnStarted(), sign)))
        [question] = parts.engine.world.attention.values()
        parts.engine._run_effect = lambda effect: None
        await parts.call("attention.answer", attentionId=question.id, value="allow")
        await trio.sleep(5)
        assert agent_of(machine, session).typed == b""
    async with talking(tmp_path, machine, parts.store) as (parts, session):
        await trio.sleep(5)
        assert agent_of(machine, session).typed == b"allow toolu_1 allowed by the user\n"
