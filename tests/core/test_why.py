"""Why a session is as it is, in words."""

from typing import Any

import msgspec
import pytest

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.reason import Reason, Source
from maestrod.api.session import Exit, Role, Session, SessionRef, SessionStatus, Terminal
from maestrod.api.task import Task, TaskStatus
from maestrod.core.command import OWNER
from maestrod.core.why import why
from maestrod.core.world import World


def reason(code: str, at: int, detail: str = "", by: str | None = None) -> Reason:
    return Reason(source=Source.PROCESS, code=code, detail=detail, at=at, by=by)


def session(**members: Any) -> Session:
    given: dict[str, Any] = {
        "status": SessionStatus.IDLE,
        "status_reason": reason("registered", 5, "the agent registered"),
    } | members
    return Session(id="ses_1", project_id="p", name="parser", role=Role.WORKER, agent="shell", **given)


def told(*entities: Any) -> str:
    world = World()
    for entity in entities:
        world.put(entity)
    return "\n".join(why(world, SessionRef(session_id="ses_1"), OWNER).explanation)


@pytest.mark.parametrize("status", SessionStatus)
def test_every_status_has_its_meaning(status: SessionStatus) -> None:
    assert f"parser is {status.value}: " in told(session(status=status))


@pytest.mark.parametrize(
    "members, sentence",
    [
        ({}, "registered, known from process (the agent registered)"),
        ({"status_reason": None}, "parser is idle"),
        ({"exit": Exit(code=2, detail="no such file")}, "its process exited with code 2: no such file"),
        ({"exit": Exit(signal=9, reason="killed")}, "was ended by signal 9: killed"),
        ({"exit": Exit()}, "its process ended in a way nobody saw"),
        ({"stopping": True}, "was told to stop"),
        ({"paused": True}, "it is paused"),
        ({"terminal": Terminal.EXTERNAL}, "started by hand"),
    ],
)
def test_what_is_known_is_said(members: dict[str, Any], sentence: str) -> None:
    assert sentence in told(session(**members))


def test_questions_and_unfinished_tasks_are_named() -> None:
    done = Task(id="t1", project_id="p", title="done", status=TaskStatus.COMPLETED)
    blocked = Task(
        id="t2", project_id="p", title="wait", status=TaskStatus.BLOCKED, status_reason=reason("dependency", 9, by="t3")
    )
    question = Attention(id="att_1", session_id="ses_1", kind=AttentionKind.PERMISSION, message="delete it?")
    words = told(session(task_ids=("t1", "t2", "gone")), done, blocked, question)
    assert "it waits for a person (permission): delete it?" in words
    assert "task 'wait' is blocked: dependency, known from process by t3" in words
    assert "'done'" not in words


def test_the_newest_evidence_comes_first() -> None:
    world = World()
    world.put(Task(id="t", project_id="p", title="t", status_reason=reason("newer", 9)))
    world.put(session(task_ids=("t",)))
    answer = why(world, SessionRef(session_id="ses_1"), OWNER)
    assert [found.code for found in answer.evidence] == ["newer", "registered"]
    assert msgspec.json.encode(answer)
