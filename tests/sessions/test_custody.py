"""Custody with real shims: the terminal, files deleted under a living session, races, and what a thousand sessions leave behind."""

import os
import sys
import threading
from pathlib import Path

import pytest
import trio

from maestrod.sessions import tree
from maestrod.sessions.spec import AlreadyEnded, ExitRecord, LaunchError, Running, ShimRefused
from tests.kit.patience import PATIENCE
from tests.sessions import kit
from tests.sessions.kit import Agents, Daemon, daemon_on, eventually, nothing_left, wait_shims_gone

# The terminal.


async def test_the_agent_has_a_controlling_terminal_of_the_requested_size(agents: Agents, daemon: Daemon) -> None:
    groups_of = "import os; print(os.tcgetpgrp(0), os.getpgrp(), os.getsid(0))"
    script = f"stty size; tty < /dev/tty; exec {sys.executable} -c '{groups_of}'"
    await daemon.custody.launch(agents.shell("ses_a", script, cols=132, rows=43))
    await daemon.exit_of("ses_a")
    size, tty, groups = daemon.custody.read_output("ses_a", 0, 1000).data.decode().split("\r\n")[:3]
    assert size == "43 132"
    assert tty.startswith("/dev/")
    assert len(set(groups.split())) == 1  # foreground group, own group and session are the agent's


async def test_a_resize_reaches_the_program(agents: Agents, daemon: Daemon) -> None:
    script = "trap 'stty size' WINCH; echo up; while :; do sleep 0.01; done"
    await daemon.custody.launch(agents.shell("ses_a", script))
    await daemon.output("ses_a", b"up")
    await daemon.custody.resize("ses_a", 99, 33)
    await daemon.output("ses_a", b"33 99")
    await daemon.custody.stop("ses_a")


async def test_a_terminal_echoes_the_input(agents: Agents, daemon: Daemon) -> None:
    await daemon.custody.launch(agents.shell("ses_a", "read line; echo got $line"))
    await daemon.custody.send("ses_a", b"something\n")
    await daemon.exit_of("ses_a")
    assert daemon.custody.read_output("ses_a", 0, 1000).data == b"something\r\ngot something\r\n"


async def test_the_bytes_of_a_full_screen_program_are_untouched(agents: Agents, daemon: Daemon) -> None:
    painted = bytes(range(256)) * 8 + b"\x1b[?1049h\x1b[2J\x1b[1;1Hhello\x1b[?1049l\xff\xfe\x00"
    program = f"import os, tty; tty.setraw(1); os.write(1, {painted!r})"
    await daemon.custody.launch(agents.python("ses_a", program))
    await daemon.exit_of("ses_a")
    assert daemon.custody.read_output("ses_a", 0, 1 << 20).data == painted


async def test_the_end_of_input_reaches_an_agent_on_a_terminal_and_on_pipes(agents: Agents, daemon: Daemon) -> None:
    for session_id, terminal in (("ses_pty", "pty"), ("ses_pipe", "pipe")):
        await daemon.custody.launch(agents.spec(session_id, "cat", terminal=terminal))
        await daemon.custody.send(session_id, b"last\n")
        await daemon.custody.close_stdin(session_id)
        assert (await daemon.exit_of(session_id)).code == 0


async def test_large_input_arrives_whole_and_unread_input_is_refused_in_the_end(agents: Agents, daemon: Daemon) -> None:
    await daemon.custody.launch(agents.shell("ses_a", "head -c 900000 | cksum; sleep 1000", terminal="pipe"))
    await daemon.custody.send("ses_a", b"0123456789" * 90_000)
    assert b"900000" in await daemon.output("ses_a", b"\n")
    with pytest.raises(ShimRefused) as refused:
        await daemon.custody.send("ses_a", b"x" * (3 << 20))
    assert refused.value.code == "input_full"
    await daemon.custody.stop("ses_a")


async def test_a_session_is_paused_and_resumes(agents: Agents, daemon: Daemon) -> None:
    identity = await daemon.custody.launch(agents.shell("ses_a", "sleep 1000 & echo up; wait"))
    await daemon.output("ses_a", b"up")
    assert await daemon.custody.signal("ses_a", "STOP") >= 2
    await eventually(lambda: state(identity.agent_pid) == "T")
    await daemon.custody.signal("ses_a", "CONT")
    await eventually(lambda: state(identity.agent_pid) != "T")
    await daemon.custody.stop("ses_a")


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


