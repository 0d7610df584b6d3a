"""The connection, as a real process against a scripted daemon: it outlives the daemon and repeats nothing twice."""

import itertools
from typing import Any

import pytest

from maestrod.api.task import Strategy
from tests.agents.scripted_daemon import Hangup, Refusal, ScriptedDaemon
from tests.agents.worker_process import PATIENCE, Place
from tests.core.manifests import task


def test_every_call_carries_the_token_and_a_request_id_of_its_own(here: Place) -> None:
    with ScriptedDaemon(here.socket) as daemon:
        here.run(tasks=(task("tsk_a", "true"),))
    assert {params["sessionToken"] for _, params in daemon.calls} == {"ses_1.2.abc"}
    assert [params["requestId"] for _, params in daemon.calls] == [f"shell.ses_1.2.{number}" for number in (1, 2, 3)]


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
