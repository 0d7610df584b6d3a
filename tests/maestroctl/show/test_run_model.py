"""A client's model of a run: applying events gives the same as reading it again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.show.run_model import RunModel
from maestrod.api.errors import VersionMismatch
from maestrod.api.event import Event
from maestrod.api.run import RunStatus
from maestrod.api.task import TaskStatus
from tests.kit.clients.entities import QUESTION, RUN, SESSION, TASK, session, task

CHILD = "tsk_0000000000000000000000000c"


def view(**members: Any) -> dict[str, Any]:
    run = {"id": RUN, "projectId": "p", "rootTaskId": TASK, "status": "running", "agent": "shell", "createdAt": 1000}
    return {"seq": 10, "run": run, "tasks": [task(), task(id=CHILD, parentId=TASK, title="Child")], **members}


def event(type_: str, identity: str, seq: int = 11, session_id: str | None = None, **data: Any) -> Event:
    return Event(seq=seq, at=seq, type=type_, id=identity, session_id=session_id, root_id=TASK, data=data)


def test_a_change_affects_only_the_members_it_names() -> None:
    model = RunModel(view())
    model.apply(event("task.status", CHILD, status="completed", progress=1.0))
    assert model.tasks.get(CHILD).status is TaskStatus.COMPLETED
    assert model.tasks.get(CHILD).title == "Child"
    assert model.root.status is TaskStatus.PENDING
    assert model.seq == 11


def test_created_and_deleted_entities_appear_and_disappear() -> None:
    model = RunModel(view())
    other = "tsk_0000000000000000000000000d"
    model.apply(event("task.created", other, **task(id=other, parentId=CHILD)))
    assert {found.id for found in model.leaves()} == {other}
    model.apply(event("task.deleted", other))
    assert {found.id for found in model.leaves()} == {CHILD}


def test_the_end_of_the_run_is_noticed() -> None:
    model = RunModel(view())
    assert (model.ended, model.run.status) == (False, RunStatus.RUNNING)
    model.apply(event("run.status", RUN, status="failed"))
    assert (model.ended, model.run.status) == (True, RunStatus.FAILED)


def test_sessions_and_questions_of_the_run_appear() -> None:
    model = RunModel(view())
    model.apply(event("session.created", SESSION, **session(runId=RUN)))
    question: dict[str, Any] = {"id": QUESTION, "sessionId": SESSION, "kind": "input", "message": "deploy?"}
    model.apply(event("attention.created", QUESTION, session_id=SESSION, **question))
    assert [found.id for found in model.live_sessions()] == [SESSION]
    assert [found.id for found in model.questions()] == [QUESTION]
    assert model.stuck()
    model.apply(event("attention.updated", QUESTION, answer={"by": "user", "at": 1, "value": "yes"}))
    assert not model.stuck()
    assert model.questions() == []


def test_a_run_with_a_session_at_work_is_not_stuck() -> None:
    other = "ses_0000000000000000000000000x"
    question: dict[str, Any] = {"id": QUESTION, "sessionId": SESSION, "kind": "input", "message": "deploy?"}
    model = RunModel(view(sessions=[session(), session(id=other)], attention=[question]))
    assert not model.stuck()
    model.apply(event("session.status", other, status="completed"))
    assert model.stuck()


def test_a_run_that_waits_for_a_limit_is_stuck_only_if_a_person_must_act() -> None:
    limit: dict[str, Any] = {"id": QUESTION, "sessionId": SESSION, "kind": "limit", "message": "limited"}
    assert not RunModel(view(sessions=[session()], attention=[limit])).stuck()
    assert RunModel(view(sessions=[session()], attention=[{**limit, "deadline": 5}])).stuck()


@pytest.mark.parametrize(
    "kind, identity",
    [
        ("run.status", "run_00000000000000000000000009"),
        ("session.created", "ses_00000000000000000000000009"),
        ("attention.created", "att_00000000000000000000000009"),
        ("queue.item", "que_x"),
        ("timeline.added", "evt_x"),
    ],
)
def test_events_of_other_runs_change_nothing(kind: str, identity: str) -> None:
    model = RunModel(view())
    model.apply(event(kind, identity, session_id="ses_00000000000000000000000009", id=identity))
    assert (list(model.sessions), list(model.attention), model.run.status) == ([], [], RunStatus.RUNNING)


STATUS = st.sampled_from([status.value for status in TaskStatus])


@given(st.lists(st.tuples(st.sampled_from([TASK, CHILD]), STATUS, st.floats(0, 1)), max_size=20))
def test_applying_changes_one_by_one_equals_reading_again(changes: list[tuple[str, str, float]]) -> None:
    model, truth = RunModel(view()), view()
    for seq, (identity, status, progress) in enumerate(changes, 11):
        model.apply(event("task.status", identity, seq, status=status, progress=progress))
        next(found for found in truth["tasks"] if found["id"] == identity).update(status=status, progress=progress)
    assert list(model.tasks) == list(RunModel(truth).tasks)


def test_an_unknown_status_is_a_mismatch_and_no_crash() -> None:
    model = RunModel(view())
    model.apply(event("task.status", CHILD, status=7))
    with pytest.raises(VersionMismatch, match="status"):
        model.tasks.get(CHILD)


def test_an_unknown_status_of_a_newer_daemon_is_accepted() -> None:
    model = RunModel(view())
    model.apply(event("task.status", CHILD, status="sublimated"))
    assert model.tasks.get(CHILD).status.value == "sublimated"
