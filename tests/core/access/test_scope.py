"""Access: who may change what, and which attempt still counts."""

from typing import Any

import pytest

from tests.kit.worlds.scenario import (
    Call,
    Scenario,
    exited,
    group,
    nothing,
    project,
    refused,
    run_of,
    status,
    subtask,
    task,
)

GROUPS = (group("g", subtask("a")), group("h", subtask("b")))


def workers() -> Scenario:
    return Scenario().given(run_of(*GROUPS))


def orchestrated() -> Scenario:
    """An orchestrator on ``root`` (with ``a`` below), a worker it started, and a stranger on ``z``."""
    return Scenario().given(
        project(),
        project("far"),
        task("root"),
        task("a", under="root"),
        task("z"),
        Call("session.spawn", taskIds=["root"], role="orchestrator", name="o"),
        Call("session.spawn", by="@o", taskIds=["a"], name="w"),
        Call("session.spawn", taskIds=["z"], name="stranger"),
    )


def test_a_stale_attempt_is_refused() -> None:
    play = workers().when(Call("task.complete", by="@g", attempt=2, taskId="a"))
    play.then(refused("session.stale_attempt"), nothing(), status("a", "pending"))


def test_an_ended_session_is_refused() -> None:
    play = workers().given(exited("@g", "failed"))
    play.when(Call("task.complete", by="@g", taskId="a")).then(refused("session.ended"))


def test_an_unknown_session_is_refused() -> None:
    play = workers()
    play.world.sessions = dict(play.world.sessions)
    from maestrod.api.errors import NotAllowed
    from maestrod.core.access.scope import check_actor
    from maestrod.core.values.command import Actor

    with pytest.raises(NotAllowed) as refused:
        check_actor(play.world, Actor("ses_none", 1))
    assert refused.value.reason == "session.unknown"


@pytest.mark.parametrize(
    "method, params, reason",
    [
        ("task.complete", {"taskId": "b"}, "task.not_yours"),
        ("task.update", {"taskId": "b", "title": "x"}, "task.not_yours"),
        ("task.cancel", {"taskId": "root"}, "task.not_yours"),
        ("task.create", {"title": "x", "parentId": "b"}, "task.not_yours"),
        ("task.create", {"title": "x", "projectId": "shop"}, "task.needs_parent"),
        ("task.depend", {"taskId": "b", "onTaskId": "a"}, "task.not_yours"),
        ("session.report", {"sessionId": "@h", "message": "x"}, "session.not_yours"),
        ("session.stop", {"sessionId": "@h"}, "session.not_yours"),
        ("session.report", {"message": "x", "taskId": "b"}, "task.not_yours"),
        ("session.spawn", {"taskIds": ["a"]}, "session.not_orchestrator"),
        ("session.link", {"sessionId": "@g", "taskId": "b"}, "task.not_yours"),
        ("queue.next", {"sessionId": "@h"}, "session.not_yours"),
        ("attention.ask", {"message": "?", "taskId": "b"}, "task.not_yours"),
        ("plan.submit", {"taskId": "root", "plan": {"groups": []}}, "task.not_yours"),
    ],
)
def test_a_worker_may_change_only_its_own(method: str, params: dict[str, Any], reason: str) -> None:
    workers().when(Call(method, by="@g", **params)).then(refused(reason), nothing())


@pytest.mark.parametrize(
    "method, params",
    [
        ("task.update", {"taskId": "a", "title": "a"}),
        ("task.create", {"title": "x", "parentId": "root"}),
        ("session.report", {"sessionId": "@w", "message": "x"}),
        ("session.stop", {"sessionId": "@w"}),
        ("session.pause", {"sessionId": "@w"}),
        ("task.complete", {"taskId": "a"}),
    ],
)
def test_an_orchestrator_may_change_its_tree_and_what_it_started(method: str, params: dict[str, Any]) -> None:
    play = orchestrated().given(Call(method, by="@o", **params))
    assert play.world.sessions[play.id_of("@w")].parent_session_id == play.id_of("@o")


@pytest.mark.parametrize(
    "method, params, reason",
    [
        ("task.update", {"taskId": "z", "title": "x"}, "task.not_yours"),
        ("session.stop", {"sessionId": "@stranger"}, "session.not_yours"),
        ("session.spawn", {"taskIds": ["z"]}, "task.not_yours"),
        ("session.spawn", {"projectId": "far"}, "project.not_yours"),
        ("session.spawn", {"workingDir": "/etc"}, "project.not_yours"),
    ],
)
def test_and_nothing_else(method: str, params: dict[str, Any], reason: str) -> None:
    orchestrated().when(Call(method, by="@o", **params)).then(refused(reason), nothing())


def test_a_worker_may_not_stop_its_orchestrator() -> None:
    orchestrated().when(Call("session.stop", by="@w", sessionId="@o")).then(refused("session.not_yours"))


def test_the_owner_has_to_name_a_session() -> None:
    workers().when(Call("queue.next")).then(refused("session.missing"))
