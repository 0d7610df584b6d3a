"""Runs on the page: distinguishable, failures named where users look, the daemon's figures, an existing folder."""

import pytest

from maestroctl.show import progress
from maestrod.api.session import Usage
from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page
from tests.page.plans import FAILS_ONCE, SLEEPS

pytestmark = [needs_chromium, pytest.mark.slow]

SHIP = """# Ship version 2.0
## Build
- [ ] Compile
  ```sh
  echo fine
  ```
## Prove
- [ ] Run test_23.py
  ```sh
  while [ -e hold ]; do sleep 0.05; done; echo "2 tests failed"; exit 3
  ```
"""


async def test_a_failed_run_names_task_error_and_session_and_is_retried(page: Page) -> None:
    run = page.start(SHIP)
    page.daemon.finish_run(run["id"])
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.see("Failed task: Run test_23.py")
    card = str(await page.tab.run("document.querySelector('.failure').innerText"))
    assert "exit code 3" in card
    assert "2 tests failed" in card
    row = "document.querySelector('.task-row[aria-level=\"1\"]').innerText"
    assert "1 of 2 completed, 1 failed" in str(await page.tab.run(row))
    await page.tab.press("i")
    await page.tab.wait("document.querySelector('.session-view h1')?.textContent === 'Prove'")
    await page.tab.wait("document.querySelector('.term.ended')")
    await page.go(f"#work/task/{run['rootTaskId']}")
    (page.daemon.home / "shop" / "hold").touch()
    await page.tab.click(".failure .button", "Retry what failed")
    await page.tab.wait("document.querySelector('.failure')?.hidden")
    (page.daemon.home / "shop" / "hold").unlink()
    assert page.daemon.finish_run(run["id"])["status"] == "failed"


async def test_a_cancelled_run_does_not_count_cancelled_tasks_as_done(page: Page) -> None:
    run = page.start(SLEEPS)
    page.daemon.call("run.cancel", runId=run["id"])
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.see("0 of 1 completed, 1 cancelled")
    await page.tab.wait("document.querySelector('.graph-detail')?.textContent === '0 of 1, 1 cancelled'")


async def test_runs_with_the_same_title_show_numbers_and_times_newest_first(page: Page) -> None:
    for _ in range(3):
        page.daemon.finish_run(page.start(SHIP)["id"])
    await page.open()
    roots = "[...document.querySelectorAll('.task-row[aria-level=\"1\"]')]"
    await page.tab.wait(f"{roots}.length === 3")
    numbers = f"{roots}.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((it) => it.querySelector('.number').textContent)"
    assert await page.tab.run(numbers) == ["#3", "#2", "#1"]
    assert await page.tab.run(f"{roots}.every((it) => /\\d\\d:\\d\\d/.test(it.querySelector('.began').textContent))")


async def test_usage_is_the_sum_of_the_run_worded_as_on_the_command_line(page: Page) -> None:
    run = page.start(SLEEPS)
    await page.open(f"#work/task/{run['rootTaskId']}")
    session = page.daemon.every("session.list")[0]["id"]
    page.daemon.call("session.update", sessionId=session, usage={"input": 16000, "output": 1200, "cost": 0.084})
    words = progress.spent(Usage(input=16000, output=1200, cost=0.084))
    await page.tab.wait(f"document.querySelector('.state-facts .chip')?.textContent === '{words}'")
    await page.go(f"#sessions/session/{session}")
    await page.tab.see(words)


async def test_a_session_is_searched_by_all_its_words(page: Page) -> None:
    page.daemon.finish_run(page.start(FAILS_ONCE)["id"])
    await page.open("#sessions")
    await page.tab.see("No live sessions")
    await page.tab.press("/")
    await page.tab.type("failed")
    await page.tab.wait("document.querySelector('.session-row')?.textContent.includes('Once more')")
    await page.tab.type(" nowhere")
    await page.tab.see("No matching sessions")


async def test_a_run_does_not_start_in_a_missing_folder(page: Page) -> None:
    gone = page.daemon.home / "gone"
    gone.mkdir()
    page.daemon.call("project.create", name="old", workingDir=str(gone))
    gone.rmdir()
    await page.open()
    await page.tab.press("n")
    await page.tab.wait("document.querySelector('dialog [aria-label=Folder]')")
    assert await page.tab.run("document.querySelector('dialog [aria-label=Folder]').value") == ""
    await page.tab.press("Escape")
    page.daemon.finish_run(page.start(SHIP)["id"])
    await page.tab.press("n")
    await page.tab.wait("document.querySelector('dialog [aria-label=Project]')?.offsetParent")
    chosen = "(it => it.selectedOptions[0].textContent)(document.querySelector('dialog [aria-label=Project]'))"
    assert await page.tab.run(chosen) == f"shop — {page.daemon.home / 'shop'}"
    assert await page.tab.run("document.querySelector('dialog [aria-label=Project]').innerHTML.includes('disabled')")
