"""Starting a daemon: who starts it, how long it may take, and the messages when it fails.

The real daemon started by fifty at once is in tests/system/test_cli.py.
"""

import fcntl
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from maestroctl.client import autostart
from maestroctl.install import service_manager
from maestrod.api.errors import BadConfiguration, NoDaemon
from maestrod.api.local.address import Paths, paths_of
from maestrod.api.local.daemon_lock import Phase, is_held
from maestrod.host.instance import single_instance
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.kit.patience import PATIENCE


def here() -> Paths:
    return paths_of(os.environ)


def test_a_daemon_that_answers_is_left_alone(daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon.on("system.hello", {"protocol": 1})
    monkeypatch.setattr(autostart, "start", lambda *arguments: pytest.fail("started another one"))
    autostart.ensure(here(), os.environ)
    assert here().data.stat().st_mode & 0o077 == 0


def test_many_starts_at_once_start_one_daemon(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeDaemon(here().socket)
    fake.on("system.hello", {"protocol": 1})
    started: list[int] = []

    def start(paths: Paths, environ: object) -> None:
        started.append(1)
        fake.__enter__()

    monkeypatch.setattr(autostart, "start", start)
    threads = [threading.Thread(target=autostart.ensure, args=(here(), os.environ)) for _ in range(20)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    finally:
        fake.__exit__()
    assert started == [1]
    assert capsys.readouterr().err == "Starting maestrod…\n"


def program(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Start a script where the daemon would be started."""
    real = subprocess.Popen

    def popen(command: list[str], **options: Any) -> Any:
        assert command == [sys.executable, "-X", "utf8", "-m", "maestrod", "--log", "file"]
        assert options["cwd"] == "/"
        assert options["start_new_session"]
        return real([sys.executable, "-c", script], **options)

    monkeypatch.setattr(subprocess, "Popen", popen)


def test_a_daemon_that_ends_shows_its_last_log_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import sys; sys.stderr.write('no\\x1b room\\n'); sys.exit(70)")
    with pytest.raises(NoDaemon, match="exit code 70") as refused:
        autostart.ensure(here(), os.environ)
    assert "| no\\x1b room" in refused.value.message
    assert refused.value.exit_code == 69


def test_a_daemon_killed_at_its_start_is_reported_with_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(NoDaemon, match="maestrod was ended by SIGKILL right after it was started"):
        autostart.ensure(here(), os.environ)


def test_a_daemon_that_does_not_answer_in_time_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(autostart, "_READY_WITHIN", 0.2)
    with pytest.raises(NoDaemon, match="does not answer"):
        autostart.ensure(here(), os.environ)


def test_a_start_that_lost_the_race_waits_for_the_winner(monkeypatch: pytest.MonkeyPatch, daemon: FakeDaemon) -> None:
    daemon.on("system.hello", {"protocol": 1})
    here().data.mkdir(parents=True, mode=0o700)
    program(monkeypatch, "import sys; sys.exit(75)")
    answers = iter([False, False])
    real = autostart._answers
    monkeypatch.setattr(autostart, "_answers", lambda where: next(answers, None) is None and real(where))
    with single_instance(here().data, daemon.path, "1"):
        autostart.start(here(), {"MAESTRO_HOME": "/x"})


def test_a_hanging_daemon_with_the_folder_is_named_and_no_other_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(autostart, "start", lambda *arguments: pytest.fail("started another one"))
    monkeypatch.setattr(autostart, "_SOCKET_TIME", 0.0)
    here().data.mkdir(parents=True, mode=0o700)
    with single_instance(here().data, here().socket, "1") as claim:
        claim.publish(Phase.SERVING)
        with pytest.raises(NoDaemon, match=f"maestrod \\(process {os.getpid()}\\) has not answered"):
            autostart.ensure(here(), os.environ)


def test_the_client_waits_for_a_starting_daemon_and_shows_what_it_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(autostart, "start", lambda *arguments: pytest.fail("started another one"))
    monkeypatch.setattr(autostart, "_STARTED_WITHIN", 0.2)
    here().data.mkdir(parents=True, mode=0o700)
    with single_instance(here().data, here().socket, "1") as claim:
        claim.publish(Phase.STARTING, progress="it is reading its store")
        with pytest.raises(NoDaemon, match="is starting"):
            autostart.ensure(here(), os.environ)
    assert (
        f"Waiting for maestrod (process {os.getpid()}): it is starting; it is reading its store."
        in capsys.readouterr().err
    )


def test_a_daemon_is_started_once_the_one_that_was_stopping_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    started: list[bool] = []
    here().data.mkdir(parents=True, mode=0o700)
    with ExitStack() as stack:
        stack.enter_context(single_instance(here().data, here().socket, "1")).publish(Phase.STOPPING)

        def say(text: str) -> None:
            said.append(text)
            stack.close()  # the old daemon ends while the command waits

        monkeypatch.setattr(autostart, "say", say)
        monkeypatch.setattr(autostart, "start", lambda *arguments: started.append(is_held(here().data)))
        autostart.ensure(here(), os.environ)
    assert said == [f"Waiting for maestrod (process {os.getpid()}): it is stopping.", "Starting maestrod…"]
    assert started == [False]


def test_the_time_for_an_answer_begins_with_the_daemon_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autostart, "start", lambda *arguments: pytest.fail("started another one"))
    here().data.mkdir(parents=True, mode=0o700)
    fake = FakeDaemon(here().socket)
    fake.on("system.hello", {"protocol": 1})
    now = 0
    with single_instance(here().data, here().socket, "1") as claim, ExitStack() as stack:
        claim.publish(Phase.STARTING)

        def sleep(seconds: float) -> None:
            nonlocal now
            now += 1
            if now == 100:
                claim.publish(Phase.SERVING)
            elif now == 105:
                stack.enter_context(fake)

        monkeypatch.setattr(autostart, "time", SimpleNamespace(monotonic=lambda: now, sleep=sleep))
        autostart.ensure(here(), os.environ)
    assert now == 105


def test_a_named_socket_without_a_daemon_fails_at_once(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_SOCKET", str(short_folder / "s"))
    here().data.mkdir(parents=True, mode=0o700)
    with (
        single_instance(here().data, short_folder / "other", "1"),
        pytest.raises(NoDaemon, match="unset MAESTRO_SOCKET"),
    ):
        autostart.ensure(here(), os.environ)


def test_waiting_for_a_lock_without_a_named_holder_fails_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autostart, "_ANSWER_TIME", 0.0)
    here().data.mkdir(parents=True, mode=0o700)
    descriptor = os.open(here().data / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(NoDaemon, match="another machine"):
        autostart.ensure(here(), os.environ)
    os.close(descriptor)


def test_an_endless_turn_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(autostart, "_STARTED_WITHIN", 0.05)
    monkeypatch.setattr(autostart, "_WORD", 0.0)
    with (
        autostart._turn(here().data),
        pytest.raises(NoDaemon, match="another maestroctl has been starting"),
        autostart._turn(here().data),
    ):
        pass
    assert capsys.readouterr().err == "Waiting for another maestroctl that is starting maestrod.\n"


def test_a_data_folder_that_cannot_be_created_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    where = paths_of({"MAESTRO_HOME": str(tmp_path / "file")})
    with pytest.raises(BadConfiguration, match="MAESTRO_HOME"):
        autostart.ensure(where, os.environ)


def test_a_session_waits_for_the_daemon_to_come_back(daemon: FakeDaemon) -> None:
    daemon.on("system.hello", {"protocol": 1})
    autostart.await_return(here(), 0.0)
    with pytest.raises(NoDaemon):
        autostart.await_return(paths_of({"MAESTRO_HOME": "/nowhere"}), 0.0)


class Manager:
    """A service manager of a few lines."""

    def __init__(self, installed: bool, error: Exception | None = None) -> None:
        self.state = service_manager.ServiceState("systemd", installed, True, "inactive", Path("/x"))
        self.error = error
        self.started = 0

    def status(self) -> service_manager.ServiceState:
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


def test_a_service_that_does_not_start_is_reported_and_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manager = Manager(True, BadConfiguration("service", "unit broken"))
    monkeypatch.setattr(service_manager, "service_manager", lambda environ: manager)
    assert autostart._service_starts({}) is False
    assert "unit broken" in capsys.readouterr().err


def test_the_last_log_lines_are_those_of_this_start_short_and_safe() -> None:
    assert autostart.last_words(here()) == []
    here().data.mkdir(parents=True)
    (here().data / "maestrod.log").write_text("".join(f"line {number}\x1b\n" for number in range(100)))
    tail = autostart.last_words(here())
    assert tail[-1] == "line 99\\x1b"
    assert len(tail) < 20
    (here().data / "maestrod.start.log").write_text("maestrod: no room\n")
    assert autostart.last_words(here()) == ["maestrod: no room"]


def test_a_refused_configuration_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import sys; sys.stderr.write('maestrod: written by a newer version\\n'); sys.exit(78)")
    with pytest.raises(BadConfiguration, match=r"^written by a newer version$"):
        autostart.ensure(here(), os.environ)
