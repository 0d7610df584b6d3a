"""The page in headless Chromium, as a person uses it: sign in, watch, run, answer, stop, retry."""

import json
from pathlib import Path

import pytest

from maestrod.api.session import SessionStatus
from maestrod.api.task import TaskStatus
from tests.kit.screens.browser import PageError, needs_chromium
from tests.page.conftest import Page
from tests.page.plans import ASK, FAILS_ONCE, SLEEPS

pytestmark = [needs_chromium, pytest.mark.slow]

PLANNER = Path(__file__).resolve().parents[2] / "examples" / "plan-repository"

#: Keeps what the row of a root task shows, one status after the other.
WATCH_ROOT = """
window.seen = [];
new MutationObserver(() => {
  const status = document.querySelector('.task-row[aria-level="1"]')?.dataset.category;
  if (status && status !== window.seen.at(-1)) window.seen.push(status);
}).observe(document.querySelector('.rows'), {childList: true, subtree: true, attributes: true});
"""


async def test_a_one_time_code_signs_in_and_leaves_no_secret_in_the_page(page: Page) -> None:
    address = page.daemon.call("ui.open")["url"]
    await page.tab.open(address)
    await page.tab.see("Nothing to do yet")
    assert "code" not in str(await page.tab.run("location.href"))
    assert await page.tab.run("document.cookie") == ""
    assert await page.tab.run("[...Object.keys(localStorage), ...Object.keys(sessionStorage)].length") == 0


async def test_the_code_works_once(page: Page) -> None:
    address = page.daemon.call("ui.open")["url"]
    await page.tab.open(address)
    await page.tab.see("Nothing to do yet")
    await page.tab.call("Network.clearBrowserCookies")
    await page.tab.open(address)
    await page.tab.see("maestroctl ui")
    page.browser.complaints.clear()  # the browser says of the refusal that it was one


async def test_the_quickstart_works_in_the_page(page: Page) -> None:
    folder = page.daemon.home / "small"
    folder.mkdir()
    (folder / "hello.py").write_text("print('hello')\n")
    await page.open()
    await page.tab.run(WATCH_ROOT)
    page.daemon.call(
        "run.start", text="Check this repository", workingDir=str(folder), agent="shell", planner=[str(PLANNER)]
    )
    await page.tab.see("Check this repository")
    await page.tab.see("Wave 2")
    await page.tab.wait("document.querySelector('.task-row[aria-level=\"1\"]').dataset.category === 'completed'")
    assert await page.tab.run("document.querySelectorAll('.task-row:not([data-category=completed])').length") == 0
    seen = await page.tab.run("window.seen")  # a page draws the state of the moment, and may miss a short one
    assert seen[-1] == "completed" and seen == [each for each in ("open", "active", "completed") if each in seen]


async def test_a_plan_is_checked_while_it_is_written_and_run_from_the_page(page: Page) -> None:
    await page.open()
    await page.tab.press("n")
    await page.tab.click("dialog .as-link", "Use an example")
    await page.tab.see("Wave 2")
    await page.tab.run("document.querySelector('dialog [aria-label=Folder]').focus()")
    await page.tab.type(str(page.daemon.home))
    await page.tab.click("dialog .button.primary", "Run")
    await page.tab.wait("document.querySelector('.detail-head h1')?.textContent === '#1 Say hello'")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'completed'")


async def test_a_question_is_answered_by_one_click(page: Page) -> None:
    await page.open()
    run = page.start(ASK)
    await page.tab.wait("document.title === '(1) maestrod'")
    await page.tab.click(".place", "Inbox")
    await page.tab.see("Deploy on Friday?")
    await page.tab.click(".inbox .choices .button", "no")
    await page.tab.see("No open questions")
    assert page.daemon.finish_run(run["id"])["status"] == "completed"
    assert (page.daemon.home / "shop" / "answer.txt").read_text().strip() == "no"
    await page.tab.wait("document.title === 'maestrod'")


async def test_a_task_is_stopped_and_retried(page: Page) -> None:
    run = page.start(SLEEPS)
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.wait("document.querySelector('.task-row[data-category=active]')")
    await page.tab.click(".task-row", "Sleep")
    await page.tab.click(".head-actions .button", "Stop")
    await page.tab.click("dialog .button", "Stop the run")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'cancelled'")
    page.daemon.finish_sessions()
    await page.tab.click(".head-actions .button", "Retry")
    await page.tab.wait("document.querySelector('.task-row[aria-level=\"3\"][data-category=active]')")
    assert page.daemon.call("run.get", runId=run["id"])["run"]["status"] == "running"


async def test_a_failed_task_says_why_and_works_when_retried(page: Page) -> None:
    run = page.start(FAILS_ONCE)
    await page.open("#work")
    await page.tab.click(".task-row", "Work the second time")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'failed'")  # the row says so too
    await page.tab.see("exit code 1")
    await page.tab.see("not yet")
    (page.daemon.home / "shop" / "ready").touch()
    await page.tab.press("r")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'completed'")
    assert page.daemon.finish_run(run["id"])["status"] == "completed"


