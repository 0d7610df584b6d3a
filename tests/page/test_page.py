"""The page in headless Chromium, as a person uses it: sign in, watch, type, answer, stop, retry, lose the line and come back."""

import itertools
import json
import shutil
from pathlib import Path

import pytest

from tests.kit.browser import PageError, needs_chromium
from tests.page.conftest import Page

pytestmark = [needs_chromium, pytest.mark.slow]

PLANNER = Path(__file__).resolve().parents[2] / "examples" / "plan-repository"

ASK = """# Decide
## Ask {key=ask}
- [ ] Ask the owner
  ```sh
  maestroctl attention ask "Deploy on Friday?" --options yes,no | tee answer.txt
  ```
## After {after=ask}
- [ ] Go on
  ```sh
  echo on
  ```
"""

LISTEN = """# Listen
## Talk
- [ ] Read a line
  ```sh
  printf 'name? '; read name < /dev/tty; printf '\\033[32mhello %s\\033[0m\\n' "$name"; read more < /dev/tty
  ```
"""

FAILS_ONCE = """# Try
## Once more
- [ ] Work the second time
  ```sh
  test -e ready || { echo not yet; exit 1; }
  ```
"""

SLEEPS = """# Sleep
## Long
- [ ] Sleep
  ```sh
  sleep 1000
  ```
"""

#: A line per number, as fast as events come, until told to end.
COUNTS = """# Count
## Numbers
- [ ] Count
  ```sh
  i=0; while [ ! -e enough ]; do i=$((i+1)); echo "line $i"; sleep 0.01; done; echo "last $i"
  ```
## Reports
- [ ] Report
  ```sh
  i=0; while [ ! -e enough ]; do i=$((i+1)); maestroctl task progress $MAESTRO_TASK_ID "step $i" --progress 0.$((i % 10)); done
  ```
"""

#: Keeps what the row of a root task shows, one status after the other.
WATCH_ROOT = """
window.seen = [];
new MutationObserver(() => {
  const status = document.querySelector('.task-row[aria-level="1"]')?.dataset.status;
  if (status && status !== window.seen.at(-1)) window.seen.push(status);
}).observe(document.querySelector('.rows'), {childList: true, subtree: true, attributes: true});
"""

#: The text in the terminal's buffer, all of its scroll-back.
TERMINAL_TEXT = "import('/js/main.js').then(({shell}) => shell.detail.terminal.text())"


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


async def test_the_quickstart_runs_before_ones_eyes(page: Page) -> None:
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
    await page.tab.wait("document.querySelector('.task-row[aria-level=\"1\"]').dataset.status === 'completed'")
    assert await page.tab.run("document.querySelectorAll('.task-row:not([data-status=completed])').length") == 0
    assert await page.tab.run("window.seen") == ["pending", "in_progress", "completed"]


async def test_a_plan_is_checked_while_it_is_written_and_run_from_the_page(page: Page) -> None:
    await page.open()
    await page.tab.press("n")
    await page.tab.click("dialog .as-link", "Use an example")
    await page.tab.see("Wave 2")
    await page.tab.run("document.querySelector('dialog [aria-label=Folder]').focus()")
    await page.tab.type(str(page.daemon.home))
    await page.tab.click("dialog .button.primary", "Run")
    await page.tab.wait("document.querySelector('.detail-head h1')?.textContent === 'Say hello'")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'completed'")


async def test_a_terminal_is_watched_in_colour_and_typed_into(page: Page) -> None:
    page.start(LISTEN)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Talk")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('name?'))")
    await page.tab.press("i")
    await page.tab.type("Ada")
    await page.tab.press("Enter")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('hello Ada'))")
    green = "[...document.querySelectorAll('.xterm-rows span')].some((it) => it.textContent.includes('hello Ada') && it.className.includes('xterm-fg-2'))"
    await page.tab.wait(green)


async def test_without_the_emulator_the_terminal_is_plain_text_and_still_typed_into(page: Page) -> None:
    await page.tab.call("Network.setBlockedURLs", urls=["*/vendor/*"])
    page.start(LISTEN)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Talk")
    await page.tab.see("name?")
    await page.tab.see("make setup")
    await page.tab.click(".plain-input input")
    await page.tab.type("Ada")
    await page.tab.press("Enter")
    await page.tab.see("hello Ada")
    page.browser.complaints.clear()  # the browser says what was blocked


