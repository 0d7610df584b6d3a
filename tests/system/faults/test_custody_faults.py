"""The fault tests of the design's list of thirty that live in custody, with real shims and real agents; each is named by its number."""

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import trio

from maestrod.sessions import tree
from maestrod.sessions.fake import FakeCustody
from maestrod.sessions.fake_machine import FakeMachine, Lifetime
from maestrod.sessions.shim.processes import ProcFs
from maestrod.sessions.spec import (
    AlreadyEnded,
    ExitRecord,
    Identity,
    LaunchError,
    LaunchSpec,
    Running,
    ShimGone,
)
from tests.kit.patience import PATIENCE
from tests.sessions import kit
from tests.sessions.kit import Agents, Daemon, daemon_on, eventually, nothing_left, wait_shims_gone

ROOT = Path(__file__).resolve().parents[3]
DAEMON_PROCESS = ROOT / "tests" / "sessions" / "daemon_process.py"
FULL_DISK_PROCESS = ROOT / "tests" / "sessions" / "full_disk_process.py"

COUNTER = """
import sys, time
for number in range(int(sys.argv[1])):
    print(number)
    time.sleep(0.005)
sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
async def daemon(agents: Agents, nursery: trio.Nursery) -> Daemon:
    made = Daemon(agents.sessions)
    await nursery.start(made.custody.run)
    return made


def bystander() -> subprocess.Popen[bytes]:
    """A process of this user that belongs to no session."""
    return subprocess.Popen(["sleep", "1000"])


def plant(agents: Agents, session_id: str, identity: Identity) -> None:
    """A session folder as a shim that was killed leaves it."""
    folder = agents.sessions / session_id
    folder.mkdir()
    (folder / "started-1").touch()
    (folder / "shim.lock").touch()
    (folder / "shim.json").write_bytes(msgspec.json.encode(identity))


def identity_at(pid: int, start: str, boot_id: str, session_id: str) -> Identity:
    return Identity(
        boot_id=boot_id,
        session_id=session_id,
        attempt=1,
        shim_pid=pid,
        shim_start=start,
        agent_pid=pid,
        agent_start=start,
        agent_pgid=pid,
        at=1,
    )


@pytest.mark.slow
async def test_fault_01_after_a_kill_the_next_daemon_has_all_five_agents(agents: Agents) -> None:
    counter = [sys.executable, "-I", "-S", "-u", "-c", COUNTER, "150"]
    specs = [agents.spec(f"ses_{n}", *counter, str(n), terminal="pipe") for n in range(5)]
    dying = subprocess.Popen(
        [sys.executable, DAEMON_PROCESS, agents.sessions], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert dying.stdin is not None
    assert dying.stdout is not None
    dying.stdin.write(b"".join(msgspec.json.encode(spec) + b"\n" for spec in specs))
    dying.stdin.close()
    identities = [msgspec.json.decode(dying.stdout.readline(), type=Identity) for _ in specs]
    dying.kill()
    dying.wait()
    dying.stdout.close()
    async with daemon_on(agents.sessions) as daemon:
        began = time.monotonic()
        standings = [await daemon.custody.adopt(spec.session_id, 1) for spec in specs]
        assert time.monotonic() - began < 20  # a machine at rest takes a tenth of a second
        assert standings == [Running(identity) for identity in identities]
        records = [await daemon.exit_of(spec.session_id) for spec in specs]
        assert [record.code for record in records] == [0, 1, 2, 3, 4]
        for spec in specs:
            lines = daemon.custody.read_output(spec.session_id, 0, 1 << 20).data.split()
            assert lines == [str(number).encode() for number in range(150)]
    assert nothing_left(agents.sessions, *identities)
    await wait_shims_gone(*identities)


async def test_fault_04_a_marker_without_an_agent_is_lost_and_never_started_twice(
    agents: Agents, daemon: Daemon
) -> None:
    ran = agents.sessions / "ran"
    spec = agents.spec("ses_a", "touch", str(ran))
    folder = agents.sessions / spec.session_id
    folder.mkdir()
    (folder / "started-1").touch()
    with pytest.raises(LaunchError) as refused:
        await daemon.custody.launch(spec)
    assert refused.value.record is not None
    assert refused.value.record.reason == "lost"
    assert await daemon.custody.adopt("ses_a", 1) == AlreadyEnded(refused.value.record)
    assert not ran.exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to kill the shim between marker and exec")
async def test_fault_04_a_shim_killed_between_marker_and_exec_is_never_started_twice(agents: Agents) -> None:
    ran = agents.sessions / "ran"
    spec = agents.spec("ses_a", "touch", str(ran))
    wrapper = agents.sessions / "python-that-dies-at-spawn"
    calls = "clone,clone3,vfork"
    wrapper.write_text(
        f'#!/bin/sh\nexec strace -qq -o /dev/null -e trace={calls} -e inject={calls}:signal=KILL {sys.executable} "$@"\n'
    )
    wrapper.chmod(0o700)
    async with daemon_on(agents.sessions, str(wrapper)) as dying:
        with pytest.raises(LaunchError):
            await dying.custody.launch(spec)
    assert (agents.sessions / spec.session_id / "started-1").exists()
    async with daemon_on(agents.sessions) as daemon:
        with pytest.raises(LaunchError) as refused:
            await daemon.custody.launch(spec)
    assert refused.value.record is not None
    assert refused.value.record.reason == "lost"
    assert not ran.exists()


async def test_fault_05_an_exit_without_a_daemon_is_known_afterwards(agents: Agents) -> None:
    async with daemon_on(agents.sessions) as first:
        identity = await first.custody.launch(agents.shell("ses_a", "read line; exit 9", terminal="pipe"))
        await first.custody.close_stdin("ses_a")
    await eventually(lambda: not kit.alive(identity.shim_pid))
    async with daemon_on(agents.sessions) as second:
        adoption = await second.custody.adopt("ses_a", 1)
        assert isinstance(adoption, AlreadyEnded)
        assert (adoption.record.code, adoption.record.reason) == (9, "exited")
        assert identity.at <= adoption.record.ended_at <= time.time() * 1000


async def test_fault_06_a_pid_that_belongs_to_another_process_is_never_signalled(
    agents: Agents, daemon: Daemon
) -> None:
    with bystander() as other:
        plant(agents, "ses_a", identity_at(other.pid, "1", ProcFs().boot_id(), "ses_a"))
        adoption = await daemon.custody.adopt("ses_a", 1)
        assert isinstance(adoption, ShimGone)
        assert adoption.record.leftovers == 0
        assert (await daemon.custody.stop("ses_a")).ended == 0
        assert other.poll() is None
        other.kill()


async def test_fault_07_an_identity_of_another_boot_is_not_adopted(agents: Agents, daemon: Daemon) -> None:
    with bystander() as other:
        start = ProcFs().start_of(other.pid)
        assert start is not None
        plant(agents, "ses_a", identity_at(other.pid, start, "another-boot", "ses_a"))
        adoption = await daemon.custody.adopt("ses_a", 1)
        assert isinstance(adoption, ShimGone)
        assert "restarted" in adoption.detail
        assert (await daemon.custody.stop("ses_a")).ended == 0
        assert other.poll() is None
        other.kill()


@pytest.mark.slow
async def test_fault_08_the_leader_exits_and_a_child_ignores_term(agents: Agents, daemon: Daemon) -> None:
    script = "sh -c 'trap \"\" TERM HUP; echo child; while :; do sleep 1000; done' & trap 'exit 0' TERM; echo up; wait"
    identity = await daemon.custody.launch(agents.shell("ses_a", script))
    await daemon.output("ses_a", b"child")
    await daemon.output("ses_a", b"up")
    began = time.monotonic()
    report = await daemon.custody.stop("ses_a")
    assert time.monotonic() - began >= 0.3
    assert (report.left, report.signalled) == (0, ("TERM", "KILL"))
    assert nothing_left(agents.sessions, identity)


@pytest.mark.slow
async def test_fault_09_a_grandchild_that_left_group_session_and_parent_is_stopped(
    agents: Agents, daemon: Daemon
) -> None:
    script = (
        "(setsid sh -c 'trap \"\" TERM HUP; echo stray; while :; do sleep 1000; done' &) ; echo up; exec sleep 1000"
    )
    identity = await daemon.custody.launch(agents.shell("ses_a", script))
    await daemon.output("ses_a", b"stray")
    report = await daemon.custody.stop("ses_a")
    assert report.left == 0
    assert report.ended >= 2
    assert nothing_left(agents.sessions, identity)
    record = await daemon.exit_of("ses_a")
    assert {each.name for each in record.ended} >= {"sh"} and record.ended_count == len(record.ended)
    assert identity.agent_pid not in {each.pid for each in record.ended}, "the agent itself is not among them"


async def test_fault_09_a_stray_of_a_dead_shim_is_found_by_its_tag(agents: Agents, daemon: Daemon) -> None:
    script = "(setsid sh -c 'trap \"\" HUP; echo stray; exec sleep 1000' &) ; echo up; exec sleep 1000"
    identity = await daemon.custody.launch(agents.shell("ses_a", script))
    await daemon.output("ses_a", b"stray")
    assert tree.send_signal(identity.shim_pid, identity.shim_start, "KILL")
    record = await daemon.exit_of("ses_a")
    assert (record.reason, record.left) == ("lost", 0)
    assert record.leftovers >= 1
    assert "sleep" in {each.name for each in record.ended}
    assert nothing_left(agents.sessions, identity)


async def test_fault_10_a_stopped_agent_is_continued_and_ends(agents: Agents, daemon: Daemon) -> None:
    identity = await daemon.custody.launch(agents.shell("ses_a", "echo up; kill -STOP $$; sleep 1000"))
    await daemon.output("ses_a", b"up")
    await eventually(lambda: b" T " in Path(f"/proc/{identity.agent_pid}/stat").read_bytes())
    report = await daemon.custody.stop("ses_a")
    assert (report.left, report.signalled) == (0, ("TERM",))
    assert nothing_left(agents.sessions, identity)


@pytest.mark.slow
async def test_fault_10_an_agent_with_term_blocked_is_killed(agents: Agents, daemon: Daemon) -> None:
    blocked = "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, {15}); print('up'); time.sleep(1000)"
    identity = await daemon.custody.launch(agents.python("ses_a", blocked))
    await daemon.output("ses_a", b"up")
    report = await daemon.custody.stop("ses_a")
    assert (report.left, report.signalled) == (0, ("TERM", "KILL"))
    assert nothing_left(agents.sessions, identity)


async def test_fault_11_an_unkillable_process_is_reported_and_stays_recorded(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    exits = []

    async def on_exit(record: ExitRecord) -> None:
        exits.append(record)

    custody = FakeCustody(FakeMachine(lambda spec: Lifetime(unkillable=True)), on_exit)
    await nursery.start(custody.run)
    identity = await custody.launch(LaunchSpec(session_id="ses_d", attempt=1, argv=("dd",), env={}, cwd="/"))
    report = await custody.stop("ses_d")
    assert (report.left, report.pending, report.signalled) == (1, (identity.agent_pid,), ("TERM", "KILL"))
    assert custody.held == ("ses_d",)
    assert exits == []
    await custody.send("ses_d", b"the daemon still answers\n")


@pytest.mark.slow
async def test_fault_12_stop_right_after_start_fifty_times(agents: Agents, daemon: Daemon) -> None:
    limit = trio.CapacityLimiter(8)
    identities = []

    async def start_and_stop(number: int) -> None:
        async with limit:
            spec = agents.shell(f"ses_{number}", "sleep 1000", ladder=(("TERM", 20.0), ("KILL", 5.0)))
            identities.append(await daemon.custody.launch(spec))
            await trio.sleep(0.001)
            report = await daemon.custody.stop(spec.session_id)
            assert (report.left, report.signalled) == (0, ("TERM",))

    async with trio.open_nursery() as stops:
        for number in range(50):
            stops.start_soon(start_and_stop, number)
    assert nothing_left(agents.sessions, *identities)
    await wait_shims_gone(*identities)


async def test_fault_13_a_dead_leader_and_a_grandchild_holding_the_pipe(agents: Agents, daemon: Daemon) -> None:
    script = (
        "sh -c 'trap \"echo last words; exit 0\" TERM HUP; echo held; while :; do sleep 0.01; done' & read line; exit 5"
    )
    await daemon.custody.launch(agents.shell("ses_a", script, terminal="pipe", ladder=(("TERM", 10.0), ("KILL", 5.0))))
    await daemon.output("ses_a", b"held\n")
    await daemon.custody.close_stdin("ses_a")
    with trio.fail_after(PATIENCE):
        record = await daemon.exit_of("ses_a")
    assert (record.code, record.reason, record.left) == (5, "exited", 0)
    assert record.leftovers >= 1 and "sh" in {each.name for each in record.ended}
    assert b"last words" in daemon.custody.read_output("ses_a", 0, 1000).data


async def test_fault_13_a_stranger_holding_the_pipe_does_not_keep_the_session(agents: Agents, daemon: Daemon) -> None:
    identity = await daemon.custody.launch(agents.shell("ses_a", "echo up; read line; exit 3", terminal="pipe"))
    await daemon.output("ses_a", b"up\n")
    with Path(f"/proc/{identity.agent_pid}/fd/1").open("wb"):
        await daemon.custody.close_stdin("ses_a")
        with trio.fail_after(PATIENCE):
            record = await daemon.exit_of("ses_a")
    assert (record.code, record.output_end) == (3, 3)


@pytest.mark.slow
async def test_fault_14_a_flood_of_output_stays_bounded_and_affects_nobody(agents: Agents, daemon: Daemon) -> None:
    flood = "import os\nwhile True: os.write(1, b'flood ' * 10000)"
    limits = {"log_segment_bytes": 1 << 20, "log_keep_segments": 3}
    noisy = await daemon.custody.launch(agents.python("ses_noisy", flood, terminal="pipe", **limits))
    await daemon.custody.launch(agents.spec("ses_quiet", "cat"))
    answers = 0
    with trio.fail_after(PATIENCE):  # the flood never ends, and neither would an answer that waits for it
        while answers < 50 or daemon.custody.read_output("ses_noisy", 0, 0).start <= 1 << 20:
            await daemon.custody.resize("ses_quiet", 80, 24)
            answers += 1
            await daemon.custody.wait_output("ses_noisy", daemon.custody.read_output("ses_noisy", 0, 0).end)
    assert daemon.custody.read_output("ses_noisy", 0, 100).start > 1 << 20, (
        "old segments are gone, and the chunk says so"
    )
    assert resident_bytes(noisy.shim_pid) < 24 << 20
    with trio.fail_after(PATIENCE):
        assert (await daemon.custody.stop("ses_noisy")).left == 0
    segments = list((agents.sessions / "ses_noisy" / "output").iterdir())
    assert 0 < sum(path.stat().st_size for path in segments) <= 3 * (1 << 20)
    await daemon.custody.stop("ses_quiet")


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize("delete", ["file", "folder"])
async def test_fault_15_a_deleted_log_is_created_again_and_never_blocks_the_agent(
    agents: Agents, daemon: Daemon, delete: str
) -> None:
    await daemon.custody.launch(agents.spec("ses_a", "cat", terminal="pipe"))
    await daemon.custody.send("ses_a", b"before\n")
    before = await daemon.output("ses_a", b"before\n")
    log = agents.sessions / "ses_a" / "output"
    for segment in log.iterdir():
        segment.unlink()
    if delete == "folder":
        log.rmdir()
    await daemon.custody.send("ses_a", b"after\n")
    with trio.fail_after(PATIENCE):
        await daemon.custody.wait_output("ses_a", len(before))
    chunk = daemon.custody.read_output("ses_a", 0, 1000)
    assert (chunk.start, chunk.data) == (len(before), b"after\n")
    await daemon.custody.close_stdin("ses_a")
    assert (await daemon.exit_of("ses_a")).code == 0


def can_unshare() -> bool:
    command = ["unshare", "-Urm", "true"]
    return shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not can_unshare(), reason="needs user and mount namespaces; test_outputlog.py uses the write seam")
def test_fault_17_a_full_log_disk_drops_and_counts_and_the_agent_continues(agents: Agents) -> None:
    script = f"exec {sys.executable} {FULL_DISK_PROCESS} {agents.sessions}"
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script], check=True, stdout=subprocess.PIPE, timeout=60, cwd=ROOT
    )
    figures = json.loads(done.stdout)
    assert figures["code"] == 0
    assert figures["dropped"] > 0
    [marker] = figures["markers"]
    assert f"{figures['dropped']} bytes" in marker
    assert "ENOSPC" in marker
    assert figures["end"] == figures["length"]
