"""The supervisor between decisions and agents: scripted agents, virtual time, the real engine."""

import errno
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest
import trio
import trio.testing

from maestrod.agents.adapter import Keys, LaunchPlan, LaunchRequest
from maestrod.agents.registry import ADAPTERS
from maestrod.api.errors import Unavailable
from maestrod.api.process import Exit
from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus
from maestrod.api.turn import Outcome
from maestrod.core.values import effects
from maestrod.core.values.command import Actor
from maestrod.core.values.facts import Judgement, StoppingSessions
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.spec import Adoption, LaunchError
from maestrod.store.memory import MemoryStore
from maestrod.supervisor import launching
from maestrod.supervisor import supervisor as module
from maestrod.supervisor.input_writer import Spoken
from tests.kit.agents.talker import Talker
from tests.kit.parts.supervised import FolderCustody, house
from tests.kit.patience import PATIENCE


async def test_a_decided_start_launches_an_agent_and_its_end_becomes_a_fact(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine(
        lambda spec: Lifetime(seconds=5, code=3, output=((1.0, b"so far\n"), (2.0, b"and no further\n")))
    )
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        launched = await parts.until_launched(session.id)
        assert launched.process is not None and launched.process.boot_id == "fake"
        assert (parts.custody.folder(session.id) / "manifest.json").is_file()
        ended = await parts.until(session.id, status=SessionStatus.FAILED)
        assert ended.exit is not None and (ended.exit.code, ended.exit.reason) == (3, "exited")
        assert ended.status_reason is not None and "and no further" in ended.status_reason.detail
    assert machine.launches == [(session.id, 1)]


async def test_every_effect_has_one_handler(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    every = {kind for kind in vars(effects).values() if isinstance(kind, type) and issubclass(kind, effects.Effect)}
    async with house(tmp_path, FakeMachine()) as parts:
        concurrent, in_order = set(parts.supervisor.handlers), set(parts.supervisor._input_writer.handlers)
    assert concurrent | in_order == every - {effects.Effect} and not concurrent & in_order
    assert in_order == set(get_args(Spoken))


async def test_a_session_stopped_before_its_start_is_never_started(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.call("session.stop", sessionId=session.id)
        stopped = await parts.until(session.id, status=SessionStatus.STOPPED)
        assert stopped.exit is not None and stopped.exit.detail == module.NEVER_STARTED
        await trio.sleep(10)
    assert machine.launches == []


@pytest.mark.parametrize(
    "failure, waits", [(("EAGAIN", "no more processes"), True), (("ENOENT", "no such program"), False)]
)
async def test_a_start_refused_by_the_system_fails_or_waits_for_resources(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, failure: tuple[str, str], waits: bool
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(failure=failure))
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        failed = await parts.until(session.id, status=SessionStatus.FAILED)
        assert failed.status_reason is not None and failed.status_reason.detail == ": ".join(failure)
        task = parts.engine.world.tasks[session.task_ids[0]]
        assert (task.status is TaskStatus.PENDING and task.not_before is not None) is waits


@pytest.mark.parametrize("number, waits", [(errno.ENOSPC, True), (errno.EROFS, False)])
async def test_files_that_cannot_be_prepared_are_a_failed_start(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch, number: int, waits: bool
) -> None:
    def refuse(folder: Path, files: dict[str, str]) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(launching, "write_files", refuse)
    async with house(tmp_path, FakeMachine()) as parts:
        session = await parts.spawn()
        failed = await parts.until(session.id, status=SessionStatus.FAILED)
        assert failed.status_reason is not None and errno.errorcode[number] in failed.status_reason.detail
        assert (parts.engine.world.tasks[session.task_ids[0]].not_before is not None) is waits


async def test_a_hold_reaches_an_agent_that_is_starting_and_the_last_request_counts(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.call("session.pause", sessionId=session.id)
        await parts.until_launched(session.id)
        await trio.sleep(1)
        agent = machine.agents[session.id, 1]
        assert agent.signals[-1] == "STOP"
        for _ in range(20):
            await parts.call("session.resume", sessionId=session.id)
            await parts.call("session.pause", sessionId=session.id)
        await parts.call("session.resume", sessionId=session.id)
        await trio.sleep(1)
        assert agent.signals[-1] == "CONT"


async def test_the_next_daemon_finds_running_ended_unstarted_and_lost_sessions(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as first:
        runs, ends, lost = [await first.come_up() for _ in range(3)]
        first.engine._run_effect = lambda effect: None  # it dies before it carries the next decision out
        never, stopped = (await first.spawn()).id, (await first.spawn()).id
        await first.call("session.stop", sessionId=stopped)
    machine.agents[ends, 1].end("exited", code=0)
    machine.kill_shim(lost)
    async with house(tmp_path, machine, first.store) as second:
        assert set(second.custody.held) >= {runs}
        ended = await second.until(ends, status=SessionStatus.COMPLETED)
        assert ended.exit is not None and ended.exit.code == 0
        assert (await second.until(lost, status=SessionStatus.FAILED)).exit.reason == "lost"  # type: ignore[union-attr]  # it has ended
        assert (await second.until_launched(never)).status is SessionStatus.SPAWNING
        await second.until(stopped, status=SessionStatus.STOPPED)
        assert machine.launches == [(id_, 1) for id_ in (runs, ends, lost, never)]


async def test_the_next_daemon_does_what_a_dead_one_owed(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as first:
        held, stopping = (await first.spawn()).id, (await first.spawn()).id
        await first.until_launched(held)
        await first.until_launched(stopping)
        first.engine._run_effect = lambda effect: None
        await first.call("session.pause", sessionId=held)
        await first.call("session.stop", sessionId=stopping)
    async with house(tmp_path, machine, first.store) as second:
        await second.until(stopping, status=SessionStatus.STOPPED)
        await trio.sleep(1)
        assert machine.agents[held, 1].signals == ["STOP"]


async def test_one_session_that_cannot_be_found_delays_nobody(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as first:
        silent, other = (await first.spawn()).id, (await first.spawn()).id
        await first.until_launched(silent)
        await first.until_launched(other)
    adopt = FolderCustody.adopt

    async def slow(custody: FolderCustody, session_id: str, attempt: int) -> Adoption:
        if session_id == silent:
            await trio.sleep(20)
        return await adopt(custody, session_id, attempt)

    monkeypatch.setattr(FolderCustody, "adopt", slow)
    began = trio.current_time()
    async with house(tmp_path, machine, first.store) as second:
        assert trio.current_time() - began <= module.FIND_SECONDS
        assert second.custody.held == (other,)
        await trio.sleep(21)
        assert set(second.custody.held) == {silent, other}


async def test_a_store_that_accepts_nothing_delays_nobody(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as first:
        id_ = await first.come_up()
    machine.agents[id_, 1].end("exited", code=0)

    def refuse(store: MemoryStore, events: object) -> None:
        raise Unavailable("store.no_space", "full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maestrod.store.memory.MemoryStore.append", refuse)
        async with house(tmp_path, machine, first.store) as second:
            assert second.session(id_).status is SessionStatus.IDLE
            patch.undo()  # there is space again
            await second.until(id_, status=SessionStatus.COMPLETED)


async def test_waiting_work_is_started_at_the_start(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    machine = FakeMachine()
    subtask = {"key": "t", "title": "t", "commands": ["true"]}
    plan = {"groups": [{"key": "g", "title": "g", "subtasks": [subtask]}]}
    async with house(tmp_path, machine) as first:
        await first.call("run.start", plan=plan, projectId=await first.project(), agent="shell")
        [one] = first.engine.world.by_session.live
        await first.until_launched(one)
        await first.supervisor.end_all(trio.Event())
        assert first.session(one).status is SessionStatus.STOPPED
        assert not first.engine.world.by_session.live
    async with house(tmp_path, machine, first.store) as second:
        while not second.engine.world.by_session.live:
            await second.engine.bus.wait_for(lambda event: event.type == "session.created")
        [two] = second.engine.world.by_session.live
        await second.until_launched(two)
    assert machine.launches == [(one, 1), (two, 1)]


@pytest.mark.parametrize("hurried", [False, True])
async def test_ending_everything_uses_the_ladder_and_in_a_hurry_only_its_last_rung(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, hurried: bool
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(ignores=frozenset({"TERM"})))
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        began, hurry = trio.current_time(), trio.Event()
        if hurried:
            hurry.set()
        await parts.supervisor.end_all(hurry)
        assert parts.session(session.id).status is SessionStatus.STOPPED
        assert (trio.current_time() - began < 1.0) is hurried
        assert "KILL" in machine.agents[session.id, 1].signals


async def test_work_whose_session_was_not_started_yet_waits_for_the_next_daemon_too(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """Nothing was started and nothing can be: that is no reason to cancel what was to be done."""
    machine = FakeMachine()
    plan = {"groups": [{"key": "g", "title": "g", "subtasks": [{"key": "t", "title": "t", "commands": ["true"]}]}]}
    async with house(tmp_path, machine) as parts:
        await parts.call("run.start", plan=plan, projectId=await parts.project(), agent="shell")
        [session_id] = parts.engine.world.by_session.live
        await parts.supervisor.end_all(trio.Event())
        session = parts.session(session_id)
        assert session.status is SessionStatus.STOPPED
        assert session.status_reason is not None and session.status_reason.code == "daemon_stop"
        assert parts.engine.world.tasks[session.task_ids[0]].status is TaskStatus.PENDING
    assert machine.launches == []


async def test_processes_that_cannot_be_ended_are_reported_and_left_to_the_next_daemon(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(unkillable=True))
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        began = trio.current_time()
        await parts.supervisor.end_all(trio.Event())
        assert trio.current_time() - began <= module.END_SECONDS + 1
    assert session.id in caplog.messages[-1]


async def test_sessions_are_ended_even_when_their_end_cannot_be_recorded(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        await parts.until_launched(session.id)
        parts.store.refused = Unavailable("store.read_only", "broken")
        with pytest.raises(Unavailable):
            await parts.engine.submit(StoppingSessions())
        await parts.supervisor.end_all(trio.Event())
    record = machine.agents[session.id, 1].record
    assert record is not None and record.reason == "stopped"


async def test_an_external_session_is_neither_launched_nor_ended(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    machine = FakeMachine()
    async with house(tmp_path, machine) as first:
        session = await first.call("session.register", agent="shell", projectId=await first.project())
        await first.supervisor.end_all(trio.Event())
    async with house(tmp_path, machine, first.store) as second:
        await trio.sleep(1)
        assert second.session(session.id).status is SessionStatus.IDLE
    assert machine.launches == []


async def test_a_launch_that_another_daemon_finished_is_reported_from_its_record(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started by a daemon that died, over before the next one launched it again: the record counts, not the failure."""
    machine = FakeMachine()

    async def launch(custody: FolderCustody, spec: object) -> None:
        [session_id] = parts.engine.world.by_session.live
        agent = machine.start(spec)  # type: ignore[arg-type]  # the spec of the real launch
        raise LaunchError.from_record(agent.end("exited", code=0)) if session_id else AssertionError

    monkeypatch.setattr(FolderCustody, "launch", launch)
    async with house(tmp_path, machine) as parts:
        session = await parts.spawn()
        ended = await parts.until(session.id, status=SessionStatus.FAILED)
        assert ended.exit is not None and (ended.exit.code, ended.exit.reason) == (0, "exited")


async def test_a_session_of_an_unknown_agent_ends_by_its_exit_code(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    known = dict(ADAPTERS)
    async with house(tmp_path, FakeMachine(lambda spec: Lifetime(seconds=5, code=0)), agents=known) as parts:
        session_id = await parts.come_up()
        known.clear()
        ended = await parts.until(session_id, status=SessionStatus.COMPLETED)
        assert ended.exit is not None and ended.exit.code == 0
        never = await parts.spawn()
        failed = await parts.until(never.id, status=SessionStatus.FAILED)
        assert failed.status_reason is not None and "knows no agent" in failed.status_reason.detail


@pytest.mark.slow
async def test_an_external_session_ends_with_its_process_even_without_a_daemon(tmp_path: Path) -> None:
    waits = [sys.executable, "-I", "-S", "-c", "input()"]
    with (
        subprocess.Popen(waits, stdin=subprocess.PIPE) as first,
        subprocess.Popen(waits, stdin=subprocess.PIPE) as second,
        trio.fail_after(PATIENCE),
    ):
        async with house(tmp_path, FakeMachine()) as parts:
            one = await parts.call("session.register", agent="shell", workingDir="/w", pid=first.pid)
            two = await parts.call("session.register", agent="shell", workingDir="/w", pid=second.pid)
            await parts.until_launched(two.id)
            first.kill()
            gone = await parts.until(one.id, status=SessionStatus.COMPLETED)
            assert gone.exit is not None and gone.exit.reason == "gone"
            store = parts.store
        second.kill()
        second.wait()
        async with house(tmp_path, FakeMachine(), store) as parts:
            await parts.until(two.id, status=SessionStatus.COMPLETED)


class Clumsy(Talker):
    """An adapter with a bug in everything it says."""

    def launch(self, request: LaunchRequest) -> LaunchPlan:
        """It starts in one folder only."""
        if request.session.name == "broken":
            raise KeyError("launch")
        return super().launch(request)

    def prompt_keys(self, text: str, *, interactive: bool) -> Sequence[Keys]:
        """Nothing."""
        raise ValueError(text)

    def judge(self, ended: Exit, *, outcome: Outcome | None, stop_requested: bool) -> Judgement:
        """Nobody."""
        raise TypeError("judge")


async def test_a_bug_in_an_adapter_affects_only_its_session(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    machine = FakeMachine(lambda spec: Lifetime(seconds=30, code=3))
    async with house(tmp_path, machine, agents={"shell": Clumsy()}) as parts:
        home = await parts.project()
        broken = await parts.call("session.spawn", projectId=home, agent="shell", name="broken")
        failed = await parts.until(broken.id, status=SessionStatus.FAILED)
        assert failed.status_reason is not None and "a bug" in failed.status_reason.detail
        works = await parts.call("session.spawn", projectId=home, agent="shell", terminal="pipe")
        await parts.until_launched(works.id)
        await parts.call("session.register", Actor(works.id, 1))
        await parts.call("message.send", sessionId=works.id, text="hello")
        ended = await parts.until(works.id, status=SessionStatus.FAILED)
        assert ended.exit is not None and ended.exit.code == 3
    assert "cannot convert" in caplog.text and "could not be judged" in caplog.text
