"""The promises of custody hold for the real one (real processes) and the fake one (scripts)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from maestrod.sessions.custody import Custody
from maestrod.sessions.fake import FakeCustody
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.spec import (
    AlreadyEnded,
    ExitRecord,
    LaunchError,
    LaunchSpec,
    NeverStarted,
    NotHeld,
    Running,
    ShimGone,
    ShimRefused,
)
from maestrod.sessions.tree import send_signal
from tests.kit.patience import PATIENCE

SESSION = "ses_contract"
COMMANDS = {
    "exits": ("sh", "-c", "echo hello; exit 7"),
    "sits": ("sh", "-c", "echo ready; exec sleep 1000"),
    "stubborn": ("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1000; done"),
    "echoes": ("cat",),
    "missing": ("/no/such/program",),
}
SCRIPTS = {
    "exits": Lifetime(seconds=0.02, code=7, output=((0.0, b"hello\r\n"),)),
    "sits": Lifetime(output=((0.0, b"ready\r\n"),)),
    "stubborn": Lifetime(output=((0.0, b"ready\r\n"),), ignores=frozenset({"TERM"})),
    "echoes": Lifetime(),
    "missing": Lifetime(failure=("ENOENT", "/no/such/program: no such file")),
}


class World:
    """A machine with one session, on which daemons come and go."""

    def __init__(self, folder: Path) -> None:
        self.sessions = folder
        self.exits: list[ExitRecord] = []
        self.exited = trio.Event()

    async def on_exit(self, record: ExitRecord) -> None:
        self.exits.append(record)
        self.exited.set()

    def spec(
        self, kind: str, attempt: int = 1, terminal: str = "pty", stdin: str | None = None, taken: tuple[str, ...] = ()
    ) -> LaunchSpec:
        return LaunchSpec(
            session_id=SESSION,
            attempt=attempt,
            argv=COMMANDS[kind],
            env={"PATH": os.defpath, "KIND": kind},
            cwd="/",
            terminal="pipe" if terminal == "pipe" else "pty",
            ladder=(("TERM", 0.2), ("KILL", 5.0)),
            stdin=stdin,
            taken=taken,
        )

    def daemon(self) -> Custody | FakeCustody:
        return Custody(self.sessions, self.on_exit)

    async def kill_shim(self, custody: Custody | FakeCustody) -> None:
        adoption = await custody.adopt(SESSION, 1)
        assert isinstance(adoption, Running)
        assert send_signal(adoption.identity.shim_pid, adoption.identity.shim_start, "KILL")


class FakeWorld(World):
    """The same, with scripts for processes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.machine = FakeMachine(lambda spec: SCRIPTS[spec.env["KIND"]])

    def daemon(self) -> Custody | FakeCustody:
        return FakeCustody(self.machine, self.on_exit)

    async def kill_shim(self, custody: Custody | FakeCustody) -> None:
        self.machine.kill_shim(SESSION)


