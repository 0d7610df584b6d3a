"""The shim's loop where it can fail: an unwritable record, an unkillable agent, idleness."""

from pathlib import Path

import pytest
import trio
import trio.testing

from maestrod.sessions import tree
from maestrod.sessions.adopt import lock_held, read_record
from tests.sessions.kit import Agents, Daemon, alive, daemon_on, eventually


@pytest.mark.slow
async def test_a_record_that_cannot_be_written_is_reported_and_written_later(agents: Agents, daemon: Daemon) -> None:
    folder = agents.sessions / "ses_a"
    identity = await daemon.custody.launch(agents.spec("ses_a", "cat", terminal="pipe"))
    aside = agents.sessions / "aside"
    folder.rename(aside)
    folder.write_text("a file in its place")
    await daemon.custody.close_stdin("ses_a")
    record = await daemon.exit_of("ses_a")
    assert record.code == 0
    assert alive(identity.shim_pid)
    folder.unlink()
    aside.rename(folder)
    assert lock_held(folder)
    await eventually(lambda: not alive(identity.shim_pid))
    assert read_record(folder, 1) == record


async def test_a_stop_that_could_not_kill_can_be_repeated(agents: Agents, daemon: Daemon) -> None:
    identity = await daemon.custody.launch(agents.shell("ses_a", "trap '' TERM; echo up; while :; do sleep 1; done"))
    await daemon.output("ses_a", b"up")
    report = await daemon.custody.stop("ses_a", [("TERM", 0.01)])
    assert report.left >= 1
    assert identity.agent_pid in report.pending
    assert daemon.custody.held == ("ses_a",)
    assert daemon.exits == []
    assert (await daemon.custody.stop("ses_a", [("KILL", 10)])).left == 0


async def test_a_quick_stop_is_not_delayed_by_a_graceful_one_after_it(agents: Agents, daemon: Daemon) -> None:
    """Both requests are there before the shim looks; the polite ladder would wait for what ignores TERM."""
    identity = await daemon.custody.launch(agents.shell("ses_a", "trap '' TERM; echo up; while :; do sleep 1; done"))
    await daemon.output("ses_a", b"up")
    tree.send_signal(identity.shim_pid, identity.shim_start, "STOP")
    async with trio.open_nursery() as stops:
        stops.start_soon(daemon.custody.stop, "ses_a", [("KILL", 60.0)])
        await trio.testing.wait_all_tasks_blocked(0.01)
        stops.start_soon(daemon.custody.stop, "ses_a", [("TERM", 60.0)])
        await trio.testing.wait_all_tasks_blocked(0.01)
        tree.send_signal(identity.shim_pid, identity.shim_start, "CONT")
    assert (await daemon.exit_of("ses_a")).signal == "KILL"


@pytest.mark.slow
async def test_an_idle_shim_never_wakes_up(agents: Agents, daemon: Daemon) -> None:
    identity = await daemon.custody.launch(agents.spec("ses_a", "sleep", "1000"))
    await eventually(lambda: state_of(identity.shim_pid) == "S")
    before = wake_ups(identity.shim_pid)
    await trio.sleep(0.5)
    assert wake_ups(identity.shim_pid) == before
    await daemon.custody.stop("ses_a")


def wake_ups(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("voluntary")).split()[1])


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_processes_the_agent_leaves_running_are_ended_and_counted(agents: Agents, daemon: Daemon) -> None:
    script = "setsid sleep 1000 & setsid sleep 1000 & exit 6"
    identity = await daemon.custody.launch(agents.shell("ses_a", script, terminal="pipe"))
    record = await daemon.exit_of("ses_a")
    assert (record.code, record.reason, record.left) == (6, "exited", 0)
    assert record.leftovers == 2
    assert not alive(identity.agent_pid)


async def test_orphans_are_reaped_while_the_agent_runs(agents: Agents, daemon: Daemon) -> None:
    script = "for n in 1 2 3; do (sleep 0 &); done; echo up; exec sleep 1000"
    identity = await daemon.custody.launch(agents.shell("ses_a", script))
    await daemon.output("ses_a", b"up")
    children = Path(f"/proc/{identity.shim_pid}/task/{identity.shim_pid}/children")
    await eventually(lambda: children.read_text().split() == [str(identity.agent_pid)])
    await daemon.custody.stop("ses_a")


async def test_the_shim_survives_its_daemon(agents: Agents) -> None:
    async with daemon_on(agents.sessions) as first:
        identity = await first.custody.launch(agents.shell("ses_a", "read line; echo $line; exit 2", terminal="pipe"))
    assert alive(identity.shim_pid)
    async with daemon_on(agents.sessions) as second:
        await second.custody.adopt("ses_a", 1)
        await second.custody.send("ses_a", b"again\n")
        assert (await second.exit_of("ses_a")).code == 2
        assert second.custody.read_output("ses_a", 0, 100).data == b"again\n"
