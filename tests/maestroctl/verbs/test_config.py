"""``maestroctl config show``: what ``maestrod config`` says."""

import pytest

from maestroctl.verbs import config
from tests.maestroctl.conftest import CommandLine


def test_flags_are_passed_on(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def offline(caller: object, arguments: list[str]) -> int:
        asked.append(arguments)
        return 0

    monkeypatch.setattr(config, "offline", offline)
    assert cli("config", "show").code == 0
    assert cli("config", "show", "--origin", "--json").code == 0
    assert asked == [["config"], ["config", "--origin", "--json"]]
