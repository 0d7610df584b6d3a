"""``maestroctl doctor``: problems are shown with their solutions and set the exit code."""

import json
import os
from pathlib import Path

import pytest

import maestrod
from maestrod.api.local.address import paths_of
from maestrod.api.local.package_data import package_data
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

STATUS = {"version": maestrod.__version__, "instance": "i", "pid": 42, "startedAt": 1, "seq": 1}

HOOKS = package_data("hooks")


@pytest.fixture
def healthy(daemon: FakeDaemon) -> FakeDaemon:
    daemon.on("system.status", STATUS)
    daemon.on(
        "agent.list",
        {
            "items": [
                {"name": "shell", "version": "1"},
                {"name": "claude", "available": False, "missing": "claude is not on PATH"},
            ]
        },
    )
    daemon.on("project.list", {})
    daemon.on("system.check", {"ok": True, "counts": {"tasks": 3}})
    return daemon


def test_all_is_well(healthy: FakeDaemon, cli: CommandLine) -> None:
    outcome = cli("doctor")
    assert outcome.code == 0
    assert "✔ store: 3 tasks" in outcome.out
    assert "· agent claude: claude is not on PATH" in outcome.out
    assert json.loads(cli("doctor", "--json").out)["ok"] is True


def test_without_a_daemon_nothing_is_reported_as_bad(cli: CommandLine) -> None:
    outcome = cli("doctor")
    assert outcome.code == 0
    assert "· daemon: not running" in outcome.out


def test_the_log_is_named_once_it_exists(cli: CommandLine) -> None:
    assert " log: " not in cli("doctor").out
    log = paths_of(os.environ).data / "maestrod.log"
    log.parent.mkdir(parents=True, mode=0o700)
    log.touch()
    assert f"✔ log: {log}\n" in cli("doctor").out


def test_the_configuration_is_read(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "✔ configuration: valid" in cli("doctor").out
    monkeypatch.setenv("MAESTRO_DEFAULT_AGENT", "codx")
    outcome = cli("doctor")
    assert outcome.code == 0
    assert "· configuration: defaultAgent: there is no agent 'codx'" in outcome.out
    monkeypatch.setenv("MAESTRO_MAX_SESSIONS", "many")
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "✘ configuration: MAESTRO_MAX_SESSIONS: maxSessions" in outcome.out


def test_without_a_daemon_the_store_is_read(cli: CommandLine) -> None:
    data = paths_of(os.environ).data
    data.mkdir(parents=True, mode=0o700)
    (data / "format").write_text('{"format": 99, "instance": "i"}')
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "✘ store: " in outcome.out and "newer version" in outcome.out


def test_quarantined_files_are_pointed_to(cli: CommandLine) -> None:
    folder = paths_of(os.environ).data / "quarantine"
    folder.mkdir(parents=True, mode=0o700)
    for name in ("tsk_a.json.1", "tsk_a.json.1.reason.txt"):
        (folder / name).write_text("")
    assert f"· put aside: 1 in {folder}, each with its reason; latest: tsk_a.json.1.reason.txt" in cli("doctor").out


def test_an_open_folder_is_reported(cli: CommandLine) -> None:
    data = paths_of(os.environ).data
    data.mkdir(parents=True)
    data.chmod(0o755)
    outcome = cli("doctor")
    assert outcome.code == 1
    assert f"chmod 700 {data}" in outcome.out


def test_another_version_another_store_and_problems_are_reported(healthy: FakeDaemon, cli: CommandLine) -> None:
    healthy.on("system.status", {**STATUS, "version": "9", "dataDir": "/else", "problems": ["disk full"]})
    healthy.on("system.check", {"ok": False, "problems": ["tasks/x.json is torn"]})
    outcome = cli("doctor")
    assert outcome.code == 1
    for words in ("daemon restart", "MAESTRO_HOME differs", "disk full", "tasks/x.json is torn"):
        assert words in outcome.out


def test_hooks_of_0_1_in_the_settings_of_a_project_are_reported(
    healthy: FakeDaemon, cli: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    cli("hooks", "install", "--agent", "codex", "--project", str(tmp_path))
    settings = tmp_path / ".codex" / "hooks.json"
    document = json.loads(settings.read_text())
    document["hooks"]["Stop"][0]["hooks"][0]["command"] = (
        f"/bin/sh {HOOKS}/event.sh --installed --agent codex --event Stop"
    )
    settings.write_text(json.dumps(document))
    outcome = cli("doctor")
    assert outcome.code == 1 and "block the agent once maestrod is removed" in outcome.out
    assert f"(maestroctl hooks install --agent codex --project {tmp_path})" in outcome.out
    cli("hooks", "install", "--agent", "codex", "--project", str(tmp_path))
    assert f"✔ hooks of codex: installed in {settings}" in cli("doctor").out


def test_installed_hooks_are_listed_and_broken_ones_reported(
    healthy: FakeDaemon, cli: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    assert "hooks of" not in cli("doctor").out
    cli("hooks", "install", "--agent", "claude")
    settings = tmp_path / ".claude" / "settings.json"
    assert f"✔ hooks of claude: installed in {settings}" in cli("doctor").out
    settings.write_text(settings.read_text().replace("/hooks/event.", "/gone/event."))
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "✘ hooks of claude" in outcome.out and "maestroctl hooks install --agent claude" in outcome.out


def test_an_invalid_configuration_is_reported_in_the_words_of_the_daemon(cli: CommandLine) -> None:
    config = paths_of(os.environ).config
    config.mkdir(parents=True)
    (config / "config.toml").write_text("maxSessions = [")
    outcome = cli("doctor")
    assert outcome.code == 1
    assert f"✘ configuration: {config / 'config.toml'} is not TOML" in outcome.out
