"""A real worker process and a scripted daemon: the worker survives the daemon and repeats no call twice."""

import itertools
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from maestrod.api.task import Strategy
from tests.agents.scripted_daemon import Hangup, Refusal, ScriptedDaemon
from tests.agents.worker_process import Place
from tests.core.prompts.manifests import task
from tests.kit.patience import PATIENCE


def wait_for_line(path: Path, line: str) -> None:
    """A file tells nobody."""
    give_up = time.monotonic() + PATIENCE
    while not path.exists() or line not in path.read_text().split("\n"):
        assert time.monotonic() < give_up
        threading.Event().wait(0.01)


def test_every_call_carries_the_token_and_its_own_request_id(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        here.run(tasks=(task("tsk_a", "true"),))
    assert {params["sessionToken"] for _, params in daemon.calls} == {"ses_1.2.abc"}
    assert [params["requestId"] for _, params in daemon.calls] == [f"shell.ses_1.2.{number}" for number in (1, 2, 3)]


def test_a_lost_answer_is_requested_again_with_the_same_request_id(here: Place) -> None:
    lost = itertools.count()

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.complete" and next(lost) < 2:
            raise Hangup
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true"),))
    assert ended.code == 0
    last = [params for method, params in daemon.calls if method == "task.complete"]
    assert len(last) == 3 and len({each["requestId"] for each in last}) == 1
    completions = daemon.params("task.complete")
    assert completions[0] == completions[1] == completions[2]
    assert max(each["at"] for each in last) - min(each["at"] for each in last) <= 1, "it was done when it was done"


def test_the_worker_survives_the_daemon_and_finds_the_next_one(here: Place) -> None:
    with here.start(tasks=(task("tsk_a", "echo run >> runs", "read x < go"),)) as process:
        with ScriptedDaemon(here.socket) as first:
            first.wait_for("task.progress")
        here.go.open()
        with ScriptedDaemon(here.socket) as second:
            process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and second.methods()[-1] == "task.complete"
    assert (here.project / "runs").read_text() == "run\n"


def test_work_continues_without_a_daemon_and_the_next_one_learns_when_it_was_done(here: Place) -> None:
    with here.start(tasks=(task("tsk_a", "true", "read x < go", "echo done >> ledger"),)) as process:
        with ScriptedDaemon(here.socket) as first:
            first.wait_for("task.progress")
        here.go.open()
        wait_for_line(here.project / "ledger", "done")
        with ScriptedDaemon(here.socket) as second:
            process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert second.methods()[-2:] == ["task.progress", "task.complete"]
    moments = [params["at"] for _, params in second.calls][-2:]
    assert moments == sorted(moments)


def test_a_refused_note_is_reported_and_does_not_end_the_work(here: Place) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.progress":
            raise Refusal(409, "task.illegal_transition")
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        ended = here.run(tasks=(task("tsk_a", "true", "true", "true"),))
    assert ended.code == 0 and daemon.methods()[-1] == "task.complete"
    assert ended.output.count("task.progress was refused: task.illegal_transition") == 2


def test_a_note_that_a_busy_daemon_refuses_is_sent_with_the_next_call(here: Place) -> None:
    tries = itertools.count()

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.progress" and next(tries) < 1:
            raise Refusal(503, "no_space", retryable=True)
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        assert here.run(tasks=(task("tsk_a", "true", "true"),)).code == 0
    assert daemon.methods()[-2:] == ["task.progress", "task.complete"]
    assert len({params["requestId"] for method, params in daemon.calls if method == "task.progress"}) == 1


def test_a_busy_daemon_is_called_again(here: Place) -> None:
    tries = itertools.count()

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.start" and next(tries) < 2:
            raise Refusal(503, "no_space", retryable=True)
        return {}

    with ScriptedDaemon(here.socket, answer) as daemon:
        assert here.run(tasks=(task("tsk_a", "true"),)).code == 0
    assert daemon.methods().count("task.start") == 3


def test_a_report_and_the_claim_sent_with_it_are_repeated_together(here: Place) -> None:
    items = iter(["tsk_a"])
    tries = itertools.count()

    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "queue.complete" and next(tries) < 1:
            raise Refusal(503, "no_space", retryable=True)
        if method == "queue.next" and (item := next(items, None)) is not None:
            return {"item": {"taskId": item}, "task": {"id": item, "title": "t", "commands": ["echo run >> runs"]}}
        return {"closed": True}

    with ScriptedDaemon(here.socket, answer) as daemon:
        assert here.run(strategy=Strategy.QUEUE).code == 0
    assert (here.project / "runs").read_text() == "run\n"
    assert len(set(map(str, daemon.params("queue.complete")))) == 1 and daemon.methods().count("queue.complete") == 2
    assert daemon.methods()[-2:] == ["queue.complete", "queue.next"]


@pytest.mark.slow
def test_a_worker_whose_session_was_removed_leaves(here: Place) -> None:
    with here.start(tasks=(task("tsk_a", "true"),)) as process:
        assert process.stdout is not None and b"waiting for maestrod" in process.stdout.readline()
        (here.folder / "manifest.json").unlink()
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and b"has been removed" in output
