"""The prompt for approving a plan where its run is watched."""

from collections.abc import Iterator
from typing import Any

import pytest

from maestroctl.show import approval_prompt
from maestroctl.show.run_model import RunModel
from maestrod.api.errors import Conflict
from maestrod.api.event import Event
from tests.kit.clients.entities import PLAN, QUESTION, RUN, TASK, task


class Scripted:
    """A client and a follower in one: what is answered is recorded, and then the run goes on."""

    def __init__(self, refusal: Exception | None = None) -> None:
        run = {"id": RUN, "projectId": "p", "rootTaskId": TASK, "status": "awaiting_approval", "agent": "shell"}
        asked: dict[str, Any] = {
            "id": QUESTION,
            "sessionId": "",
            "runId": RUN,
            "planId": PLAN,
            "kind": "approval",
            "message": "Approve?",
        }
        asked |= {"number": 7, "options": ["approve", "reject"]}
        self.model = RunModel({"seq": 1, "run": {**run, "planId": PLAN}, "tasks": [task()], "attention": [asked]})
        self.answers: list[dict[str, Any]] = []
        self.refusal = refusal

    def raw(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.answers.append(params)
        self.answered()
        if self.refusal is not None:
            raise self.refusal
        return {}

    def answered(self) -> None:
        data = {"answer": {"by": "user", "at": 1, "value": "approve"}}
        self.model.apply(Event(seq=2, at=2, type="attention.updated", id=QUESTION, root_id=TASK, data=data))

    def poll(self, timeout: float) -> list[Event]:
        self.answered()
        return []


def ask(play: Scripted, *typed: str | None) -> bool:
    lines: Iterator[str | None] = iter(typed)
    return approval_prompt.ask(play, play, lambda: next(lines))  # type: ignore[arg-type]  # it is both, as far as it is used


@pytest.mark.parametrize(
    "line, value, reason",
    [("y", "approve", ""), ("yes", "approve", ""), ("n", "reject", ""), ("no, too coarse", "reject", "too coarse")],
)
def test_one_word_answers_the_question_in_the_inbox(line: str, value: str, reason: str) -> None:
    play = Scripted()
    assert ask(play, line + "\n")
    assert play.answers == [{"attentionId": QUESTION, "value": value, "reason": reason}]


def test_an_unclear_answer_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    play = Scripted()
    assert ask(play, "\n", "perhaps\n", "y\n")
    assert [given["value"] for given in play.answers] == ["approve"]
    assert capsys.readouterr().out.count("Approve this plan?") == 3


def test_an_answer_from_another_place_ends_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    play = Scripted()
    assert ask(play, None)
    assert play.answers == [] and "Answered from another client" in capsys.readouterr().err


def test_the_first_answer_wins_and_the_second_client_learns_it(capsys: pytest.CaptureFixture[str]) -> None:
    play = Scripted(Conflict("attention.answered", "it was answered by user: 'reject'"))
    assert ask(play, "y\n")
    assert "answered by user: 'reject'" in capsys.readouterr().err


def test_the_end_of_input_leaves_the_plan_waiting_and_shows_how_to_answer(capsys: pytest.CaptureFixture[str]) -> None:
    play = Scripted()
    assert not ask(play, "")
    assert "maestroctl answer 7 yes" in capsys.readouterr().out and play.answers == []