# The environment.


async def test_the_environment_is_the_spec_with_the_mark_of_custody(agents: Agents, daemon: Daemon) -> None:
    environment = {"PATH": os.environ["PATH"], "UMLAUT": "äöü", "NOTHING": ""}
    await daemon.custody.launch(agents.spec("ses_a", "env", "-0", env=environment, terminal="pipe"))
    await daemon.exit_of("ses_a")
    entries = daemon.custody.read_output("ses_a", 0, 10_000).data.decode().split("\0")[:-1]
    mark = f"MAESTRO_CUSTODY={agents.sessions.resolve()}/ses_a#1"
    assert sorted(entries) == sorted([*(f"{name}={value}" for name, value in environment.items()), mark])


async def test_a_variable_that_is_not_text_reaches_the_agent_byte_for_byte(agents: Agents, daemon: Daemon) -> None:
    environment = {"PATH": os.environ["PATH"] + ":/opt/n\udcfc", "WORD": "für"}
    await daemon.custody.launch(agents.spec("ses_a", "env", "-0", env=environment, terminal="pipe"))
    await daemon.exit_of("ses_a")
    entries = daemon.custody.read_output("ses_a", 0, 10_000).data.split(b"\0")
    assert {os.fsencode(f"PATH={environment['PATH']}"), "WORD=für".encode()} <= set(entries)


async def test_no_secret_of_the_environment_is_on_disk_or_in_an_argument_list(agents: Agents, daemon: Daemon) -> None:
    secret = "canary-7f3a"
    env = {"PATH": os.environ["PATH"], "TOKEN": secret}
    identity = await daemon.custody.launch(agents.shell("ses_a", "sleep 1000", env=env))
    for path in (agents.sessions / "ses_a").rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    for pid in (identity.shim_pid, identity.agent_pid):
        assert secret.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert secret.encode() not in Path(f"/proc/{identity.shim_pid}/environ").read_bytes()
    await daemon.custody.stop("ses_a")


async def test_the_agent_inherits_no_descriptor_and_no_ignored_signal(agents: Agents, daemon: Daemon) -> None:
    program = "import os, signal; print(sorted(os.listdir('/proc/self/fd'))); print([n for n in range(1, 32) if signal.getsignal(n) == signal.SIG_IGN])"
    spec = agents.spec("ses_a", sys.executable, "-I", "-u", "-c", program, terminal="pipe")
    with Path(os.devnull).open() as inherited:
        os.set_inheritable(inherited.fileno(), True)
        await daemon.custody.launch(spec)
    await daemon.exit_of("ses_a")
    descriptors, ignored = daemon.custody.read_output("ses_a", 0, 1000).data.decode().splitlines()
    assert descriptors == "['0', '1', '2', '3']"  # 3 is the listing itself
    assert ignored == "[13, 25]"  # Python's own SIGPIPE and SIGXFSZ


