"""The life of a task, and the task methods: create, update, delete, report, retry, cancel."""

from typing import Any

import pytest

from maestrod.core.values.effects import Stop
from tests.kit.worlds.scenario import (
    Call,
    Later,
    Scenario,
    effect,
    event,
    exited,
    group,
    live,
    member,
    nothing,
    project,
    refused,
    run_of,
    status,
    subtask,
    task,
    woke,
)


def one(*titles: str, **members: Any) -> Scenario:
    return Scenario().given(project(), *(task(title, **members) for title in titles or ("a",)))


def report(verb: str, title: str = "a", **more: Any) -> Call:
    needed: dict[str, Any] = {"error": "no"} if verb == "fail" else {}
    return Call(f"task.{verb}", taskId=title, **needed, **more)


@pytest.mark.parametrize(
    "verb, expected, entry",
    [
        ("start", "in_progress", "task_started"),
        ("progress", "in_progress", "task_started"),
        ("complete", "completed", "task_completed"),
        ("fail", "failed", "task_failed"),
        ("skip", "skipped", "task_skipped"),
        ("block", "blocked", "task_blocked"),
    ],
)
def test_a_report_moves_a_leaf_and_leaves_an_entry(verb: str, expected: str, entry: str) -> None:
    play = one().when(report(verb)).then(status("a", expected))
    assert entry in [found.data["type"] for found in play.last if found.type == "timeline.added"]


def test_a_repeated_report_succeeds_and_changes_nothing() -> None:
    for verb in ("start", "complete", "skip"):
        one().given(report(verb)).when(report(verb)).then(nothing())


def test_completed_work_stays_completed() -> None:
    play = one().given(report("complete"))
    for verb in ("start", "fail", "skip", "block"):
        play.when(report(verb)).then(refused("task.illegal_transition"))
    play.when(Call("task.retry", taskId="a")).then(refused("task.illegal_transition"))


def test_progress_is_stored_and_published() -> None:
    play = one().when(report("progress", progress=0.25, message="quarter")).then(member("a", "progress", 0.25))
    play.when(report("complete", summary="all of it")).then(
        member("a", "progress", 1.0), member("a", "result.summary", "all of it")
    )


def test_a_parent_moves_only_with_its_children() -> None:
    play = one("p").given(task("c", under="p"))
    for verb in ("start", "progress", "complete", "fail", "skip", "block"):
        play.when(report(verb, "p")).then(refused("task.has_subtasks"))


def test_waiting_tasks_cannot_begin_but_be_skipped_or_cancelled() -> None:
    play = one("a").given(task("b", needs=["a"])).then(status("b", "blocked"))
    for verb in ("start", "complete", "fail", "block"):
        play.when(report(verb, "b")).then(refused("task.waits"))
    play.when(report("skip", "b")).then(status("b", "skipped"))


def test_a_subtask_cannot_begin_before_its_group_may() -> None:
    play = one("a").given(task("p", needs=["a"]), task("c", under="p"))
    play.when(report("start", "c")).then(refused("task.waits"))
    play.when(report("complete", "a"), report("start", "c")).then(status("p", "in_progress"))


def test_a_blocked_report_names_what_blocks_it() -> None:
    play = one("a", "b").when(report("block", "b", reason="needs a key", byTaskId="a"))
    play.then(member("b", "status_reason.code", "reported"), member("b", "status_reason.by", play.id_of("a")))
    play.when(report("start", "b")).then(status("b", "in_progress"))
    play.when(report("block", "b", byTaskId="tsk_none")).then(refused("task.not_found"))


def test_a_timeout_fails_the_attempt_and_stops_the_session() -> None:
    play = Scenario().given(
        run_of(group("g", subtask("a", timeoutMs=5000, maxAttempts=2))), Call("task.start", by="@g", taskId="a")
    )
    play.when(Later(5000), woke("timeout", "a")).then(
        status("a", "pending"), effect(Stop, "@g"), member("a", "attempt", 2)
    )
    play.when(exited("@g"), woke("retry", "a")).then(live("g"))


def test_a_deadline_that_no_longer_exists_wakes_nobody() -> None:
    play = one(timeoutMs=5000).given(report("start"), report("complete"))
    play.when(woke("timeout", "a")).then(nothing())


def test_a_leaf_that_was_given_subtasks_loses_its_own_timeout() -> None:
    """It was failed as if it were still a leaf, and the fact was refused."""
    play = one(timeoutMs=5000).given(report("start"), task("c", under="a"))
    assert not play.world.deadlines
    play.when(woke("timeout", "a")).then(nothing())


# -- retry and cancel ----------------------------------------------------------------------------


def test_retry_gives_one_more_attempt() -> None:
    play = one().given(report("fail")).when(Call("task.retry", taskId="a"))
    play.then(
        status("a", "pending"), member("a", "attempt", 2), member("a", "max_attempts", 2), member("a", "result", None)
    )


def test_retry_does_not_wait_for_the_backoff() -> None:
    play = one(maxAttempts=2, backoffMs=60_000).given(report("fail")).when(Call("task.retry", taskId="a"))
    play.then(member("a", "not_before", None), member("a", "attempt", 2))


