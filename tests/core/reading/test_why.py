"""Explanations of a session's state."""

from typing import Any

import msgspec
import pytest

from maestrod.api.attention import Attention, AttentionKind
from maestrod.api.life import Finishing, Stopping, Up
from maestrod.api.message import Message, MessageKind, MessageStatus
from maestrod.api.process import Exit
from maestrod.api.reason import Reason, Source
from maestrod.api.run import Run, RunStatus
from maestrod.api.session import Role, Session, SessionRef, SessionStatus, StandingAnswer, Terminal
from maestrod.api.system import System
from maestrod.api.task import Task, TaskStatus
from maestrod.api.turn import Outcome, PastTurn, RunningTurn, Wait
from maestrod.core.reading.why import why
from maestrod.core.values.command import OWNER
from maestrod.core.world.world import World


def reason(code: str, at: int, detail: str = "", by: str | None = None) -> Reason:
    return Reason(source=Source.PROCESS, code=code, detail=detail, at=at, by=by)


def session(**members: Any) -> Session:
    given: dict[str, Any] = {
        "status": SessionStatus.IDLE,
        "status_reason": reason("registered", 5, "the agent registered"),
    } | members
    return Session(id="ses_1", project_id="p", name="parser", role=Role.WORKER, agent="shell", **given)


ENDED: dict[str, Any] = {"status": SessionStatus.FAILED}


def explanation(*entities: Any) -> str:
    world = World()
    for entity in entities:
        world.put(entity)
    return "\n".join(why(world, SessionRef(session_id="ses_1"), OWNER).explanation)


@pytest.mark.parametrize("status", SessionStatus)
def test_every_status_has_its_meaning(status: SessionStatus) -> None:
    assert f"parser is {status.value}: " in explanation(session(status=status))


@pytest.mark.parametrize(
    "members, sentence",
    [
        ({}, "registered, according to the process (the agent registered)"),
        ({"status_reason": None}, "parser is idle"),
        ({**ENDED, "exit": Exit(code=2, detail="no such file")}, "its process exited with code 2: no such file"),
        ({**ENDED, "exit": Exit(signal="KILL", reason="killed")}, "was ended by SIGKILL: killed"),
        ({**ENDED, "exit": Exit()}, "its process ended, but its exit code was not recorded"),
        ({"live": Up(ending=Stopping(reason=reason("stopped", 6)))}, "is being stopped"),
        (
            {"live": Up(paused=True)},
            "parser is paused: its processes are stopped by SIGSTOP until it is resumed\nto resume: maestroctl resume ses_1",
        ),
        ({"terminal": Terminal.EXTERNAL}, "started by hand"),
    ],
)
def test_the_state_of_a_session_is_explained(members: dict[str, Any], sentence: str) -> None:
    assert sentence in explanation(session(**members))


def test_questions_and_unfinished_tasks_are_named() -> None:
    done = Task(id="t1", project_id="p", title="done", status=TaskStatus.COMPLETED)
    blocked = Task(
        id="t2", project_id="p", title="wait", status=TaskStatus.BLOCKED, status_reason=reason("dependency", 9, by="t3")
    )
    question = Attention(id="att_1", session_id="ses_1", kind=AttentionKind.PERMISSION, message="delete it?")
    words = explanation(session(task_ids=("t1", "t2", "gone")), done, blocked, question)
    assert "it waits for a person (permission): delete it?" in words
    assert "task 'wait' is blocked: dependency, according to the process by t3" in words
    assert "'done'" not in words


def test_the_newest_evidence_comes_first() -> None:
    world = World()
    world.put(Task(id="t", project_id="p", title="t", status_reason=reason("newer", 9)))
    world.put(session(task_ids=("t",)))
    answer = why(world, SessionRef(session_id="ses_1"), OWNER)
    assert [found.code for found in answer.evidence] == ["newer", "registered"]
    assert msgspec.json.encode(answer)


