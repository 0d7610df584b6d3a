"""``maestroctl answer``: the first answer wins, and the second user learns it."""

import json
from typing import Any

import pytest

from maestrod.api.errors import Conflict, Malformed
from tests.kit.clients.entities import PLAN, QUESTION
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_a_question_is_answered(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.list", {"items": [{"id": QUESTION}]})
    daemon.on("attention.get", {"id": QUESTION, "number": 3})
    daemon.on("attention.answer", {"id": QUESTION, "number": 3, "answer": {"by": "user", "at": 1, "value": "yes"}})
    assert cli("answer", QUESTION[-6:-1], "yes").out == "#3 answered: yes\n"
    assert json.loads(cli("answer", QUESTION, "yes", "--json").out)["answer"]["value"] == "yes"
    assert daemon.called("attention.answer")[0] == {"attentionId": QUESTION, "value": "yes"}


def test_a_second_answer_is_refused(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.get", {"id": QUESTION})
    daemon.on("attention.answer", Conflict("attention.answered", "it was answered by user"))
    outcome = cli("answer", QUESTION, "no")
    assert outcome.code == 1
    assert "answered by user" in outcome.err


@pytest.mark.parametrize(
    "word, option", [("y", "allow"), ("yes", "allow"), ("Al", "allow"), ("no", "deny"), ("d", "deny")]
)
def test_one_word_decides_a_permission(daemon: FakeDaemon, cli: CommandLine, word: str, option: str) -> None:
    def decide(params: dict[str, Any]) -> dict[str, Any]:
        if params["value"] not in {"allow", "deny"}:
            raise Malformed("attention.not_an_option", "Choose allow or deny", {"path": "value"})
        return {"id": QUESTION, "answer": {"by": "user", "at": 1, "value": params["value"]}}

    daemon.on("attention.answer", decide)
    daemon.on("attention.get", {"id": QUESTION, "options": ["allow", "deny", "allow for session", "deny for session"]})
    assert cli("answer", QUESTION, word).out == f"{QUESTION[-8:]} answered: {option}\n"
    outcome = cli("answer", QUESTION, "perhaps")
    assert outcome.code and "Choose allow or deny" in outcome.err


def test_where_any_text_is_an_answer_it_is_not_interpreted(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.get", {"id": QUESTION, "options": ["main", "release"], "freeText": "answer"})
    daemon.on("attention.answer", {"id": QUESTION, "number": 4, "answer": {"by": "user", "at": 1, "value": "m"}})
    cli("answer", QUESTION, "m")
    assert daemon.called("attention.answer")[0]["value"] == "m"


def test_an_answer_refused_for_another_reason_is_not_guessed_at(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.get", {"id": QUESTION})
    daemon.on("attention.answer", Malformed("attention.elsewhere", "it asks in its own terminal"))
    assert "its own terminal" in cli("answer", QUESTION, "y").err
    assert len(daemon.called("attention.answer")) == 1


def test_an_answer_can_carry_a_reason_and_hold_for_the_session(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.get", {"id": QUESTION, "options": ["allow", "deny"]})
    given = {"by": "user", "at": 1, "value": "deny", "reason": "use git mv", "lasts": "session"}
    daemon.on("attention.answer", {"id": QUESTION, "number": 4, "answer": given})
    outcome = cli("answer", QUESTION, "n", "use git mv", "--for", "session")
    assert outcome.out == "#4 answered: deny for the session: use git mv\n"
    [params] = daemon.called("attention.answer")
    assert params == {"attentionId": QUESTION, "value": "deny", "reason": "use git mv", "lasts": "session"}


def test_a_waiting_plan_is_answered_by_its_own_id(daemon: FakeDaemon, cli: CommandLine) -> None:
    asked = {"id": QUESTION, "number": 5, "planId": PLAN, "kind": "approval", "options": ["approve", "reject"]}
    daemon.on("attention.list", {"items": [asked]})
    daemon.on("attention.answer", {**asked, "answer": {"by": "user", "at": 1, "value": "approve"}})
    assert cli("answer", PLAN, "yes").out == "#5 answered: approve\n"
    assert daemon.called("attention.answer") == [{"attentionId": QUESTION, "value": "approve"}]


def test_a_plan_that_waits_for_nobody_shows_its_status(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.list", {"items": []})
    daemon.on("plan.get", {"id": PLAN, "status": "applied"})
    assert "is not awaiting approval: it is applied" in cli("answer", PLAN, "yes").err


@pytest.mark.parametrize("text", ["3", "#3"])
def test_a_question_is_named_by_its_number(daemon: FakeDaemon, cli: CommandLine, text: str) -> None:
    daemon.on("attention.get", {"id": QUESTION, "number": 3, "options": ["yes", "no"]})
    daemon.on("attention.answer", {"id": QUESTION, "number": 3, "answer": {"by": "user", "at": 1, "value": "no"}})
    assert cli("answer", text, "n").out == "#3 answered: no\n"
    assert daemon.called("attention.get")[0] == {"attentionId": text}


def test_part_of_a_plans_id_is_enough(daemon: FakeDaemon, cli: CommandLine) -> None:
    plan = "pln_01m8navdma10k3x8q21zvg0004"
    asked = {"id": QUESTION, "number": 5, "planId": plan, "kind": "approval", "options": ["approve", "reject"]}
    daemon.on("attention.list", {"items": [asked]})
    daemon.on("plan.list", {"items": [{"id": plan}]})
    daemon.on("attention.answer", {**asked, "answer": {"by": "user", "at": 1, "value": "reject"}})
    assert cli("answer", "zvg0004", "n").out == cli("answer", "pln_01m8nav", "n").out == "#5 answered: reject\n"
    assert "there is no question zzzz" in cli("answer", "zzzz", "n").err
