"""``maestroctl answer``: the first one wins, the second is told so."""

import json
from typing import Any

import pytest

from maestrod.api.errors import Conflict, Malformed
from tests.kit.entities import QUESTION
from tests.kit.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_it_is_answered(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.list", {"items": [{"id": QUESTION}]})
    daemon.on("attention.answer", {"id": QUESTION, "answer": {"by": "user", "at": 1, "value": "yes"}})
    assert cli("answer", QUESTION[-4:], "yes").out == f"{QUESTION} answered: yes\n"
    assert json.loads(cli("answer", QUESTION, "yes", "--json").out)["answer"]["value"] == "yes"
    assert daemon.called("attention.answer")[0] == {"attentionId": QUESTION, "value": "yes"}


def test_a_second_answer_is_refused(daemon: FakeDaemon, cli: CommandLine) -> None:
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
            raise Malformed("attention.not_an_option", "none of: allow, deny", {"path": "value"})
        return {"id": QUESTION, "answer": {"by": "user", "at": 1, "value": params["value"]}}

    daemon.on("attention.answer", decide)
    daemon.on("attention.get", {"id": QUESTION, "options": ["allow", "deny"]})
    assert cli("answer", QUESTION, word).out == f"{QUESTION} answered: {option}\n"
    outcome = cli("answer", QUESTION, "perhaps")
    assert outcome.code and "none of: allow, deny" in outcome.err


def test_another_mistake_is_no_reason_to_guess(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.answer", Malformed("attention.elsewhere", "it asks in its own terminal"))
    assert "its own terminal" in cli("answer", QUESTION, "y").err
    assert not daemon.called("attention.get")