@pytest.mark.parametrize(
    "members, sentence",
    [
        ({"turn": RunningTurn(doing="Bash: make")}, "is working on a prompt, according to the hook: Bash: make"),
        (
            {"turn": PastTurn(outcome=Outcome.FAILED, code="api_error", detail="500")},
            "turn ended: failed (api_error: 500)",
        ),
        ({"turn": PastTurn(outcome=Outcome.COMPLETED, background=2)}, "2 background tasks of that turn still run"),
        (
            {"wait": Wait("usage", 9, 5, "5-hour limit")},
            "waits for a usage limit of shell (5-hour limit): it resumes by itself",
        ),
        ({"wait": Wait("rate", 9, 5, guessed=True)}, "its end is unknown"),
        ({"wait": Wait("rate", 9, 5, due=True)}, "the limit has ended, and it waits for a free slot"),
        ({"wait": Wait("rate", 9, 5)}, "its process has ended"),
        ({"ending": Finishing()}, "its agent may exit"),
    ],
)
def test_why_names_what_the_agent_does_and_waits_for(members: dict[str, Any], sentence: str) -> None:
    assert sentence in explanation(session(live=Up(**members)))


def test_waiting_messages_are_mentioned() -> None:
    waiting = Message(id="msg_1", session_id="ses_1", kind=MessageKind.PROMPT, status=MessageStatus.QUEUED)
    assert "1 message waits for it" in explanation(session(), waiting)
    assert "waits for it" not in explanation(session(live=Up(turn=RunningTurn())), waiting)


def test_the_evidence_is_every_sign_with_its_source_newest_first() -> None:
    world = World()
    turn = PastTurn(since=30, source=Source.STREAM, outcome=Outcome.LIMIT)
    wait = Wait("usage", 99, 40, "5-hour limit")
    world.put(session(live=Up(turn=turn, wait=wait), last_activity=50))
    world.put(Attention("att_1", "ses_1", AttentionKind.STALLED, "says nothing", opened_at=60))
    found = why(world, SessionRef(session_id="ses_1"), OWNER).evidence
    assert [(each.at, each.source.value, each.code) for each in found] == [
        (60, "timer", "asks"),
        (50, "process", "heard"),
        (40, "stream", "limit"),
        (30, "stream", "turn_ended"),
        (5, "process", "registered"),
    ]


def test_a_wait_beyond_the_maximum_needs_a_person_and_others_end_by_themselves() -> None:
    limited = Attention("att_1", "ses_1", AttentionKind.LIMIT, "limited", opened_at=6)
    assert "waits for a person" not in explanation(session(live=Up(wait=Wait("usage", 9, 5))), limited)
    assert "waits for a person (limit)" in explanation(session(), msgspec.structs.replace(limited, deadline=9))


@pytest.mark.parametrize(
    "members, source",
    [
        ({"kind": AttentionKind.PERMISSION}, Source.HOOK),
        ({"kind": AttentionKind.PERMISSION, "on_stream": True}, Source.STREAM),
        ({"kind": AttentionKind.INPUT}, Source.REPORT),
        ({"kind": AttentionKind.STALLED}, Source.TIMER),
    ],
)
def test_the_evidence_of_a_question_names_its_source(members: dict[str, Any], source: Source) -> None:
    world = World()
    world.put(session())
    world.put(Attention(id="att_1", session_id="ses_1", message="?", opened_at=60, **members))
    assert why(world, SessionRef(session_id="ses_1"), OWNER).evidence[0].source is source


@pytest.mark.parametrize(
    "source, who",
    [
        (Source.TIMER, "one of its tasks timed out"),
        (Source.USER, "a user stopped it"),
        (Source.RECOVERY, "the daemon stopped it when it stopped itself"),
        (Source.PLAN, "the daemon stopped it"),
    ],
)
def test_why_names_who_stopped_a_session(source: Source, who: str) -> None:
    stopped = Reason(source=source, code="x", detail="", at=5)
    words = explanation(session(status=SessionStatus.STOPPED, status_reason=stopped))
    assert who in words
    assert source is Source.USER or "somebody" not in words


def test_answers_that_hold_for_the_session_are_listed() -> None:
    kept = StandingAnswer(tool="Bash", digest="d", value="deny", message="claude wants to use Bash: git push")
    assert (
        "answered deny for every identical request of this session: claude wants to use Bash: git push"
        in explanation(session(standing=(kept,)))
    )


def test_a_session_is_paused_with_its_run_and_with_everything() -> None:
    run = Run(id="run_1", project_id="p", root_task_id="tsk_1", status=RunStatus.RUNNING, agent="shell", paused=True)
    words = explanation(session(run_id="run_1"), run)
    assert words.startswith(
        "parser is paused: its run is paused\nto resume: maestroctl resume run_1\nits status is idle: "
    )
    assert "paused" not in explanation(session(run_id="run_1", **ENDED), run)
    frozen = explanation(session(), System(frozen=True))
    assert frozen.startswith("parser is paused: everything is frozen\nto resume: maestroctl thaw\n")
