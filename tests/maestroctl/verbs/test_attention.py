"""``maestroctl attention ask`` outside of a session; inside of one see test_fast.py."""

import json

import pytest

from tests.kit.clients.entities import QUESTION, SESSION
from tests.kit.clients.fake_daemon import HANG_UP, FakeDaemon
from tests.maestroctl.conftest import CommandLine

ASKED = {"id": QUESTION, "answer": None}
ANSWERED = {"id": QUESTION, "answer": {"by": "user", "at": 1, "value": "yes"}}


@pytest.fixture
def asking(daemon: FakeDaemon) -> FakeDaemon:
    daemon.on("attention.ask", ASKED)
    answers = iter([HANG_UP, ANSWERED, ANSWERED])
    daemon.on("attention.wait", lambda params: next(answers))
    return daemon


def test_the_call_blocks_until_an_answer_even_over_a_lost_connection(asking: FakeDaemon, cli: CommandLine) -> None:
    outcome = cli("attention", "ask", "deploy?", "--options", "yes,no", "--session-id", SESSION, "--kind", "permission")
    assert (outcome.code, outcome.out) == (0, "yes\n")
    assert f"maestroctl answer {QUESTION}" in outcome.err
    assert asking.called("attention.ask") == [
        {"message": "deploy?", "options": ["yes", "no"], "sessionId": SESSION, "kind": "permission"}
    ]
    assert len(asking.called("attention.wait")) == 2


def test_the_question_can_be_asked_without_waiting(asking: FakeDaemon, cli: CommandLine) -> None:
    assert cli("attention", "ask", "deploy?", "--no-wait").out == f"{QUESTION}\n"
    assert json.loads(cli("attention", "ask", "deploy?", "--no-wait", "--json").out) == ASKED
    assert asking.called("attention.wait") == []