@pytest.fixture(params=[World, FakeWorld], ids=["real", "fake"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    make: Callable[[Path], World] = request.param
    return make(tmp_path)


@pytest.fixture
async def custody(world: World, nursery: trio.Nursery) -> Custody | FakeCustody:
    daemon = world.daemon()
    await nursery.start(daemon.run)
    return daemon


async def output(custody: Custody | FakeCustody, wanted: bytes) -> bytes:
    """The log, once it holds what is wanted."""
    end = 0
    with trio.fail_after(PATIENCE):
        while wanted not in (data := custody.read_output(SESSION, 0, 1 << 20).data):
            end = await custody.wait_output(SESSION, max(end, len(data)))
    return data


async def test_an_agent_runs_and_its_exit_is_reported_once(world: World, custody: Custody | FakeCustody) -> None:
    identity = await custody.launch(world.spec("exits"))
    assert (identity.session_id, identity.attempt) == (SESSION, 1)
    with trio.fail_after(PATIENCE):
        await world.exited.wait()
    await trio.testing.wait_all_tasks_blocked(0.01)
    [record] = world.exits
    assert (record.code, record.signal, record.reason, record.left) == (7, None, "exited", 0)
    assert custody.read_output(SESSION, 0, 100).data == b"hello\r\n"
    assert record.output_end == 7
    assert custody.held == ()


async def test_the_same_attempt_is_launched_once(world: World, custody: Custody | FakeCustody) -> None:
    first = await custody.launch(world.spec("sits"))
    assert await custody.launch(world.spec("sits")) == first
    await custody.stop(SESSION)


async def test_two_callers_launching_at_once_get_one_agent(world: World, custody: Custody | FakeCustody) -> None:
    identities = []

    async def launch() -> None:
        identities.append(await custody.launch(world.spec("sits")))

    async with trio.open_nursery() as callers:
        callers.start_soon(launch)
        callers.start_soon(launch)
    assert identities[0] == identities[1]
    await custody.stop(SESSION)


async def test_another_attempt_waits_for_the_end_of_the_living_one(
    world: World, custody: Custody | FakeCustody
) -> None:
    await custody.launch(world.spec("sits"))
    with pytest.raises(LaunchError) as refused:
        await custody.launch(world.spec("sits", attempt=2))
    assert refused.value.errno_name == "EBUSY"
    await custody.stop(SESSION)
    assert (await custody.launch(world.spec("sits", attempt=2))).attempt == 2
    await custody.stop(SESSION)


async def test_an_ended_attempt_is_not_started_again(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("exits"))
    with trio.fail_after(PATIENCE):
        await world.exited.wait()
    with pytest.raises(LaunchError) as refused:
        await custody.launch(world.spec("exits"))
    assert refused.value.errno_name == "EALREADY"
    assert refused.value.record == world.exits[0]
    assert len(world.exits) == 1


async def test_a_missing_program_fails_to_start(world: World, custody: Custody | FakeCustody) -> None:
    with pytest.raises(LaunchError) as failed:
        await custody.launch(world.spec("missing"))
    assert failed.value.errno_name == "ENOENT"
    assert failed.value.record is not None
    assert failed.value.record.reason == "failed_to_start"
    assert world.exits == []
    adoption = await custody.adopt(SESSION, 1)
    assert adoption == AlreadyEnded(failed.value.record)


async def test_stop_ends_an_agent(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("sits"))
    await output(custody, b"ready")
    report = await custody.stop(SESSION)
    assert (report.left, report.signalled) == (0, ("TERM",))
    with trio.fail_after(PATIENCE):
        await world.exited.wait()
    assert [(record.signal, record.reason) for record in world.exits] == [("TERM", "stopped")]


async def test_stop_escalates_to_kill(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("stubborn"))
    await output(custody, b"ready")
    report = await custody.stop(SESSION, [("TERM", 0.05), ("KILL", 5.0)])
    assert (report.left, report.signalled) == (0, ("TERM", "KILL"))


async def test_stopping_something_never_started_finds_nothing(custody: Custody | FakeCustody) -> None:
    report = await custody.stop(SESSION)
    assert (report.left, report.ended) == (0, 0)


async def test_the_next_daemon_has_the_agent_again(world: World) -> None:
    async with trio.open_nursery() as first_life:
        first = world.daemon()
        await first_life.start(first.run)
        identity = await first.launch(world.spec("echoes"))
        first_life.cancel_scope.cancel()
    async with trio.open_nursery() as second_life:
        second = world.daemon()
        await second_life.start(second.run)
        assert await second.adopt(SESSION, 1) == Running(identity)
        await second.send(SESSION, b"still here\n")
        assert b"still here" in await output(second, b"still here")
        await second.stop(SESSION)
        second_life.cancel_scope.cancel()
    assert len(world.exits) == 1


async def test_a_session_that_never_ran_was_never_started(custody: Custody | FakeCustody) -> None:
    assert await custody.adopt(SESSION, 1) == NeverStarted()


async def test_the_exit_of_an_agent_whose_shim_was_killed_is_reported_as_lost(
    world: World, custody: Custody | FakeCustody
) -> None:
    await custody.launch(world.spec("sits"))
    await world.kill_shim(custody)
    with trio.fail_after(PATIENCE):
        await world.exited.wait()
    assert [(record.reason, record.code, record.left) for record in world.exits] == [("lost", None, 0)]


async def test_an_agent_lost_without_a_daemon_is_recorded_as_lost_once(world: World) -> None:
    async with trio.open_nursery() as first_life:
        first = world.daemon()
        await first_life.start(first.run)
        await first.launch(world.spec("sits"))
        first_life.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await kill_unheld_shim(world)
    async with trio.open_nursery() as second_life:
        second = world.daemon()
        await second_life.start(second.run)
        adoption = await second.adopt(SESSION, 1)
        assert isinstance(adoption, ShimGone)
        assert adoption.record.reason == "lost"
        assert await second.adopt(SESSION, 1) == AlreadyEnded(adoption.record)
        second_life.cancel_scope.cancel()
    assert world.exits == []


async def kill_unheld_shim(world: World) -> None:
    async with trio.open_nursery() as between:
        daemon = world.daemon()
        await between.start(daemon.run)
        await world.kill_shim(daemon)
        between.cancel_scope.cancel()


async def test_input_reaches_the_agent(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("echoes"))
    await custody.send(SESSION, b"a line\n")
    assert (await output(custody, b"a line\r\n")).startswith(b"a line\r\n")
    await custody.stop(SESSION)


async def test_nothing_can_be_sent_to_an_ended_session(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("exits"))
    with trio.fail_after(PATIENCE):
        await world.exited.wait()
    with pytest.raises(NotHeld):
        await custody.send(SESSION, b"hello?")
    with pytest.raises(NotHeld):
        await custody.signal(SESSION, "INT")
    with pytest.raises(NotHeld):
        await custody.resize("ses_unknown", 80, 24)


async def test_a_session_on_pipes_has_no_terminal_to_resize(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("sits", terminal="pipe"))
    with pytest.raises(ShimRefused) as refused:
        await custody.resize(SESSION, 80, 24)
    assert refused.value.code == "no_terminal"
    await custody.stop(SESSION)


async def test_output_is_read_from_an_offset_and_from_its_end(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("echoes"))
    await custody.send(SESSION, b"one\n")
    await output(custody, b"one\r\n")
    middle = custody.read_output(SESSION, 1, 2)
    assert (middle.start, middle.data, middle.next) == (1, b"ne", 3)
    beyond = custody.read_output(SESSION, 1 << 40, 10)
    assert (beyond.start, beyond.data) == (beyond.end, b"")
    assert custody.tail_output(SESSION, 1000, lines=1000).data.startswith(b"one\r\n")
    await custody.stop(SESSION)


async def test_waiting_for_output_ends_with_the_session(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("exits"))
    with trio.fail_after(PATIENCE):
        while custody.held:
            assert await custody.wait_output(SESSION, 7) == 7


async def test_a_signal_reaches_the_agent(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("sits"))
    await output(custody, b"ready")
    assert await custody.signal(SESSION, "INT") == 1
    with trio.fail_after(PATIENCE):
        await world.exited.wait()
    assert [(record.signal, record.reason) for record in world.exits] == [("INT", "exited")]


async def test_a_forbidden_signal_is_refused(world: World, custody: Custody | FakeCustody) -> None:
    await custody.launch(world.spec("sits"))
    with pytest.raises((ShimRefused, ValueError)):
        await custody.signal(SESSION, "SEGV")
    await custody.stop(SESSION)


async def test_a_cancelled_launch_leaves_the_session_held(world: World, custody: Custody | FakeCustody) -> None:
    with trio.CancelScope() as impatient:
        impatient.cancel()
        await custody.launch(world.spec("sits"))
    report = await custody.stop(SESSION)
    assert report.left == 0


async def test_nothing_is_written_to_an_agent_whose_input_is_a_file(
    world: World, custody: Custody | FakeCustody
) -> None:
    await custody.launch(world.spec("sits", terminal="pipe", stdin="/dev/null"))
    with pytest.raises(ShimRefused) as refused:
        await custody.send(SESSION, b"hello")
    assert refused.value.code == "no_input"
    await custody.stop(SESSION)


async def test_input_with_a_key_is_written_once_whichever_daemon_does_it(world: World) -> None:
    printed = b""
    for number in range(2):
        async with trio.open_nursery() as life:
            daemon = world.daemon()
            await life.start(daemon.run)
            if number == 0:
                await daemon.launch(world.spec("echoes", taken=("msg_0",)))
            else:
                assert isinstance(await daemon.adopt(SESSION, 1), Running)
            for key in ("msg_0.0", "msg_1.0", "msg_1.0", "msg_2.0"):
                await daemon.send(SESSION, f"{key}\n".encode(), key)
            assert b"msg_2.0" in await output(daemon, b"msg_2.0")
            if number:
                await daemon.send(SESSION, b"the end\n")
                printed = await output(daemon, b"the end")
                await daemon.stop(SESSION)
            life.cancel_scope.cancel()
    assert b"msg_0" not in printed
    assert (
        printed.count(b"msg_1.0") == printed.count(b"msg_2.0") <= 2
    )  # a terminal shows what is typed, and cat says it


async def test_a_key_sent_with_the_start_is_accepted_although_the_input_is_a_file(
    world: World, custody: Custody | FakeCustody
) -> None:
    await custody.launch(world.spec("sits", terminal="pipe", stdin="/dev/null", taken=("msg_0",)))
    await custody.send(SESSION, b"hello", "msg_0.0")
    await custody.stop(SESSION)