async def test_a_question_is_answered_by_one_click(page: Page) -> None:
    await page.open()
    run = page.start(ASK)
    await page.tab.wait("document.title === '(1) maestrod'")
    await page.tab.click(".place", "Inbox")
    await page.tab.see("Deploy on Friday?")
    await page.tab.click(".inbox .choices .button", "no")
    await page.tab.see("Nothing waits for you")
    assert page.daemon.finish_run(run["id"])["status"] == "completed"
    assert (page.daemon.home / "shop" / "answer.txt").read_text().strip() == "no"
    await page.tab.wait("document.title === 'maestrod'")


async def test_a_task_is_stopped_and_tried_again(page: Page) -> None:
    run = page.start(SLEEPS)
    await page.open(f"#work/task/{run['rootTaskId']}")
    await page.tab.wait("document.querySelector('.task-row[data-status=in_progress]')")
    await page.tab.click(".task-row", "Sleep")
    await page.tab.click(".head-actions .button", "Stop")
    await page.tab.click("dialog .button", "Stop the run")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'cancelled'")
    page.daemon.finish_sessions()
    await page.tab.click(".head-actions .button", "Retry")
    await page.tab.wait("document.querySelector('.task-row[aria-level=\"3\"][data-status=in_progress]')")
    assert page.daemon.call("run.get", runId=run["id"])["run"]["status"] == "running"


async def test_a_failed_task_says_why_and_works_when_tried_again(page: Page) -> None:
    run = page.start(FAILS_ONCE)
    await page.open("#work")
    await page.tab.click(".task-row", "Work the second time")
    await page.tab.see("exit code 1")
    await page.tab.see("not yet")
    (page.daemon.home / "shop" / "ready").touch()
    await page.tab.press("r")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'completed'")
    assert page.daemon.finish_run(run["id"])["status"] == "completed"


async def test_a_session_is_paused_and_goes_on_from_the_page(page: Page) -> None:
    page.start(SLEEPS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Long")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'working'")
    await page.tab.press("p")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'paused'")
    await page.tab.click(".head-actions .button", "Resume")
    await page.tab.wait("document.querySelector('.detail-head .pill').textContent === 'working'")


async def test_a_plan_that_waits_for_a_yes_is_seen_and_approved(page: Page) -> None:
    run = page.start(ASK, approve=True)
    await page.open(f"#work/task/{run['rootTaskId']}/overview")
    await page.tab.see("This plan waits for your yes")
    await page.tab.click(".approval .button", "Approve")
    await page.tab.see("Deploy on Friday?")


async def test_the_line_is_lost_and_comes_back_without_a_gap(page: Page) -> None:
    """The daemon is killed under an open page, twice, while events and output come."""
    run = page.start(COUNTS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Numbers")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('line 20'))")
    for _ in range(2):
        page.daemon.restart()
        seen = page.daemon.call("system.status")["seq"]
        await page.tab.wait(f"import('/js/app.js').then(({{app}}) => app.state === 'open' && app.live.seq > {seen})")
    (page.daemon.home / "shop" / "enough").touch()
    assert page.daemon.finish_run(run["id"])["status"] == "completed"
    await page.tab.wait("document.querySelector('.term-note').textContent.includes('has ended')")
    page.daemon.finish_sessions()
    assert await page.app("app.live.resyncs") == 0
    await same_as_the_daemon(page)
    text = str(await page.tab.run(TERMINAL_TEXT))
    numbers = [int(line.removeprefix("line ")) for line in text.splitlines() if line.startswith("line ")]
    assert len(numbers) > 20
    assert all(after - before == 1 for before, after in itertools.pairwise(numbers))
    page.browser.complaints.clear()  # the browser says of each attempt that nobody answered


async def same_as_the_daemon(page: Page) -> None:
    """What the page knows is what the daemon has, and the page has had every event."""
    seq = page.daemon.call("system.status")["seq"]
    await page.tab.wait(f"import('/js/app.js').then(({{app}}) => app.live.seq >= {seq})")
    for kind, method in (("task", "task.list"), ("session", "session.list")):
        theirs = {each["id"]: each.get("status", "pending") for each in page.daemon.every(method)}
        ours = await page.app(f"Object.fromEntries([...app.store.{kind}.values()].map((it) => [it.id, it.status]))")
        assert ours == theirs


