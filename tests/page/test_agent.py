"""The page with a program that behaves like Claude Code, through the real adapter: read it, approve an action, send a message."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from tests.kit.agents import scripted_claude
from tests.kit.daemons.daemon import Daemon
from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page

pytestmark = [needs_chromium, pytest.mark.slow]

REPORT = {"run": 'maestroctl task complete "$MAESTRO_TASK_ID" "done"'}


@pytest.fixture
def daemon(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon that finds the scripted program, of a user who has set it up."""
    scripted_claude.install(short_folder / "bin")
    monkeypatch.setenv("PATH", f"{short_folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    daemon = Daemon(short_folder / "m")
    daemon.home.mkdir(parents=True, exist_ok=True)
    (daemon.home / ".claude.json").write_text(json.dumps({"hasCompletedOnboarding": True}))
    daemon.start()
    yield daemon
    daemon.close()


async def test_an_agent_is_read_permitted_to_act_and_sent_a_message(page: Page) -> None:
    folder = page.daemon.home / "shop"
    scripted_claude.write_script(folder, [{"speak": 3}, {"ask": "make deploy"}, {"gate": "go"}], [REPORT])
    os.mkfifo(folder / "go")
    group = {
        "key": "g",
        "title": "Ship",
        "agent": "claude",
        "subtasks": [{"key": "t", "title": "Ship it", "prompt": "do"}],
    }
    run = page.daemon.call("run.start", plan={"groups": [group]}, workingDir=str(folder), agent="shell")
    await page.open("#inbox")
    await page.tab.see("make deploy")
    await page.tab.click(".inbox .choices .button")
    await page.tab.see("No open questions")
    await page.go("#sessions")
    await page.tab.click(".session-row", "Ship")
    await page.tab.wait("[...document.querySelectorAll('.said')].some((it) => it.textContent.includes('word 2'))")
    await page.tab.run("document.querySelector('.compose textarea').focus()")
    await page.tab.type("mind the gap")
    await page.tab.click(".compose .button", "Send")
    await page.tab.see("mind the gap")
    await trio.to_thread.run_sync((folder / "go").write_bytes, b"")
    assert page.daemon.finish_run(run["id"])["status"] == "completed"
    assert any("mind the gap" in json.dumps(prompt) for prompt in scripted_claude.received(folder, "prompts"))
    await page.tab.wait("document.querySelector('.detail').textContent.includes('completed')")
    [answer] = scripted_claude.received(folder)
    assert answer["behavior"] == "allow"


async def test_a_permission_is_given_for_the_session_or_denied_with_a_reason(page: Page) -> None:
    folder = page.daemon.home / "shop"
    asked = [{"ask": "make test"}, {"ask": "make test"}, {"ask": "rm -rf build"}]
    scripted_claude.write_script(folder, [{"speak": 2}, *asked, {"gate": "go"}], [REPORT])
    os.mkfifo(folder / "go")
    subtask = {"key": "t", "title": "Ship it", "prompt": "do"}
    group = {"key": "g", "title": "Ship", "agent": "claude", "subtasks": [subtask]}
    run = page.daemon.call("run.start", plan={"groups": [group]}, workingDir=str(folder), agent="shell")
    await page.open("#inbox")
    await page.tab.wait("document.querySelector('.question pre.command')?.textContent === 'make test'")
    assert "{" not in str(await page.tab.run("document.querySelector('.question').innerText"))
    await page.tab.click(".inbox .choices .button", "Allow in this session")
    await page.tab.wait("document.querySelector('.question pre.command')?.textContent === 'rm -rf build'")
    await page.tab.run("document.querySelector('.question [aria-label^=Reason]').focus()")
    await page.tab.type("keep it")
    await page.tab.click(".inbox .choices .button", "Deny")
    await page.tab.see("No open questions")
    await page.tab.see("allow in this session")
    session = page.daemon.every("session.list")[0]["id"]
    await page.go(f"#sessions/session/{session}/terminal")
    await page.tab.wait("document.querySelector('.transcript .said-line')?.textContent.includes('word 0')")
    assert await page.tab.run("document.querySelector('.xterm-rows')") is None
    assert await page.tab.run("parseFloat(getComputedStyle(document.querySelector('.transcript')).fontSize)") >= 12
    await page.tab.click(".output-bar .button", "Show raw output")
    await page.tab.wait("document.querySelector('.xterm-rows, .plain-output')?.textContent.includes('\"type\"')")
    await page.tab.click(".output-bar .button", "Show readable output")
    await page.tab.wait("document.querySelector('.transcript')")
    await trio.to_thread.run_sync((folder / "go").write_bytes, b"")
    assert page.daemon.finish_run(run["id"])["status"] == "completed"
    answers = scripted_claude.received(folder)
    assert [answer["behavior"] for answer in answers] == ["allow", "allow", "deny"]
    assert "keep it" in json.dumps(answers[2])
