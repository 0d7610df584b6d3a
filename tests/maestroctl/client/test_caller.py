"""The caller: global flags anywhere on the line, paths from the environment, and a daemon only where one may start."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestroctl.client import autostart
from maestroctl.client.caller import Caller, take_global_flags
from maestrod.api.errors import BadConfiguration, Malformed, NoDaemon
from tests.kit.clients.entities import SESSION


@pytest.mark.parametrize(
    "arguments, rest, variables",
    [
        (["--no-autostart", "status"], ["status"], {"MAESTRO_NO_AUTOSTART": "1"}),
        (["status", "--no-autostart"], ["status"], {"MAESTRO_NO_AUTOSTART": "1"}),
        (["status", "--color", "never"], ["status"], {"MAESTRO_COLOR": "never"}),
        (["--color=always", "status"], ["status"], {"MAESTRO_COLOR": "always"}),
        (["send", "x", "--", "--color=always"], ["send", "x", "--", "--color=always"], {}),
        (["status", "--color"], ["status", "--color"], {}),
    ],
)
def test_global_flags_may_stand_anywhere(arguments: list[str], rest: list[str], variables: dict[str, str]) -> None:
    assert take_global_flags(arguments) == (rest, variables)


@given(st.lists(st.text().filter(lambda text: not text.startswith("--"))))
def test_other_words_are_left_alone(arguments: list[str]) -> None:
    assert take_global_flags(arguments) == (arguments, {})


def test_invalid_paths_are_refused() -> None:
    with pytest.raises(BadConfiguration):
        Caller({"MAESTRO_HOME": "relative"})


def test_a_daemon_is_started_unless_that_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []

    def ensure(places: object, environ: object) -> None:
        started.append("yes")
        raise NoDaemon("test", "enough")

    monkeypatch.setattr(autostart, "ensure", ensure)
    for environ, expected in [({}, 1), ({"MAESTRO_NO_AUTOSTART": "1"}, 0), ({"MAESTRO_NO_AUTOSTART": "0"}, 1)]:
        started.clear()
        with Caller({**os.environ, **environ}).client() as client, pytest.raises(NoDaemon):
            client.raw("system.status", {})
        assert len(started) == expected
    with Caller(os.environ).client(start=False) as client, pytest.raises(NoDaemon, match="daemon start"):
        client.raw("system.status", {})


def test_a_session_waits_for_its_daemon_and_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def await_return(places: object, patience: float) -> None:
        waited.append(patience)
        raise NoDaemon("test", "enough")

    monkeypatch.setattr(autostart, "await_return", await_return)
    caller = Caller({**os.environ, "MAESTRO_SESSION_ID": SESSION})
    assert caller.in_session
    with caller.client() as client, pytest.raises(NoDaemon):
        client.raw("system.status", {})
    assert waited == [600.0]


def test_a_removed_working_directory_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(Malformed, match="was removed"):
        _ = Caller(os.environ).folder


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_folder_name_is_refused_and_does_not_mean_the_current_folder(empty: str) -> None:
    with pytest.raises(Malformed, match="the folder's name is empty"):
        Caller({"MAESTRO_HOME": "/nowhere"}).absolute(empty)
