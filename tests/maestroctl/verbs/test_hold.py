"""``pause`` and ``resume`` take a session or a run, by what the id names; ``freeze`` and ``thaw`` everything."""

import json

import pytest

from tests.kit.clients.entities import RUN, SESSION, session
from tests.kit.clients.fake_daemon import FakeDaemon
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
def test_a_session_is_held_and_resumes(
    daemon: FakeDaemon, cli: CommandLine, verb: str, identity: str, method: str, paused: bool, words: str
) -> None:
    reply = session(live={"phase": "up", "paused": paused}) if identity == SESSION else session(paused=paused)
    daemon.on(method, reply)
    assert cli(verb, identity).out == f"{identity} {words}\n"
    assert json.loads(cli(verb, identity, "--json").out)["id"] == reply["id"]
    assert list(daemon.called(method)[0].values()) == [identity]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_hold_takes_only_a_session_or_a_run(cli: CommandLine, verb: str) -> None:
    outcome = cli(verb, "tsk_1234")
    assert outcome.code == 2
    assert "is the id of a task" in outcome.err


def test_freezing_shows_the_reason_and_how_to_thaw(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("system.freeze", {"id": "system", "frozen": True})
    assert "maestroctl thaw" in cli("freeze", "disk is hot").out
    assert json.loads(cli("freeze", "--json").out)["frozen"] is True
    assert daemon.called("system.freeze") == [{"reason": "disk is hot"}, {"reason": ""}]


def test_thawing_resumes_everything(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("system.thaw", {"id": "system"})
    assert cli("thaw").out == "Thawed: everything has resumed.\n"
    assert daemon.called("system.thaw") == [{}]
