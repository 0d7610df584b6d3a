"""``maestroctl daemon`` with and without a running daemon. With the real one: tests/system/test_cli.py."""

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from maestroctl.client.caller import Caller
from maestroctl.install import service_manager
from maestroctl.verbs import daemon as verb
from maestrod.api.local.address import paths_of
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

STATUS = {"version": "1.2", "instance": "i", "pid": 42, "startedAt": 1, "seq": 1}


def lock() -> int:
    data = paths_of(os.environ).data
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def test_a_missing_daemon_is_shown(cli: CommandLine) -> None:
    assert cli("daemon", "status").code == 69
    assert cli("daemon", "status", "--json").code == 69
    outcome = cli("daemon", "stop")
    assert (outcome.code, outcome.out) == (0, "maestrod is not running.\n")
    assert json.loads(cli("daemon", "stop", "--json").out) == {"running": False}


def test_the_status_is_shown(daemon: FakeDaemon, cli: CommandLine) -> None:
    daemon.on("system.status", STATUS)
    assert "process 42" in cli("daemon", "status").out
    assert json.loads(cli("daemon", "status", "--json").out)["running"] is True


def test_stop_returns_when_the_daemon_has_given_up_its_lock(daemon: FakeDaemon, cli: CommandLine) -> None:
    descriptor = lock()
    timer = threading.Timer(0.1, os.close, [descriptor])

    def stop(params: dict[str, Any]) -> dict[str, Any]:
        timer.start()
        return {"pid": 42, "sessionsLeft": 3}

    daemon.on("system.stop", stop)
    outcome = cli("daemon", "stop", "--sessions", "stop")
    timer.join()
    assert outcome.out == "maestrod stopped; 3 sessions left running\n"
    assert daemon.called("system.stop") == [{"sessions": "stop"}]


class Manager:
    """A service manager of a few lines."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.outcome = service_manager.ServiceChange("systemd", (Path("/unit"),), ("a note",))

    def status(self) -> service_manager.ServiceState:
        return service_manager.ServiceState("systemd", True, True, "active", Path("/x"))

    def install(self, service: object) -> service_manager.ServiceChange:
        self.calls.append("install")
        return self.outcome

    def uninstall(self) -> service_manager.ServiceChange:
        self.calls.append("uninstall")
        return service_manager.ServiceChange("systemd", ())

    def stop(self) -> None:
        self.calls.append("stop")

    def restart(self) -> None:
        self.calls.append("restart")


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()
    monkeypatch.setattr(service_manager, "service_manager", lambda environ: made)
    return made


def test_install_and_uninstall_report_what_they_did(cli: CommandLine, manager: Manager) -> None:
    assert cli("daemon", "install").out == "/unit\na note\n"
    assert cli("daemon", "uninstall").out == "Nothing to change.\n"
    assert json.loads(cli("daemon", "install", "--json").out) == {
        "manager": "systemd",
        "files": ["/unit"],
        "notes": ["a note"],
    }


def test_a_service_is_restarted_by_its_manager(
    daemon: FakeDaemon, cli: CommandLine, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.on("system.status", STATUS)
    monkeypatch.setattr(verb, "_active_manager", lambda caller: manager)
    assert "installed with systemd, active" in cli("daemon", "restart").out
    assert manager.calls == ["restart"]


def test_a_daemon_with_its_own_home_is_not_the_service(manager: Manager) -> None:
    assert verb._active_manager(Caller({"MAESTRO_HOME": "/h"})) is None
