"""What the keys do to the daemon."""

import os
from collections.abc import Iterator

import pytest

from maestroctl.client.client import Client
from maestroctl.screen import actions
from maestroctl.screen.answering import Decided
from maestroctl.screen.fleet import Fleet
from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.errors import Malformed
from maestrod.api.local.address import paths_of
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.screen.test_fleet import session, task

FLEET = Fleet(
    {
        "task": [task("a"), task("b", "a"), task("lonely")],
        "session": [session("x", "working", "b")],
        "run": [{"id": "run_r", "projectId": "p", "rootTaskId": "tsk_a", "status": "running", "agent": "shell"}],
    }
)
X, A, B = FLEET.sessions.get("ses_x"), FLEET.tasks.get("tsk_a"), FLEET.tasks.get("tsk_b")
QUESTION = Attention("att_q", "ses_x", AttentionKind.INPUT, "go on?")


@pytest.fixture
def client(daemon: FakeDaemon) -> Iterator[Client]:
    with Client(paths_of(os.environ)) as client:
        yield client


def test_stopping_reports_what_is_left(daemon: FakeDaemon, client: Client) -> None:
    daemon.on("session.stop", {"sessionId": "ses_x", "left": 0})
    assert actions.stop(client, X) == "x stopped: 0 left"


def test_a_task_is_retried(daemon: FakeDaemon, client: Client) -> None:
    daemon.on("task.retry", {})
    assert actions.retry(client, A) == "title a: retrying"
    assert daemon.called("task.retry") == [{"taskId": "tsk_a"}]


def test_a_session_or_the_run_of_a_task_is_paused(daemon: FakeDaemon, client: Client) -> None:
    daemon.on("session.pause", {})
    daemon.on("run.pause", {})
    assert actions.pause(client, FLEET, X) == "x paused"
    assert actions.pause(client, FLEET, B) == "run paused"
    assert daemon.called("run.pause") == [{"runId": "run_r"}]
    with pytest.raises(Malformed):
        actions.pause(client, FLEET, FLEET.tasks.get("tsk_lonely"))


def test_a_question_is_answered(daemon: FakeDaemon, client: Client) -> None:
    daemon.on("attention.answer", {})
    assert actions.answer(client, QUESTION, Decided("yes")) == "answered: yes"
    actions.answer(client, QUESTION, Decided("deny for session", "too risky"))
    assert daemon.called("attention.answer") == [
        {"attentionId": "att_q", "value": "yes"},
        {"attentionId": "att_q", "value": "deny for session", "reason": "too risky"},
    ]


def test_the_question_about_a_plan_is_found_from_its_run() -> None:
    run = {"id": "run_r", "projectId": "p", "rootTaskId": "tsk_a", "status": "awaiting_approval", "agent": "shell"}
    asked = {"id": "att_p", "sessionId": "", "kind": "approval", "message": "?", "runId": "run_r", "planId": "pln_p"}
    waiting = Fleet({"task": [task("a")], "run": [run], "attention": [asked]})
    found = actions.approval(waiting, A)
    assert found is not None and found.id == "att_p"
    assert actions.approval(FLEET, A) is None


def test_the_session_to_attach_to_is_found() -> None:
    subjects = [X, QUESTION, B, A, FLEET.tasks.get("tsk_lonely"), None]
    assert [actions.session_to_attach_to(FLEET, each) for each in subjects] == ["ses_x"] * 4 + [None, None]


def test_in_a_failed_tree_the_session_is_named_that_failed() -> None:
    fleet = Fleet(
        {
            "task": [task("a") | {"status": "failed"}, task("b", "a") | {"status": "failed"}, task("c", "a")],
            "session": [session("bad", "failed", "b"), session("good", "completed", "c")],
        }
    )
    assert actions.session_to_attach_to(fleet, fleet.tasks.get("tsk_a")) == "ses_bad"
