"""``maestroctl answer``: the first one wins, the second is told so."""

import json

from maestrod.api.errors import Conflict
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
