"""``maestroctl uninstall``: lists, asks, removes, and reports failures. From an empty home: tests/system/test_uninstall.py."""

import json
import os
from pathlib import Path

import pytest
import typer

from maestrod.api.local.address import paths_of
from tests.maestroctl.conftest import CommandLine


@pytest.fixture
def settings(private_home: Path) -> Path:
    """The user's settings of Claude Code, as they were before our hooks came."""
    path = private_home / ".claude" / "settings.json"
    path.parent.mkdir()
    path.write_text('{"model":   "opus"}')
    return path


def test_without_a_terminal_the_command_only_lists(cli: CommandLine, settings: Path) -> None:
    cli("hooks", "install", "--agent", "claude")
    installed = settings.read_text()
    outcome = cli("uninstall")
    assert outcome.code == 1 and f"- hooks of claude in {settings}" in outcome.out
    assert "Nothing was removed" in outcome.err and settings.read_text() == installed
    assert "maestroctl uninstall --yes" in outcome.err
    assert "maestroctl uninstall --data --yes" in cli("uninstall", "--data").err
    assert json.loads(cli("uninstall", "--json").out)["removed"] == []


def test_uninstall_removes_the_programs_and_keeps_the_data(cli: CommandLine, settings: Path) -> None:
    cli("hooks", "install", "--agent", "claude")
    outcome = cli("uninstall", "--yes")
    assert outcome.code == 0 and f"removed hooks of claude in {settings}" in outcome.out
    assert "Data and configuration are kept" in outcome.out
    assert settings.read_text() == '{"model":   "opus"}' and paths_of(os.environ).data.is_dir()
    assert cli("uninstall").out.startswith("Nothing to remove outside the package.")


@pytest.mark.parametrize("answer", [True, False])
def test_at_a_terminal_the_user_is_asked(
    cli: CommandLine, settings: Path, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    cli("hooks", "install", "--agent", "claude")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", lambda *words, **options: answer)
    assert cli("uninstall").code == (0 if answer else 1)
    assert ("hooks" in settings.read_text()) is not answer


def test_a_failed_removal_is_reported_and_keeps_the_data_that_could_restore_it(
    cli: CommandLine, settings: Path
) -> None:
    cli("hooks", "install", "--agent", "claude")
    settings.write_text("{ broken")
    outcome = cli("uninstall", "--data", "--yes")
    assert (
        outcome.code == 1 and "was not changed" in outcome.out and "something else could not be removed" in outcome.out
    )
    assert paths_of(os.environ).data.is_dir() and settings.read_text() == "{ broken"


def test_a_session_may_not_use_it(cli: CommandLine, in_session: None) -> None:
    assert cli("uninstall", "--yes").code == 2
