"""``maestroctl inbox``: the open questions."""

import json

from maestroctl.client.reading import filled
from maestrod.api.attention import AttentionPage
from tests.kit.clients.entities import QUESTION, SESSION, session
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

ITEM = {"id": QUESTION, "sessionId": SESSION, "kind": "input", "message": "deploy?\x1b[2J"}


def test_questions_are_shown_with_how_to_answer_them(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.list", {"items": [ITEM, ITEM]})
    daemon.on("session.list", {"items": [session(workingDir="/shop")]})
    outcome = cli("inbox")
    assert outcome.out.count("deploy?\\x1b[2J") == 2 and f"parser ({SESSION}) in /shop" in outcome.out
    assert f"maestroctl answer {QUESTION[-8:]} TEXT" in outcome.out
    daemon.on("attention.list", {"items": [ITEM]})
    assert json.loads(cli("inbox", "--json").out) == filled({"items": [ITEM]}, AttentionPage)


def test_an_empty_inbox_says_so(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("attention.list", {})
    assert cli("inbox").out == "No open questions.\n"