async def test_a_session_is_paused_and_resumed_from_the_page(page: Page) -> None:
    page.start(SLEEPS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Long")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'working'")
    await page.tab.press("p")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'paused'")
    await page.tab.click(".head-actions .button", "Resume")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'working'")


async def test_a_waiting_plan_is_seen_and_approved(page: Page) -> None:
    run = page.start(ASK, approve=True)
    await page.open(f"#work/task/{run['rootTaskId']}/overview")
    await page.tab.see("This plan awaits your approval")
    await page.tab.click(".approval .button", "Approve")
    await page.tab.see("Deploy on Friday?")


async def test_an_empty_address_says_what_to_do(page: Page) -> None:
    await page.open("#work/task/tsk_00000000000000000000000000")
    await page.tab.see("No such task")
    await page.tab.click(".detail .button", "Back to all work")
    await page.tab.see("Nothing to do yet")


async def test_a_refused_click_shows_what_the_daemon_says(page: Page) -> None:
    await page.open()
    await page.tab.press("n")
    await page.tab.click("dialog .as-link", "Use an example")
    await page.tab.run("document.querySelector('dialog [aria-label=Folder]').value = 'not/absolute'")
    await page.tab.click("dialog .button.primary", "Run")
    await page.tab.wait("document.querySelector('.toast.bad')?.textContent.length > 20")


async def test_the_page_loads_nothing_from_other_hosts(page: Page) -> None:
    page.start(SLEEPS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Long")
    await page.tab.wait("document.querySelector('.xterm-rows')")
    hosts = await page.tab.run(
        "[...new Set(performance.getEntriesByType('resource').map((it) => new URL(it.name).host))]"
    )
    assert hosts == [await page.tab.run("location.host")]


async def test_a_script_in_a_title_is_only_text(page: Page) -> None:
    evil = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
    page.daemon.call("project.create", name=evil, workingDir=str(page.daemon.home))
    project = page.daemon.every("project.list")[0]["id"]
    task = page.daemon.call("task.create", title=evil, projectId=project, description=evil)
    await page.open(f"#work/task/{task['id']}")
    await page.tab.wait(f"document.querySelector('.detail-head h1')?.textContent === {json.dumps(evil)}")
    assert await page.tab.run("window.hacked") is None


async def test_inline_scripts_are_refused_by_the_policy(page: Page) -> None:
    await page.open()
    with pytest.raises(PageError):
        await page.tab.wait(
            "(document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'})), window.ran)",
            0.3,
        )
    page.browser.complaints.clear()  # the browser says what it refused


async def test_the_timeline_of_a_tree_combines_all_its_sessions_and_continues(page: Page) -> None:
    run = page.start(ASK)
    await page.open(f"#work/task/{run['rootTaskId']}/timeline")
    await page.tab.wait("document.querySelector('.timeline').textContent.includes('session \\'Ask\\' created')")
    question = page.daemon.every("attention.list")[0]["id"]
    page.daemon.call("attention.answer", attentionId=question, value="yes")
    page.daemon.finish_run(run["id"])
    await page.tab.wait("document.querySelector('.timeline').textContent.includes('session completed')")
    numbers = await page.tab.run("[...document.querySelectorAll('.timeline .entry')].map((it) => it.seq)")
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == len(numbers)


async def test_every_status_has_its_look(page: Page) -> None:
    await page.open()
    for kind, statuses in (("taskLook", TaskStatus), ("sessionLook", SessionStatus)):
        names = [status.value for status in statuses]
        script = f"import('/js/model/status.js').then((looks) => {json.dumps(names)}.filter((status) => looks.{kind}({{status}}).unknown))"
        assert await page.tab.run(script) == []


async def test_json_output_of_an_agent_is_shown_as_a_conversation(page: Page) -> None:
    page.start(SLEEPS)
    await page.open("#sessions")
    session = page.daemon.every("session.list")[0]["id"]
    await page.app(f"app.store.put('session', {{...app.store.session.get('{session}'), readTo: 1}})")
    for message, metadata in (("I begin with the parser.", {"said": True}), ("Bash: make test\nok", {})):
        page.daemon.call("session.report", sessionId=session, type="progress", message=message, metadata=metadata)
    await page.tab.see("Bash: make test")
    await page.tab.click(".session-row", "Long")
    await page.tab.wait("document.querySelector('.said')?.textContent.includes('I begin with the parser.')")
    await page.tab.wait("document.querySelector('details.deed summary')?.textContent.includes('Bash: make test')")
    page.daemon.call(
        "session.report", sessionId=session, type="progress", message="All tests pass.", metadata={"said": True}
    )
    await page.tab.wait("[...document.querySelectorAll('.said')].at(-1).textContent.includes('All tests pass.')")
    await page.tab.run("document.querySelector('.compose textarea').focus()")
    await page.tab.type("thanks")
    await page.tab.click(".compose .button", "Send")
    await page.tab.see("takes no prompts")
