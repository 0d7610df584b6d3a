"""Streams: every line is read once, in order, before the end is reported; the next reader continues where the last one stopped."""

from functools import partial
from typing import cast

import msgspec
import pytest
import trio
from trio.testing import MockClock

from maestrod.agents.shell.adapter import ShellAdapter
from maestrod.api.reason import Source
from maestrod.api.session import Role, Session, SessionStatus, Terminal
from maestrod.core.values.facts import Signed
from maestrod.core.values.signs import Said, ScreenShown, Sign, Trouble
from maestrod.engine.engine import Engine
from maestrod.sessions.custody import Custody
from maestrod.sessions.fake import FakeCustody
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.spec import ExitRecord, LaunchSpec
from maestrod.supervisor import streams
from maestrod.supervisor.line_cutter import LINE_BYTES
from maestrod.supervisor.streams import Streams
from tests.kit.agents.talker import Talker

ID = "ses_a"


class Memory:
    """As much of an engine as a reader sees: facts are taken in at once, and the session remembers how far it was read."""

    def __init__(self, terminal: Terminal) -> None:
        session = Session(ID, "prj_a", "a", Role.WORKER, "talker", SessionStatus.IDLE, terminal=terminal)
        self.world = self
        self.sessions = {ID: session}
        self.facts: list[Signed] = []

    async def record(self, fact: Signed) -> None:
        self.facts.append(fact)
        self.sessions[ID] = msgspec.structs.replace(self.sessions[ID], read_to=fact.read_to)
        await trio.lowlevel.checkpoint()

    @property
    def signs(self) -> list[Sign]:
        return [sign for fact in self.facts for sign in fact.signs]


class Daemon:
    """One daemon's custody and streams over a machine; the engine's memory outlives it, as its journal would."""

    def __init__(self, machine: FakeMachine, memory: Memory, adapter: Talker) -> None:
        self.memory = memory
        self.adapter = adapter
        self.ended = trio.Event()
        self.custody = FakeCustody(machine, self._on_exit)
        self.streams = Streams(cast(Engine, memory), cast(Custody, self.custody))

    async def _on_exit(self, record: ExitRecord) -> None:
        await self.streams.drain(ID, self.adapter)
        self.ended.set()

    async def start(self, nursery: trio.Nursery, attempt: int = 1) -> None:
        await nursery.start(self.custody.run)
        pipe = self.memory.sessions[ID].terminal is Terminal.PIPE
        spec = LaunchSpec(
            session_id=ID, attempt=attempt, argv=("x",), env={}, cwd="/", terminal="pipe" if pipe else "pty"
        )
        await self.custody.launch(spec)
        is_fresh = self.memory.sessions[ID].attempt != attempt or not self.memory.facts
        self.memory.sessions[ID] = msgspec.structs.replace(self.memory.sessions[ID], attempt=attempt)
        nursery.start_soon(partial(self.streams.follow, ID, self.adapter, is_fresh=is_fresh))


def lines(*words: str) -> bytes:
    return "".join(f"say {word}\n" for word in words).encode()


