"""``maestroctl send``: one line, with or without Enter."""

import json

from tests.kit.entities import SESSION
from tests.kit.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


def test_a_line_is_typed(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("session.send", {"ok": True})
    assert cli("send", SESSION, "go on").out == ""
    assert json.loads(cli("send", SESSION, "y", "--no-enter", "--json").out) == {"ok": True}
    assert daemon.called("session.send") == [
        {"sessionId": SESSION, "text": "go on", "enter": True},
        {"sessionId": SESSION, "text": "y", "enter": False},
    ]