def test_retry_of_a_tree_retries_what_failed() -> None:
    play = one("p").given(task("x", under="p"), task("y", under="p"), task("z", under="p"))
    play.given(report("fail", "x"), report("complete", "y"), report("cancel", "z")).then(status("p", "failed"))
    play.when(Call("task.retry", taskId="p"))
    play.then(status("x", "pending"), status("y", "completed"), status("z", "pending"), status("p", "in_progress"))


def test_retrying_running_or_completed_work_is_refused() -> None:
    play = one("p").given(task("x", under="p"), task("y", under="p"))
    play.given(report("complete", "x"), report("start", "y"))
    play.when(Call("task.retry", taskId="p")).then(refused("task.illegal_transition"))
    play.given(report("complete", "y")).when(Call("task.retry", taskId="p")).then(refused("task.illegal_transition"))


def test_a_retry_can_be_repeated() -> None:
    play = one("p").given(task("x", under="p"), report("fail", "x"), Call("task.retry", taskId="p"))
    play.when(Call("task.retry", taskId="p")).then(nothing())


def test_cancel_covers_the_subtree_and_stops_sessions_with_nothing_left() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"), subtask("b")), group("h", subtask("c"))))
    play.when(report("cancel", "g", reason="no need")).then(
        status("a", "cancelled"), status("b", "cancelled"), status("g", "cancelled")
    )
    play.then(effect(Stop, "@g"), effect(Stop, "@h", 0), status("c", "pending"), status("run", "running"))


def test_cancelling_one_of_two_tasks_leaves_the_session_at_work() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"), subtask("b"))))
    play.when(report("cancel", "a")).then(effect(Stop, count=0), status("b", "pending"))


# -- making, changing, removing ------------------------------------------------------------------


def test_a_subtask_belongs_to_its_parent_s_project() -> None:
    play = one("p").given(project("far"), task("c", under="p"))
    play.then(member("c", "project_id", play.id_of("shop")))
    play.when(Call("task.create", title="x", parentId="p", projectId="far")).then(refused("task.other_project"))
    play.when(Call("task.create", title="x")).then(refused("project.missing"))
    play.when(Call("task.create", title="x", projectId="prj_none")).then(refused("project.not_found"))
    play.when(task("x", needs=["tsk_none"])).then(refused("task.not_found"))


def test_ended_tasks_accept_no_more_subtasks() -> None:
    one().given(report("complete")).when(task("c", under="a")).then(refused("task.closed"))


def test_a_task_does_not_become_a_parent_while_a_worker_has_it() -> None:
    play = one().given(Call("session.spawn", taskIds=["a"], name="w"), Call("task.start", by="@w", taskId="a"))
    play.when(task("c", under="a")).then(refused("task.closed"))


def test_update_changes_only_the_given_members() -> None:
    play = (
        one()
        .when(Call("task.update", taskId="a", priority="high"))
        .then(member("a", "priority.value", "high"), event("task.updated"))
    )
    play.when(Call("task.update", taskId="a", priority="high")).then(nothing())


@pytest.mark.parametrize(
    "members, path",
    [
        ({"commands": ["true", "echo a\0b"]}, "$.commands[1]"),
        ({"checks": ["中" * 50_000]}, "$.checks[0]"),
        ({"paths": ["src", "../up"]}, "$.paths[1]"),
    ],
)
def test_commands_that_no_worker_could_run_are_refused_with_their_place(members: dict[str, Any], path: str) -> None:
    for call in (
        Call("task.create", title="b", projectId="shop", **members),
        Call("task.update", taskId="a", **members),
    ):
        play = one("a").when(call)
        assert play.refusal is not None and play.refusal.details == {"path": path}


def test_delete_takes_the_subtree_but_not_what_others_need() -> None:
    play = one("a").given(task("b", under="a"), task("c", needs=["b"]))
    play.when(Call("task.delete", taskId="a")).then(refused("task.needed"), nothing())
    play.when(Call("task.delete", taskId="a", cascade=True)).then(event("task.deleted", 2), status("c", "pending"))
    assert [found.title for found in play.world.tasks.values()] == ["c"]
    deleted = [found for found in play.last if found.type == "task.deleted"]
    assert all(found.project_id and found.root_id for found in deleted), "subscribers filter by these"


def test_delete_is_refused_while_a_session_works_or_a_run_needs_it() -> None:
    play = Scenario().given(run_of(group("g", subtask("a"))))
    play.when(Call("task.delete", taskId="a")).then(refused("task.in_use"))
    play.when(Call("task.delete", taskId="root")).then(refused("task.in_run"))


def test_ids_rise_in_the_order_of_making() -> None:
    play = one("a", "b", "c").given(run_of(group("g", subtask("x"), subtask("y")), group("h", subtask("z"))))
    assert list(play.world.tasks) == sorted(play.world.tasks)


def test_a_task_that_an_orchestrator_does_itself_ends_with_its_session() -> None:
    play = Scenario().given(project(), task("root"))
    run = Call("run.start", taskId="root", planner=["plan"], agent="shell")
    play.given(run, Call("task.create", by="@plan: root", parentId="root", title="own"))
    play.when(Call("task.start", by="@plan: root", taskId="own")).then(status("own", "in_progress"))
    assert play.id_of("own") in play.world.sessions[play.id_of("@plan: root")].task_ids
    play.when(exited("@plan: root", "failed")).then(status("own", "failed"))