async def test_lines_become_signs_as_they_arrive_and_all_before_the_end_is_reported(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    output = ((1.0, b"noise\nsay on"), (2.0, b"e\nsay two\n"), (3.0, b"say three"))
    daemon = Daemon(FakeMachine(lambda spec: Lifetime(seconds=3, output=output)), Memory(Terminal.PIPE), Talker())
    await daemon.start(nursery)
    await daemon.ended.wait()
    assert daemon.memory.signs == [Said("one"), Said("two"), Said("three")]
    assert [(fact.source, fact.read_to) for fact in daemon.memory.facts] == [
        (Source.STREAM, 6),
        (Source.STREAM, 22),
        (Source.STREAM, 31),
    ]


async def test_a_silent_agent_reports_its_first_output_and_then_only_its_end(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    daemon = Daemon(
        FakeMachine(lambda spec: Lifetime(seconds=3, output=((1.0, b"noise\n" * 500), (1.5, b"noise\n" * 500)))),
        Memory(Terminal.PIPE),
        Talker(),
    )
    await daemon.start(nursery)
    await trio.sleep(2)
    assert [(fact.signs, fact.read_to) for fact in daemon.memory.facts] == [((), 3000)]
    await daemon.ended.wait()
    assert [(fact.signs, fact.read_to) for fact in daemon.memory.facts] == [((), 3000), ((), 6000)]


async def test_the_next_daemon_continues_in_the_middle_of_a_line(autojump_clock: MockClock) -> None:
    output = ((1.0, lines("one") + b"say t"), (3.0, b"wo\n"), (5.0, lines("three")))
    machine, memory, adapter = (
        FakeMachine(lambda spec: Lifetime(seconds=6, output=output)),
        Memory(Terminal.PIPE),
        Talker(),
    )
    async with trio.open_nursery() as life:
        await Daemon(machine, memory, adapter).start(life)
        await trio.sleep(2)
        life.cancel_scope.cancel()
    assert memory.signs == [Said("one")]
    await trio.sleep(2)  # the line ends while nobody is there
    async with trio.open_nursery() as life:
        second = Daemon(machine, memory, adapter)
        await second.start(life)
        await second.ended.wait()
        life.cancel_scope.cancel()
    assert memory.signs == [Said("one"), Said("two"), Said("three")]


async def test_output_from_the_time_without_a_daemon_is_read_although_the_agent_has_ended(
    autojump_clock: MockClock,
) -> None:
    machine, memory, adapter = (
        FakeMachine(lambda spec: Lifetime(seconds=2, output=((1.0, lines("last")),))),
        Memory(Terminal.PIPE),
        Talker(),
    )
    async with trio.open_nursery() as life:
        await Daemon(machine, memory, adapter).start(life)
        life.cancel_scope.cancel()
    await trio.sleep(10)
    async with trio.open_nursery() as life:
        second = Daemon(machine, memory, adapter)
        await life.start(second.custody.run)
        await second.streams.drain(ID, adapter)
        life.cancel_scope.cancel()
    assert memory.signs == [Said("last")]


async def test_an_unfinished_line_of_one_attempt_does_not_spoil_the_next_attempt(
    autojump_clock: MockClock,
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=1, output=((0.5, lines(str(spec.attempt)) + b"open"),)))
    memory, adapter = Memory(Terminal.PIPE), Talker()
    for attempt in (1, 2):
        async with trio.open_nursery() as life:
            daemon = Daemon(machine, memory, adapter)
            await daemon.start(life, attempt)
            await daemon.ended.wait()
            life.cancel_scope.cancel()
    assert memory.signs == [Said("1"), Said("2")]


async def test_a_flood_is_reported_in_batches_and_others_run_meanwhile(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood = lines(*map(str, range(5000)))
    daemon = Daemon(
        FakeMachine(lambda spec: Lifetime(seconds=2, output=((1.0, flood),))), Memory(Terminal.PIPE), Talker()
    )
    read_between = []

    async def somebody_else() -> None:
        while len(daemon.adapter.read) < 5000:
            before = len(daemon.adapter.read)
            await trio.lowlevel.checkpoint()
            read_between.append(len(daemon.adapter.read) - before)

    await daemon.start(nursery)
    await trio.sleep(1)
    nursery.start_soon(somebody_else)
    await daemon.ended.wait()
    assert daemon.memory.signs == [Said(str(number)) for number in range(5000)]
    assert max(len(fact.signs) for fact in daemon.memory.facts) <= streams.BATCH_SIGNS + 1
    assert 0 < max(read_between) <= 2 * streams.SLICE_LINES


async def test_a_line_that_breaks_an_adapter_is_skipped_and_reading_continues(
    nursery: trio.Nursery, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    output = ((0.1, b"bug\n" + lines("alive")),)
    daemon = Daemon(FakeMachine(lambda spec: Lifetime(seconds=1, output=output)), Memory(Terminal.PIPE), Talker())
    await daemon.start(nursery)
    await daemon.ended.wait()
    assert daemon.memory.signs == [Trouble("a line of 3 bytes could not be read", "unreadable_line"), Said("alive")]
    assert "could not be read: a bug" in caplog.text


async def test_a_line_that_is_too_long_is_reported_and_reading_continues(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    output = ((0.1, b"x" * (LINE_BYTES + 1) + b"\n" + lines("alive")),)
    daemon = Daemon(FakeMachine(lambda spec: Lifetime(seconds=1, output=output)), Memory(Terminal.PIPE), Talker())
    await daemon.start(nursery)
    await daemon.ended.wait()
    assert daemon.memory.signs == [Trouble("a line of 4,194,305 bytes was left out", "long_output"), Said("alive")]


def title(text: str) -> bytes:
    return f"\x1b]0;{text}\x07".encode()


async def test_only_titles_that_change_the_meaning_are_reported(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    shown = [title("* a"), b"text", title("* b"), title("* c"), title("idle"), title(""), title("idle too")]
    output = tuple((1.0 + number, data) for number, data in enumerate(shown))
    daemon = Daemon(FakeMachine(lambda spec: Lifetime(seconds=20, output=output)), Memory(Terminal.PTY), Talker())
    await daemon.start(nursery)
    await trio.sleep(15)
    assert daemon.memory.signs == [ScreenShown(True), ScreenShown(False)]
    assert {fact.source for fact in daemon.memory.facts} == {Source.SCREEN}
    assert daemon.streams.screen(ID) == (ScreenShown(False),)
    await daemon.ended.wait()
    assert daemon.streams.screen("ses_none") == ()


async def test_the_next_daemon_knows_the_last_title(autojump_clock: MockClock) -> None:
    output = ((1.0, b"welcome" + title("* a")), (2.0, b"plain"), (5.0, title("* b")), (6.0, title("idle")))
    machine, memory, adapter = (
        FakeMachine(lambda spec: Lifetime(seconds=9, output=output)),
        Memory(Terminal.PTY),
        Talker(),
    )
    async with trio.open_nursery() as life:
        await Daemon(machine, memory, adapter).start(life)
        await trio.sleep(3)
        life.cancel_scope.cancel()
    async with trio.open_nursery() as life:
        second = Daemon(machine, memory, adapter)
        await second.start(life)
        await second.ended.wait()
        life.cancel_scope.cancel()
    assert memory.signs == [ScreenShown(True), ScreenShown(False)]


async def test_an_agent_without_output_is_not_read_at_all(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = Daemon(FakeMachine(lambda spec: Lifetime(output=((0.0, b"say no\n"),))), Memory(Terminal.PTY), Talker())
    await nursery.start(daemon.custody.run)
    monkeypatch.delattr(FakeCustody, "read_output")
    monkeypatch.delattr(FakeCustody, "wait_output")
    await daemon.streams.follow(ID, ShellAdapter())
    await daemon.streams.drain(ID, ShellAdapter())
    assert daemon.memory.facts == []


async def test_a_new_process_reports_its_screen_again(autojump_clock: MockClock) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=2, output=((1.0, title("* busy")),)))
    memory, adapter = Memory(Terminal.PTY), Talker()
    for attempt in (1, 2):
        async with trio.open_nursery() as life:
            daemon = Daemon(machine, memory, adapter)
            await daemon.start(life, attempt)
            await daemon.ended.wait()
            life.cancel_scope.cancel()
    assert memory.signs == [ScreenShown(True), ScreenShown(True)]


async def test_a_caller_can_wait_until_the_output_so_far_is_reported(autojump_clock: MockClock) -> None:
    output = ((1.0, lines("one")), (3.0, lines("two")), (9.0, lines("later")))
    machine, memory, adapter = (
        FakeMachine(lambda spec: Lifetime(seconds=60, output=output)),
        Memory(Terminal.PIPE),
        Talker(),
    )
    for pause, expected in ((2.0, ["one"]), (2.0, ["one", "two"]), (2.0, ["one", "two"])):
        async with trio.open_nursery() as life:
            daemon = Daemon(machine, memory, adapter)
            await daemon.start(life)
            with trio.fail_after(pause):
                await trio.lowlevel.checkpoint()
                await daemon.streams.wait_until_read()
            await trio.sleep(pause)
            with trio.fail_after(0.1):
                await daemon.streams.wait_until_read()
            assert memory.signs == [Said(word) for word in expected]
            life.cancel_scope.cancel()
