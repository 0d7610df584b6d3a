"""Commands run by a real worker process: their terminal, their output, and what they leave behind."""

import os
import pty
import select
import termios

from tests.agents.scripted_daemon import ScriptedDaemon
from tests.agents.worker_process import Place
from tests.core.prompts.manifests import task
from tests.kit.patience import PATIENCE


def test_commands_run_with_the_sessions_environment_a_terminal_and_no_input(here: Place) -> None:
    command = 'test -t 1 && test -t 2 && cat && echo "$MAESTRO_TASK_ID $MAESTRO_SESSION_ID $(stty size <&2)"'
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true"), task("tsk_b", command)))
    assert ended.code == 0
    assert daemon.params("task.complete")[1]["summary"].endswith(": tsk_b ses_1 40 120")


def test_background_processes_of_a_command_are_not_waited_for(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        tasks = (task("tsk_a", "(read x < go) & echo started"),)
        with here.start(tasks=tasks) as process:
            assert process.wait(PATIENCE) == 0
            here.go.open()  # only now the one left behind ends
    assert daemon.params("task.complete")[0]["summary"].endswith(": started")


def test_output_of_any_bytes_without_a_last_newline_is_reported(here: Place) -> None:
    command = r"printf '\377\033[31mred\033[0m\033]0;title\007\rnew'; exit 1"
    with ScriptedDaemon(here.socket) as daemon:
        here.run(tasks=(task("tsk_a", command),))
    assert daemon.params("task.fail")[0]["error"].split("\n")[1:] == ["new"]


def test_screen_modes_set_by_a_command_end_with_it(here: Place) -> None:
    """Its log shows the next task whole, in its own colours, from the start of a line."""
    commands = (r"printf '\033]0;cut off'", r"printf '\033[31mred \033[?25lhidden'", "echo plain")
    with ScriptedDaemon(here.socket):
        ended = here.run(tasks=tuple(task(f"tsk_{number}", command) for number, command in enumerate(commands)))
    lines = ended.output.splitlines()
    assert lines[2].startswith("\x1b]0;cut off\x18\x1b\\# done") and "plain" in lines
    assert lines[5:7] == ["\x1b[31mred \x1b[?25lhidden\x1b[0m\x1b[?25h", lines[6]] and lines[6].startswith("# done")


def test_terminal_changes_and_pending_input_of_a_command_end_with_it(here: Place) -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with ScriptedDaemon(here.socket) as daemon:
        first = "stty -echo -onlcr < /dev/tty; echo > ready; read x < go"
        second = "stty -icanon min 0 time 0 < /dev/tty; echo got $(cat < /dev/tty)"
        pid = here.start_on_terminal(slave, tasks=(task("tsk_a", first), task("tsk_b", second)))
        os.close(slave)
        here.ready.wait()
        os.write(master, b"secret\n")
        here.go.open()
        read_until(master, None)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert termios.tcgetattr(master) == before
    os.close(master)
    assert daemon.params("task.complete")[1]["summary"].endswith(": got")


def test_a_long_tail_is_cut(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        here.run(tasks=(task("tsk_a", "seq 100000; exit 1"), task("tsk_b", "seq -s ' ' 20000; exit 1")))
    many, wide = (params["error"].split("\n", 1)[1] for params in daemon.params("task.fail"))
    assert many.split("\n") == [str(number) for number in range(99_981, 100_001)]
    assert len(wide) == 4096 and wide.endswith("20000")


def test_all_output_arrives_in_order(here: Place) -> None:
    with ScriptedDaemon(here.socket):
        ended = here.run(tasks=(task("tsk_a", "seq 200000"),))
    numbers = [line for line in ended.output.splitlines() if line.isdigit()]
    assert numbers == [str(number) for number in range(1, 200_001)]


def test_on_a_terminal_an_interrupt_reaches_the_command_and_not_the_worker(here: Place) -> None:
    master, slave = pty.openpty()
    with ScriptedDaemon(here.socket) as daemon:
        # one process that says it is there and then waits: a shell may lose an interrupt between two commands
        waiting = """exec awk 'BEGIN { print "" > "ready"; close("ready"); getline < "go" }'"""
        tasks = (task("tsk_a", f"stty size <&1; {waiting}"), task("tsk_b", "true"))
        termios.tcsetwinsize(slave, (33, 77))
        pid = here.start_on_terminal(slave, tasks=tasks)
        os.close(slave)
        here.ready.wait()
        while (
            os.tcgetpgrp(master) == pid
        ):  # the worker gives the terminal to its command right after the start, without a sign
            select.select([], [], [], 0.001)
        output = read_until(
            master, b"33 77\r\n"
        )  # the size of our terminal; an interrupt discards what was not read yet
        os.write(master, b"\x03")
        output += read_until(master, None)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    os.close(master)
    assert daemon.params("task.fail")[0]["error"].startswith("command was ended by SIGINT")
    assert [params["taskId"] for params in daemon.params("task.complete")] == ["tsk_b"]
    assert b"\r\r" not in output


def read_until(master: int, wanted: bytes | None) -> bytes:
    """Everything until the wanted output, or until the last user of the terminal has gone."""
    output = b""
    while wanted is None or wanted not in output:
        assert select.select([master], [], [], PATIENCE)[0], f"nothing comes after {output!r}"
        try:
            data = os.read(master, 65536)
        except OSError:  # how Linux says that nobody is there
            data = b""
        if not data:
            assert wanted is None, output
            return output
        output += data
    return output
