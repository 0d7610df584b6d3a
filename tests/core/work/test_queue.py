"""Queues: one claim at a time, item and task in one commit; a dying session returns its items.

Covers ``follow.py``: what follows a task is the next item of its queue.
"""

from typing import Any

import pytest

from tests.kit.worlds.scenario import (
    Call,
    Scenario,
    Step,
    closed,
    event,
    exited,
    group,
    item,
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


def worker(*titles: str, **members: Any) -> Scenario:
    """A registered session with a queue of tasks made by hand."""
    tasks = [task(title, **members) for title in titles]
    spawn = Call("session.spawn", taskIds=list(titles), strategy="queue", name="w")
    return Scenario().given(project(), *tasks, spawn, Call("session.register", by="@w"))


def scheduled(*subtasks: dict[str, Any], **members: Any) -> Scenario:
    """A run whose one group has a queue."""
    return Scenario().given(run_of(group("g", *subtasks, strategy="queue"), **members))


CLAIM = Call("queue.next", by="@w")
DONE = Call("queue.complete", by="@w")
FAILED = Call("queue.fail", by="@w", error="no")


def test_a_claim_moves_item_and_task_in_one_decision() -> None:
    play = worker("a", "b").when(CLAIM)
    play.then(item("@w", "a", "processing"), status("a", "in_progress"), status("@w", "working"), event("queue.item"))
    assert play.reply.task.title == "a"


def test_an_item_goes_to_one_of_many_claims() -> None:
    play = worker("a", "b")
    claims = [play.when(CLAIM).reply for _ in range(5)]
    assert [claim.item is not None for claim in claims] == [True, False, False, False, False]
    play.then(nothing(), item("@w", "b", "queued"))


def test_the_last_item_closes_the_queue() -> None:
    play = worker("a").when(CLAIM, DONE).then(item("@w", "a", "completed"), status("a", "completed"), closed("@w"))
    assert play.when(CLAIM).reply.closed
    play.when(exited("@w")).then(status("@w", "completed"))


def test_an_item_waits_for_the_dependencies_of_its_task() -> None:
    play = worker("a").given(task("b", needs=["a"]), Call("queue.add", sessionId="@w", taskId="b", position=0))
    assert play.when(CLAIM).reply.task.title == "a"
    assert play.when(DONE, CLAIM).reply.task.title == "b"


def test_complete_without_a_name_means_the_item_in_progress() -> None:
    worker("a").when(DONE).then(refused("queue.item_not_found"))


@pytest.mark.parametrize(
    "verb, more, reason",
    [
        ("complete", {}, "item.illegal_transition"),
        ("fail", {"error": "x"}, "item.illegal_transition"),
        ("requeue", {}, None),
        ("skip", {}, None),
        ("remove", {}, None),
    ],
)
def test_each_action_on_a_queued_item_is_accepted_or_refused(
    verb: str, more: dict[str, Any], reason: str | None
) -> None:
    play = worker("a", "b").when(Call(f"queue.{verb}", by="@w", taskId="a", **more))
    play.then(*([refused(reason)] if reason else []))


def test_move_and_add_put_an_item_among_the_queued_ones() -> None:
    play = worker("a", "b", "c").given(CLAIM, task("d"))
    play.when(
        Call("queue.move", sessionId="@w", taskId="c", position=0),
        Call("queue.add", sessionId="@w", taskId="d", position=1),
    )
    queue = play.world.queues["que_" + play.id_of("@w")]
    assert [play.world.tasks[entry.task_id].title for entry in queue.items] == ["a", "c", "d", "b"]
    play.when(Call("queue.move", sessionId="@w", taskId="a", position=1)).then(refused("item.illegal_transition"))
    play.when(Call("queue.add", sessionId="@w", taskId="d")).then(refused("queue.has_task"))


def test_a_dying_session_returns_its_item_while_retries_are_left() -> None:
    play = worker("a", maxAttempts=2).when(CLAIM, exited("@w", "failed"))
    play.then(item("@w", "a", "queued"), member("a", "attempt", 2), status("a", "pending"), closed("@w"))
    queue = play.world.queues["que_" + play.id_of("@w")]
    assert queue.items[0].attempt == 2


def test_a_dying_session_fails_its_item_when_no_retry_is_left() -> None:
    worker("a").when(CLAIM, exited("@w", "failed")).then(item("@w", "a", "failed"), status("a", "failed"))


def test_a_dying_session_does_not_charge_items_it_had_not_claimed() -> None:
    play = scheduled(subtask("a"), subtask("b"), subtask("c"))
    play.when(Call("queue.next", by="@g"), exited("@g", "failed"))
    play.then(status("a", "failed"), member("b", "attempts", ()), status("b", "pending"), live("g"))
    assert [play.world.tasks[id_].title for id_ in play.world.sessions[play.id_of("@g")].task_ids] == ["b", "c"]


def test_a_session_that_does_nothing_fails_its_items_so_that_restarts_end() -> None:
    play = scheduled(subtask("a"), subtask("b"))
    play.when(exited("@g", "failed")).then(
        status("a", "failed"), status("b", "failed"), status("run", "failed"), live()
    )


def test_two_failures_of_one_attempt_cost_one_attempt() -> None:
    play = worker("a", "b", maxAttempts=3).when(CLAIM, FAILED).then(member("a", "attempt", 2))
    play.when(Call("queue.fail", by="@w", taskId="a", error="no")).then(nothing(), member("a", "attempt", 2))


def test_a_failed_item_can_be_requeued_and_its_task_is_retried() -> None:
    play = worker("a", "b").given(CLAIM, FAILED)
    play.when(Call("queue.requeue", by="@w", taskId="a")).then(item("@w", "a", "queued"), status("a", "pending"))
    assert play.when(CLAIM).reply.task.title == "a"


@pytest.mark.parametrize(
    "step, expected",
    [
        (Call("task.complete", taskId="a"), "completed"),
        (Call("task.fail", taskId="a", error="x"), "failed"),
        (Call("task.skip", taskId="a"), "skipped"),
        (Call("task.cancel", taskId="a"), "skipped"),
        (woke("timeout", "a"), "failed"),
    ],
)
def test_an_item_follows_its_task_when_that_moves_by_another_way(step: Step, expected: str) -> None:
    worker("a", "b", timeoutMs=5000).when(CLAIM, step).then(item("@w", "a", expected))


def test_cancelling_a_run_skips_its_queued_items() -> None:
    play = scheduled(subtask("a"), subtask("b")).given(Call("queue.next", by="@g"))
    play.when(Call("run.cancel", runId="run")).then(
        item("@g", "a", "skipped"), item("@g", "b", "skipped"), closed("@g")
    )


def test_starting_a_queued_task_directly_moves_its_item_into_progress() -> None:
    play = worker("a", "b").when(Call("task.start", by="@w", taskId="b"))
    play.then(item("@w", "b", "processing"), item("@w", "a", "queued"))
    assert play.when(CLAIM).reply.item is None


def test_a_task_is_in_one_queue_at_a_time() -> None:
    play = worker("a", "b").given(Call("session.spawn", projectId="shop", strategy="queue", name="v"))
    play.when(Call("queue.add", sessionId="@v", taskId="a")).then(refused("queue.elsewhere"))
    play.when(Call("session.spawn", taskIds=["a"], strategy="queue", name="u")).then(refused("queue.elsewhere"))
    play.when(CLAIM, DONE, Call("queue.add", sessionId="@v", taskId="a")).then(refused("task.finished"))


def test_an_empty_queue_waits_for_its_first_item() -> None:
    play = Scenario().given(project(), task("a"), Call("session.spawn", projectId="shop", strategy="queue", name="w"))
    assert not play.when(CLAIM).reply.closed
    play.when(Call("queue.add", sessionId="@w", taskId="a"), CLAIM).then(item("@w", "a", "processing"))


def test_a_units_queue_closes_when_the_rest_waits_for_others() -> None:
    """Else the slot would be held by who waits for who needs it."""
    play = Scenario().given(
        run_of(group("g", subtask("a"), subtask("b"), strategy="queue"), group("h", subtask("c")), maxSessions=1),
        Call("task.depend", taskId="b", onTaskId="c"),
        Call("queue.next", by="@g"),
        Call("queue.complete", by="@g"),
    )
    play.when(exited("@g")).then(closed("@g"), live("h"))
    play.when(Call("task.complete", by="@h", taskId="c"), exited("@h")).then(live("g"), item("@g", "b", "queued"))


def test_the_owners_queue_waits_for_others() -> None:
    play = worker("a").given(
        task("z"), task("b", needs=["z"]), Call("queue.add", sessionId="@w", taskId="b"), CLAIM, DONE
    )
    assert not play.when(CLAIM).reply.closed
    play.when(Call("task.complete", taskId="z"), CLAIM).then(item("@w", "b", "processing"))


def test_a_session_without_a_queue_says_so() -> None:
    play = Scenario().given(project(), task("a"), Call("session.spawn", taskIds=["a"], name="w"))
    play.when(CLAIM).then(refused("queue.not_found"))


def test_an_item_in_progress_cannot_be_removed_or_unlinked() -> None:
    play = worker("a", "b").given(CLAIM)
    play.when(Call("queue.remove", by="@w", taskId="a")).then(refused("item.illegal_transition"))
    play.when(Call("session.unlink", sessionId="@w", taskId="a")).then(refused("item.illegal_transition"))
    play.when(Call("session.unlink", sessionId="@w", taskId="b")).then(item("@w", "b", None))  # type: ignore[arg-type]  # it is gone
