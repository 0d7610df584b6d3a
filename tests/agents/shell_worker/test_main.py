"""The worker as a real process against a scripted daemon: what it runs, what it reports, how it ends."""

import itertools
import os
import pty
import select
import signal
import termios
from collections.abc import Iterator
from typing import Any

import pytest

from maestrod.api.task import Strategy
from tests.agents.scripted_daemon import Hangup, Refusal, ScriptedDaemon
from tests.agents.worker_process import PATIENCE, Place, place
from tests.core.manifests import task


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as made:
        yield made


def test_tasks_in_order_with_progress_checks_and_summaries(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(
            tasks=(task("tsk_a", "echo one", "echo two > made", checks=("test -s made", "cat made")), task("tsk_b"))
        )
    assert ended.code == 0
    assert daemon.methods() == [
        "session.register", "task.start", "task.progress", "task.progress", "task.progress", "task.complete",
        "task.start", "task.complete",
    ]  # fmt: skip
    [registered] = daemon.params("session.register")
    assert registered["sessionId"] == "ses_1" and registered["agent"] == "shell" and registered["pid"] > 1
    assert daemon.params("task.progress")[0] == {"taskId": "tsk_a", "progress": 0.25, "message": "1/4 echo one"}
    first, second = daemon.params("task.complete")
    assert first["taskId"] == "tsk_a" and first["summary"].startswith("2 commands and 2 checks in 0.")
    assert first["summary"].endswith(": two")
    assert second["summary"].startswith("nothing to run")
    assert "$ echo one\none\n" in ended.output.replace("\r", "")
    assert (here.project / "made").read_text() == "two\n"


def test_every_call_carries_the_token_and_a_request_id_of_its_own(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        here.run(tasks=(task("tsk_a", "true"),))
    assert {params["sessionToken"] for _, params in daemon.calls} == {"ses_1.2.abc"}
    assert [params["requestId"] for _, params in daemon.calls] == [f"shell.ses_1.2.{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    "command, how",
    [("echo good; echo bad >&2; exit 3", "exit code 3"), ("echo good; echo bad; kill -KILL $$", "signal KILL")],
)
def test_a_failed_command_is_reported_with_its_end_and_its_last_lines(here: Place, command: str, how: str) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(tasks=(task("tsk_a", command, "touch never"), task("tsk_b", "true")))
    assert ended.code == 1
    assert daemon.params("task.fail") == [
        {"taskId": "tsk_a", "error": f"command ended with {how}: {command}\ngood\nbad"}
    ]
    assert [params["taskId"] for params in daemon.params("task.complete")] == ["tsk_b"]
    assert not (here.project / "never").exists()


def test_a_failed_check_fails_the_task(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true", checks=("true", "echo no; false")),))
    assert ended.code == 1
    assert daemon.params("task.fail")[0]["error"] == "check ended with exit code 1: echo no; false\nno"


def test_a_task_whose_dependency_failed_is_left_alone(here: Place) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.start" and params["taskId"] == "tsk_b":
            raise Refusal(409, "task.waits")
        return {"status": "blocked"} if method == "task.get" else {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(tasks=(task("tsk_a", "false"), task("tsk_b", "touch never"), task("tsk_c", "true")))
    assert ended.code == 1
    assert not (here.project / "never").exists()
    assert [params["taskId"] for params in daemon.params("task.complete")] == ["tsk_c"]


def test_a_task_that_a_person_skipped_meanwhile_is_no_failure(here: Place) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.start":
            raise Refusal(409, "task.illegal_transition")
        return {"status": "skipped"}

    with ScriptedDaemon(here.socket, answer):
        assert here.run(tasks=(task("tsk_a", "false"),)).code == 0


def test_a_queue_is_claimed_until_nothing_is_left(here: Place) -> None:
    items = iter([("tsk_a", ["echo a"]), ("tsk_b", ["exit 4"]), ("tsk_c", [])])

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method != "queue.next":
            return {}
        assert params["wait"] is True
        claimed = next(items, None)
        if claimed is None:
            return {"closed": True}
        return {"item": {"taskId": claimed[0]}, "task": {"id": claimed[0], "title": "t", "commands": claimed[1]}}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(strategy=Strategy.QUEUE)
    assert ended.code == 1
    assert daemon.methods() == [
        "session.register", "queue.next", "queue.complete", "queue.next", "queue.fail", "queue.next", "queue.complete",
        "queue.next",
    ]  # fmt: skip
    assert daemon.params("queue.fail")[0]["taskId"] == "tsk_b"


def test_a_lost_answer_is_asked_for_again_with_the_same_request_id(here: Place) -> None:
    lost = itertools.count()

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.complete" and next(lost) < 2:
            raise Hangup
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true"),))
    assert ended.code == 0
    last = [params for method, params in daemon.calls if method == "task.complete"]
    assert len(last) == 3 and last[0] == last[1] == last[2]


def test_the_worker_outlives_the_daemon_and_finds_the_next_one(here: Place) -> None:
    with here.start(tasks=(task("tsk_a", "echo run >> runs", "read x < go"),)) as process:
        with ScriptedDaemon(here.socket) as first:
            first.wait_for("task.progress")
        here.go.open()
        with ScriptedDaemon(here.socket) as second:
            process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and second.methods()[-1] == "task.complete"
    assert (here.project / "runs").read_text() == "run\n"


def test_a_busy_daemon_is_asked_again(here: Place) -> None:
    tries = itertools.count()

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.start" and next(tries) < 2:
            raise Refusal(503, "no_space", retryable=True)
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        assert here.run(tasks=(task("tsk_a", "true"),)).code == 0
    assert daemon.methods().count("task.start") == 3


@pytest.mark.parametrize("when", ["session.register", "task.progress"])
def test_a_refused_session_ends_the_worker(here: Place, when: str) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == when:
            raise Refusal(403, "session.stale_attempt")
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true", "touch never"),))
    assert ended.code == 1 and daemon.methods()[-1] == when and "stale_attempt" in ended.output
    assert not (here.project / "never").exists()


def test_a_stop_reaches_the_command_and_is_told_by_the_exit_status(here: Place) -> None:
    script = "trap 'echo told > told; exit 0' TERM; sleep 100 & echo > ready; wait"
    tasks = (task("tsk_a", script), task("tsk_b", "touch never"))
    with here.start(tasks=tasks) as process, ScriptedDaemon(here.socket) as daemon:
        here.ready.wait()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert (here.project / "told").exists() and not (here.project / "never").exists()
    assert daemon.methods() == ["session.register", "task.start"]


def test_a_stop_while_there_is_no_daemon(here: Place) -> None:
    with here.start(tasks=(task("tsk_a", "true"),)) as process:
        assert process.stdout is not None
        assert b"waiting for maestrod" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143


def test_a_worker_whose_session_was_removed_leaves(here: Place) -> None:
    with here.start(tasks=(task("tsk_a", "true"),)) as process:
        assert process.stdout is not None and b"waiting for maestrod" in process.stdout.readline()
        (here.folder / "manifest.json").unlink()
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and b"has been removed" in output


def test_commands_find_the_sessions_environment_a_terminal_and_no_input(here: Place) -> None:
    command = 'test -t 1 && test -t 2 && cat && echo "$MAESTRO_TASK_ID $MAESTRO_SESSION_ID $(stty size <&2)"'
    with ScriptedDaemon(here.socket) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true"), task("tsk_b", command)))
    assert ended.code == 0
    assert daemon.params("task.complete")[1]["summary"].endswith(": tsk_b ses_1 40 120")


def test_what_a_command_left_in_the_background_is_not_waited_for(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        tasks = (task("tsk_a", "(read x < go) & echo started"),)
        with here.start(tasks=tasks) as process:
            assert process.wait(PATIENCE) == 0
            here.go.open()  # only now the one left behind ends
    assert daemon.params("task.complete")[0]["summary"].endswith(": started")


def test_output_that_is_no_text_and_has_no_end_line(here: Place) -> None:
    command = r"printf '\377\033[31mred\033[0m\033]0;title\007\rnew'; exit 1"
    with ScriptedDaemon(here.socket) as daemon:
        here.run(tasks=(task("tsk_a", command),))
    assert daemon.params("task.fail")[0]["error"].split("\n")[1:] == ["new"]


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
    assert daemon.params("task.fail")[0]["error"].startswith("command ended with signal INT")
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
