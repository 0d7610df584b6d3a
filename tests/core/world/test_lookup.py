"""Lookups report what is missing."""

import pytest

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.errors import Malformed, NotFound
from maestrod.api.project import Project
from maestrod.api.run import Run, RunStatus
from maestrod.core.world.lookup import named_session, open_questions, require
from maestrod.core.world.world import World


def test_an_existing_entity_is_found() -> None:
    project = Project(id="p", name="n", working_dir="/")
    assert require({"p": project}, "project", "p") is project


def test_an_unknown_entity_is_reported_by_kind_and_shortened_id() -> None:
    with pytest.raises(NotFound) as caught:
        require({}, "task", "x" * 10_000)
    assert caught.value.reason == "task.not_found" and len(caught.value.message) < 200


def test_a_session_must_be_named() -> None:
    assert named_session("s") == "s"
    with pytest.raises(Malformed):
        named_session(None)


@pytest.mark.parametrize("status", RunStatus)
def test_three_states_end_a_run(status: RunStatus) -> None:
    run = Run(id="r", project_id="p", root_task_id="t", status=status, agent="shell")
    assert run.status.is_over == (status.value in {"completed", "failed", "cancelled"})


def test_open_questions_come_oldest_first() -> None:
    world = World()
    for id_, session in (("att_2", "a"), ("att_1", "b"), ("att_3", "a"), ("att_4", "c")):
        world.put(Attention(id=id_, session_id=session, kind=AttentionKind.INPUT, message="?"))
    assert [question.id for question in open_questions(world, ("a", "b"))] == ["att_1", "att_2", "att_3"]
