"""``maestroctl store``: through the daemon when it runs, through ``maestrod`` when it does not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that were run."""
    ran: list[list[str]] = []

    def run(command: list[str], **options: Any) -> "subprocess.CompletedProcess[bytes]":
        assert command[:5] == [sys.executable, "-X", "utf8", "-m", "maestrod"]
        assert str(Path.cwd()) in options["env"]["PYTHONPATH"] or options["env"]["PYTHONPATH"]
        ran.append(command[5:])
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", run)
    return ran


def test_a_running_daemon_checks_itself(daemon: FakeDaemon, cli: CommandLine, programs: list[list[str]]) -> None:
    daemon.on("system.check", {"ok": True, "counts": {"tasks": 3}})
    assert cli("store", "check").out == "The store is sound: 3 tasks\n"
    daemon.on("system.check", {"ok": False, "problems": ["torn"]})
    outcome = cli("store", "check")
    assert (outcome.code, outcome.out) == (1, "! torn\nThe store has problems: empty\n")
    assert json.loads(cli("store", "check", "--json").out)["ok"] is False
    assert programs == []


def test_otherwise_maestrod_does_it_and_its_exit_code_is_passed_on(cli: CommandLine, programs: list[list[str]]) -> None:
    assert cli("store", "check").code == 3
    assert cli("store", "export", "a.tar").code == 3
    assert cli("store", "import", "/b.tar").code == 3
    assert programs == [
        ["store", "check"],
        ["store", "export", str(Path.cwd() / "a.tar")],
        ["store", "import", "/b.tar"],
    ]
