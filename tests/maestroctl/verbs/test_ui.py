"""``maestroctl ui``: an address, and a browser where there is one."""

import json
from pathlib import Path

import pytest

from maestroctl.verbs.ui import open_browser
from tests.kit.clients.fake_daemon import FakeDaemon
from tests.maestroctl.conftest import CommandLine

PAGE = {"url": "http://127.0.0.1:7717/?code=abc", "expiresAt": 1}


@pytest.mark.parametrize("words", [["ui"], ["ui", "open"], ["ui", "--no-browser"]])
def test_the_address_is_printed_and_the_page_is_not_opened_on_request(
    daemon: FakeDaemon, cli: CommandLine, words: list[str]
) -> None:
    daemon.on("ui.open", PAGE)
    assert cli(*words).out == "http://127.0.0.1:7717/?code=abc\n"
    assert json.loads(cli(*words, "--json").out) == PAGE


def test_the_system_is_asked_to_open_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("xdg-open", "open"):
        script = tmp_path / program
        script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert open_browser(PAGE["url"])  # type: ignore[arg-type]  # the address
    assert (tmp_path / "opened").read_text() == f"{PAGE['url']}\n"
    for program in ("xdg-open", "open"):
        (tmp_path / program).write_text("#!/bin/sh\nexit 3\n")
    assert not open_browser("x")
    monkeypatch.setenv("PATH", "/nowhere")
    assert not open_browser("x")