async def test_what_is_clicked_while_the_daemon_is_away_is_done_once_when_it_is_back(page: Page) -> None:
    page.start(ASK)
    await page.open("#inbox")
    await page.tab.see("Deploy on Friday?")
    page.daemon.kill()
    await page.tab.see("The daemon is out of reach")
    await page.tab.click(".inbox .choices .button", "yes")
    page.daemon.start()
    await page.tab.see("Nothing waits for you")
    answered = [
        event
        for event in page.daemon.history()
        if event["type"] == "attention.updated" and "answer" in event.get("data", {})
    ]
    assert len(answered) <= 1
    page.browser.complaints.clear()  # the browser says of each attempt that nobody answered


async def test_an_address_of_nothing_says_what_to_do(page: Page) -> None:
    await page.open("#work/task/tsk_00000000000000000000000000")
    await page.tab.see("No such task")
    await page.tab.click(".detail .button", "Back to all work")
    await page.tab.see("Nothing to do yet")


async def test_a_refused_click_tells_what_the_daemon_says(page: Page) -> None:
    await page.open()
    await page.tab.press("n")
    await page.tab.click("dialog .as-link", "Use an example")
    await page.tab.run("document.querySelector('dialog [aria-label=Folder]').value = 'not/absolute'")
    await page.tab.click("dialog .button.primary", "Run")
    await page.tab.wait("document.querySelector('.toast.bad')?.textContent.length > 20")


async def test_the_page_loads_nothing_from_elsewhere(page: Page) -> None:
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


async def test_a_sign_in_that_is_over_says_how_to_come_back(page: Page) -> None:
    await page.open()
    await page.tab.call("Network.clearBrowserCookies")
    page.daemon.restart()
    await page.tab.see("You are signed out")
    await page.tab.see("maestroctl ui")
    await page.tab.open(page.daemon.call("ui.open")["url"])
    await page.tab.wait("document.querySelector('.pulse[data-state=open]')")
    page.browser.complaints.clear()  # the browser says of each attempt that it was refused


async def test_the_terminal_has_the_size_of_what_is_seen_of_it(page: Page) -> None:
    page.start("# Size\n## Tell\n- [ ] Tell the size\n  ```sh\n  while :; do stty size <&1; sleep 0.1; done\n  ```\n")
    await page.open("#sessions")
    await page.tab.click(".session-row", "Tell")
    fits = (
        "import('/js/main.js').then(({shell}) => { const {emulator} = shell.detail.terminal;"
        " const {rows, cols} = emulator.term; return emulator.text().split('\\n').at(-1).trim() === `${rows} ${cols}` && cols; })"
    )
    wide = int(str(await page.tab.wait(fits)))
    await page.tab.window(900, 500)
    await page.tab.wait(f"{fits}.then((columns) => columns && columns < {wide})")


async def test_the_timeline_of_a_tree_is_that_of_all_its_sessions_and_goes_on(page: Page) -> None:
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


async def test_a_store_that_was_put_back_is_read_anew(page: Page) -> None:
    """A daemon with another, younger store: its numbers mean other events."""
    shop = {"name": "shop", "workingDir": str(page.daemon.home)}
    project = page.daemon.call("project.create", **shop)["id"]
    for number in range(5):
        page.daemon.call("task.create", title=f"Old {number}", projectId=project)
    await page.open()
    await page.tab.see("Old 4")
    page.daemon.kill()
    for path in page.daemon.data.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    (page.daemon.data / "snapshot.jsonl").unlink(missing_ok=True)
    page.daemon.start()
    await page.tab.wait("import('/js/app.js').then(({app}) => app.state === 'open' && app.store.task.size === 0)")
    await page.tab.see("Nothing to do yet")
    page.browser.complaints.clear()  # the browser says of each attempt that nobody answered


async def test_a_terminal_stayed_behind_when_the_window_got_another_size(page: Page) -> None:
    page.start(COUNTS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Numbers")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('line 60'))")
    await page.tab.window(1000, 600)
    behind = "import('/js/main.js').then(({shell}) => { const it = shell.detail.terminal.emulator; return it.term.cols < 75 && it.atEnd(); })"
    await page.tab.wait(behind)
    await page.tab.press("f")
    await page.tab.wait("import('/js/main.js').then(({shell}) => shell.detail.terminal.emulator.term.cols > 90)")
    await page.tab.window(1280, 900)
    number = int(str(await page.tab.run(f"{TERMINAL_TEXT}.then((text) => text.match(/line \\d+/g).at(-1).slice(5))")))
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('line {number + 60}'))")
    assert await page.tab.run("document.querySelector('.term-jump').hidden") is True
