"""A failed run names the task that failed it, the same one everywhere."""

from maestrod.core.world.failure import failed_leaf, failure_of
from tests.kit.worlds.scenario import Call, Scenario, exited, group, run_of, subtask


def failed() -> Scenario:
    play = Scenario().given(run_of(group("g", subtask("a")), group("h", subtask("b"), subtask("c"))))
    play.given(Call("task.start", taskId="a", by="@g"), Call("task.complete", taskId="a", by="@g"))
    play.given(Call("task.start", taskId="b", by="@h"))
    play.given(Call("task.fail", taskId="b", by="@h", error="exit code 2: boom\nsecond line"))
    return play.given(Call("task.skip", taskId="c"))


def test_the_root_names_the_failed_task_and_its_error() -> None:
    play = failed()
    [run] = play.world.runs.values()
    root = play.world.tasks[run.root_task_id]
    assert root.status_reason is not None
    assert root.status_reason.detail == "task 'b' failed: exit code 2: boom"
    assert root.status_reason.by == play.id_of("b")
    assert run.error == "task 'b' failed: exit code 2: boom"


def test_a_failed_run_carries_the_task_its_error_and_its_session() -> None:
    play = failed()
    [run] = play.world.runs.values()
    assert run.failure is not None
    assert (run.failure.task_id, run.failure.title, run.failure.failed) == (play.id_of("b"), "b", 1)
    assert run.failure.error.endswith("second line") and run.failure.session_id == play.id_of("@h")


def test_a_resumed_run_has_not_failed() -> None:
    play = failed().given(exited("@h", "failed"))
    play.given(Call("task.retry", taskId="b"))
    [run] = play.world.runs.values()
    assert (run.status.value, run.failure, run.error) == ("running", None, None)


def test_the_task_that_failed_first_is_the_cause() -> None:
    play = Scenario().given(run_of(group("g", subtask("a")), group("h", subtask("b"))))
    for task, session in (("b", "@h"), ("a", "@g")):
        play.given(Call("task.start", taskId=task, by=session), Call("task.fail", taskId=task, by=session, error=task))
    [run] = play.world.runs.values()
    assert failed_leaf(play.world, play.world.tasks[run.root_task_id]).title == "b"
    assert run.failure is not None and (run.failure.title, run.failure.failed) == ("b", 2)


def test_a_session_that_links_to_a_failed_task_did_not_fail_it() -> None:
    play = failed().given(Call("session.register", projectId="shop", agent="other", name="me", taskIds=["b"]))
    [run] = play.world.runs.values()
    assert len(play.world.sessions_of(play.id_of("b"))) == 2
    assert run.failure is not None and run.failure.session_id == play.id_of("@h")
    assert failure_of(play.world, play.world.tasks[run.root_task_id]) == run.failure


def test_a_task_that_the_owner_fails_also_failed_in_its_session() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.given(Call("task.start", taskId="a", by="@g"), Call("task.fail", taskId="a", error="not what I meant"))
    [run] = play.world.runs.values()
    assert run.failure is not None and run.failure.session_id == play.id_of("@g")
