"""The strategies in a real worker process with a scripted daemon: the order of the work, and the reports."""

from typing import Any

from maestrod.api.task import Strategy
from tests.agents.scripted_daemon import Refusal, ScriptedDaemon
from tests.agents.worker_process import Place
from tests.core.prompts.manifests import task


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


def test_a_task_that_a_person_skipped_is_not_a_failure(here: Place) -> None:
    def answer(method: str, params: dict[str, Any]) -> Any:
        if method == "task.start":
            raise Refusal(409, "task.illegal_transition")
        return {"status": "skipped", "completedAt": 1}

    with ScriptedDaemon(here.socket, answer):
        assert here.run(tasks=(task("tsk_a", "false"),)).code == 0


def test_a_queue_is_claimed_until_it_is_empty(here: Place) -> None:
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