async def test_files_and_socket_of_a_session_are_private(agents: Agents, daemon: Daemon) -> None:
    await daemon.custody.launch(agents.shell("ses_a", "echo up; sleep 1000"))
    await daemon.output("ses_a", b"up")
    for path in [agents.sessions / "ses_a", *(agents.sessions / "ses_a").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    await daemon.custody.stop("ses_a")


# Files deleted, shims broken.


@pytest.mark.parametrize(
    "deleted", [("shim.sock",), ("shim.lock",), ("shim.sock", "shim.lock", "shim.json", "started-1")]
)
async def test_a_shim_whose_files_were_deleted_is_found_again(agents: Agents, deleted: tuple[str, ...]) -> None:
    async with daemon_on(agents.sessions) as first:
        identity = await first.custody.launch(agents.spec("ses_a", "cat"))
    for name in deleted:
        (agents.sessions / "ses_a" / name).unlink()
    async with daemon_on(agents.sessions) as second:
        assert await second.custody.adopt("ses_a", 1) == Running(identity)
        assert (await second.custody.stop("ses_a")).left == 0


async def test_a_shim_whose_folder_was_deleted_is_found_again_and_writes_its_record(agents: Agents) -> None:
    folder = agents.sessions / "ses_a"
    async with daemon_on(agents.sessions) as first:
        identity = await first.custody.launch(agents.spec("ses_a", "cat"))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    async with daemon_on(agents.sessions) as second:
        assert await second.custody.adopt("ses_a", 1) == Running(identity)
        await second.custody.send("ses_a", b"hello\n")
        await second.output("ses_a", b"hello")
        await second.custody.stop("ses_a")
    async with daemon_on(agents.sessions) as third:
        assert isinstance(await third.custody.adopt("ses_a", 1), AlreadyEnded)


async def test_a_stopped_shim_is_continued(agents: Agents) -> None:
    async with daemon_on(agents.sessions) as first:
        identity = await first.custody.launch(agents.spec("ses_a", "cat"))
    tree.send_signal(identity.shim_pid, identity.shim_start, "STOP")
    async with daemon_on(agents.sessions) as second:
        with trio.fail_after(PATIENCE):
            assert await second.custody.adopt("ses_a", 1) == Running(identity)
        await second.custody.stop("ses_a")


async def test_a_shim_that_is_asked_to_end_ends_its_agent_and_reports_it(agents: Agents, daemon: Daemon) -> None:
    identity = await daemon.custody.launch(agents.spec("ses_a", "cat"))
    tree.send_signal(identity.shim_pid, identity.shim_start, "TERM")
    record = await daemon.exit_of("ses_a")
    assert (record.reason, record.signal) == ("interrupted", "TERM")
    assert nothing_left(agents.sessions, identity)


async def test_a_folder_too_deep_for_a_socket_address_works(agents: Agents, tmp_path: Path) -> None:
    deep = Agents(tmp_path / ("d" * 100) / ("e" * 100))
    async with daemon_on(deep.sessions) as first:
        identity = await first.custody.launch(deep.spec("ses_a", "cat"))
    async with daemon_on(deep.sessions) as second:
        assert await second.custody.adopt("ses_a", 1) == Running(identity)
        assert (await second.custody.stop("ses_a")).left == 0


async def test_the_next_daemon_may_have_another_path(agents: Agents, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(agents.sessions)
    async with daemon_on(link) as first:
        identity = await first.custody.launch(agents.shell("ses_a", "(setsid sleep 1000 &); exec sleep 1000"))
    tree.send_signal(identity.shim_pid, identity.shim_start, "KILL")
    async with daemon_on(agents.sessions) as second:
        await second.custody.stop("ses_a")
    assert nothing_left(agents.sessions, identity)


# Never twice, never leaking.


async def test_ten_daemons_launching_the_same_attempt_start_one_agent(agents: Agents) -> None:
    ran = agents.sessions / "ran"
    spec = agents.shell("ses_a", f"echo started >> {ran}; exec sleep 1000")
    identities = []

    async def race() -> None:
        async with daemon_on(agents.sessions) as daemon:
            identities.append(await daemon.custody.launch(spec))

    async with trio.open_nursery() as racers:
        for _ in range(10):
            racers.start_soon(race)
    assert len(identities) == 10
    assert len(set(identities)) == 1
    async with daemon_on(agents.sessions) as last:
        await last.custody.adopt("ses_a", 1)
        await last.custody.stop("ses_a")
    assert ran.read_text() == "started\n"


async def test_the_next_attempt_continues_the_log(agents: Agents, daemon: Daemon) -> None:
    await daemon.custody.launch(agents.shell("ses_a", "echo one", terminal="pipe"))
    first = await daemon.exit_of("ses_a")
    identity = await daemon.custody.launch(agents.shell("ses_a", "echo two; sleep 1000", attempt=2, terminal="pipe"))
    assert identity.output_start == first.output_end == 4
    assert await daemon.output("ses_a", b"two\n") == b"one\ntwo\n"
    await daemon.custody.stop("ses_a")


async def test_a_launch_that_died_before_the_marker_can_be_retried(agents: Agents) -> None:
    broken = agents.sessions / "not-a-python"
    broken.write_text("#!/bin/sh\necho out of order >&2\nexit 1\n")
    broken.chmod(0o700)
    async with daemon_on(agents.sessions, str(broken)) as daemon:
        with pytest.raises(LaunchError, match="out of order") as failed:
            await daemon.custody.launch(agents.spec("ses_a", "true"))
    assert failed.value.record is None
    async with daemon_on(agents.sessions) as daemon:
        await daemon.custody.launch(agents.spec("ses_a", "true"))
        assert (await daemon.exit_of("ses_a")).code == 0


@pytest.mark.slow
async def test_two_hundred_starts_and_stops_leak_nothing(agents: Agents) -> None:
    limit = trio.CapacityLimiter(8)
    left = []

    async def start_and_stop(daemon: Daemon, number: int) -> None:
        async with limit:
            spec = agents.spec(f"ses_{number}", "sleep", "1000")
            identity = await daemon.custody.launch(spec)
            assert (await daemon.custody.stop(spec.session_id)).left == 0
            if kit.alive(identity.agent_pid):
                left.append(identity)

    descriptors, threads, others = kit.open_descriptors(), threading.active_count(), kit.children()
    async with daemon_on(agents.sessions) as daemon:
        for batch in range(0, 200, 50):
            async with trio.open_nursery() as cycles:
                for number in range(batch, batch + 50):
                    cycles.start_soon(start_and_stop, daemon, number)
        await eventually(lambda: kit.children() <= others)
        assert len(daemon.exits) == 200
        assert daemon.custody.held == ()
    assert left == []
    assert kit.open_descriptors() == descriptors
    assert threading.active_count() <= threads + 8  # idle workers of trio's thread cache, at most one per stop at once
    kept = {"exit-1.json", "shim.json", "shim.lock", "shim.log", "started-1"}
    for folder in agents.sessions.iterdir():
        assert {path.name for path in folder.iterdir()} - {"output"} == kept


async def test_each_exit_is_reported_once_however_many_end_at_once(agents: Agents, daemon: Daemon) -> None:
    identities = [await daemon.custody.launch(agents.spec(f"ses_{n}", "sleep", "0.05")) for n in range(8)]
    for number in range(8):
        record: ExitRecord = await daemon.exit_of(f"ses_{number}")
        assert (record.code, record.reason) == (0, "exited")
    await wait_shims_gone(*identities)
    assert len(daemon.exits) == 8


# Standard input and standard error.


async def test_a_file_can_be_the_whole_standard_input(agents: Agents, daemon: Daemon, tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.md"
    prompt.write_text("do this\n")
    await daemon.custody.launch(agents.spec("ses_a", "cat", terminal="pipe", stdin=str(prompt)))
    assert (await daemon.exit_of("ses_a")).code == 0  # cat saw the end of its input
    assert daemon.custody.read_output("ses_a", 0, 100).data == b"do this\n"


async def test_writing_to_an_agent_whose_input_is_a_file_is_refused(agents: Agents, daemon: Daemon) -> None:
    await daemon.custody.launch(agents.shell("ses_a", "cat; exec sleep 1000", terminal="pipe", stdin="/dev/null"))
    with pytest.raises(ShimRefused) as refused:
        await daemon.custody.send("ses_a", b"hello")
    assert refused.value.code == "no_input"
    await daemon.custody.close_stdin("ses_a")
    await daemon.custody.stop("ses_a")


async def test_a_missing_input_fails_the_start_with_a_reason(agents: Agents, daemon: Daemon) -> None:
    with pytest.raises(LaunchError, match="input for the agent") as failed:
        await daemon.custody.launch(agents.spec("ses_a", "cat", terminal="pipe", stdin="/no/such/file"))
    assert failed.value.errno_name == "ENOENT"


async def test_standard_error_never_splits_a_line_of_the_stream(agents: Agents, daemon: Daemon) -> None:
    program = (
        "import os\n"
        "for number in range(500):\n"
        "    os.write(1, b'{\"line\":')\n"
        "    os.write(2, b'oops %d\\n' % number)\n"
        "    os.write(1, b'%d}\\n' % number)\n"
        "os.write(2, b'the end')\n"
    )
    await daemon.custody.launch(agents.python("ses_a", program, terminal="pipe", stream=True))
    await daemon.exit_of("ses_a")
    lines = daemon.custody.read_output("ses_a", 0, 1 << 20).data.splitlines()
    assert [line for line in lines if line.startswith(b"{")] == [b'{"line":%d}' % number for number in range(500)]
    assert [line for line in lines if line.startswith(b"oops")] == [b"oops %d" % number for number in range(500)]
    assert lines[-1] == b"the end"
