"""``pause`` and ``resume``: a session or a run, by what the id names."""

import json

import pytest

from tests.kit.entities import RUN, SESSION, session
from tests.kit.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


@pytest.mark.parametrize(
    "verb, identity, method, paused, words",
    [
        ("pause", SESSION, "session.pause", True, "paused"),
        ("resume", SESSION, "session.resume", False, "working"),
        ("pause", RUN, "run.pause", True, "paused"),
        ("resume", RUN, "run.resume", False, "working"),
    ],
)
def test_it_is_held_and_goes_on(
    daemon: FakeDaemon, cli: CommandLine, verb: str, identity: str, method: str, paused: bool, words: str
) -> None:
    daemon.on(method, session(paused=paused))
    assert cli(verb, identity).out == f"{identity} {words}\n"
    assert json.loads(cli(verb, identity, "--json").out).get("paused") is paused
    assert list(daemon.called(method)[0].values()) == [identity]
