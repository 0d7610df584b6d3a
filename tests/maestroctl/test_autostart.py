"""Starting a daemon: by whom, how long it may take, and what is said when it does not come up.

The real daemon started by fifty at once is in tests/system/test_cli.py.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from maestroctl import autostart, service_manager
from maestrod.api.address import Places, places
from maestrod.api.errors import BadConfiguration, NoDaemon
from tests.kit.fake_daemon import FakeDaemon


def here() -> Places:
    return places(os.environ)


def test_a_daemon_that_answers_is_left_alone(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon.on("system.hello", {"protocol": 1})
    monkeypatch.setattr(autostart, "start", lambda *arguments: pytest.fail("started another one"))
    autostart.ensure(here(), os.environ)
    assert here().data.stat().st_mode & 0o077 == 0


def test_many_at_once_start_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeDaemon(here().socket)
    fake.on("system.hello", {"protocol": 1})
    started: list[int] = []

    def start(places: Places, environ: object) -> None:
        started.append(1)
        fake.__enter__()

    monkeypatch.setattr(autostart, "start", start)
    threads = [threading.Thread(target=autostart.ensure, args=(here(), os.environ)) for _ in range(20)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    finally:
        fake.__exit__()
    assert started == [1]
    assert capsys.readouterr().err == "Starting maestrod…\n"


def program(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Start a script where the daemon would be started."""
    real = subprocess.Popen

    def popen(command: list[str], **options: Any) -> Any:
        assert command == [sys.executable, "-m", "maestrod", "--log", "file"]
        assert options["cwd"] == "/"
        assert options["start_new_session"]
        return real([sys.executable, "-c", script], **options)

    monkeypatch.setattr(subprocess, "Popen", popen)


def test_a_daemon_that_ends_shows_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import sys; sys.stderr.write('no\\x1b room\\n'); sys.exit(70)")
    with pytest.raises(NoDaemon, match="exit code 70") as refused:
        autostart.ensure(here(), os.environ)
    assert "| no\\x1b room" in refused.value.message
    assert refused.value.exit_code == 69


def test_a_daemon_that_does_not_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import sys; sys.exit(75)")  # as one that found another daemon, so its end is no failure
    monkeypatch.setattr(autostart, "_READY_WITHIN", 0.2)
    with pytest.raises(NoDaemon, match="does not answer"):
        autostart.ensure(here(), os.environ)


def test_a_data_folder_that_cannot_be_made_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    where = places({"MAESTRO_HOME": str(tmp_path / "file")})
    with pytest.raises(BadConfiguration, match="MAESTRO_HOME"):
        autostart.ensure(where, os.environ)


def test_a_session_waits_for_the_daemon_to_come_back(daemon: FakeDaemon) -> None:
    daemon.on("system.hello", {"protocol": 1})
    autostart.await_return(here(), 0.0)
    with pytest.raises(NoDaemon):
        autostart.await_return(places({"MAESTRO_HOME": "/nowhere"}), 0.0)


class Manager:
    """A service manager of a few lines."""

    def __init__(self, installed: bool, error: Exception | None = None) -> None:
        self.state = service_manager.State("systemd", installed, True, "inactive", Path("/x"))
        self.error = error
        self.started = 0

    def status(self) -> service_manager.State:
        return self.state

    def start(self) -> None:
        self.started += 1
        if self.error:
            raise self.error


@pytest.mark.parametrize("installed", [True, False])
def test_an_installed_service_is_started_by_its_manager(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = Manager(installed)
    monkeypatch.setattr(service_manager, "service_manager", lambda environ: manager)
    assert autostart._service_starts({}) is installed
    assert manager.started == installed
    assert autostart._service_starts({"MAESTRO_HOME": "/elsewhere"}) is False


def test_a_service_that_does_not_start_is_told_and_done_without(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manager = Manager(True, BadConfiguration("service", "unit broken"))
    monkeypatch.setattr(service_manager, "service_manager", lambda environ: manager)
    assert autostart._service_starts({}) is False
    assert "unit broken" in capsys.readouterr().err


def test_the_last_words_are_those_of_this_start_short_and_safe() -> None:
    assert autostart.last_words(here()) == []
    here().data.mkdir(parents=True)
    (here().data / "maestrod.log").write_text("".join(f"line {number}\x1b\n" for number in range(100)))
    tail = autostart.last_words(here())
    assert tail[-1] == "line 99\\x1b"
    assert len(tail) < 20
    (here().data / "maestrod.start.log").write_text("maestrod: no room\n")
    assert autostart.last_words(here()) == ["maestrod: no room"]


def test_a_daemon_that_refuses_its_configuration_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import sys; sys.stderr.write('maestrod: written by a newer version\\n'); sys.exit(78)")
    with pytest.raises(BadConfiguration, match=r"^written by a newer version$"):
        autostart.ensure(here(), os.environ)
