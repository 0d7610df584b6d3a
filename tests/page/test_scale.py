"""The page with a thousand tasks, fifty sessions and a terminal with endless output: quick, smooth, and of bounded memory."""

import json

import pytest

from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page

pytestmark = [needs_chromium, pytest.mark.slow]

GROUPS, EACH = 50, 20

#: Elements on the page, whatever the number of tasks: those in sight and a few around them.
ELEMENTS = 2500

#: What the page may hold of memory after a collection, in bytes: the library's scroll-back is most of it.
HEAP = 60_000_000

ENDLESS = """# Endless
## Print
- [ ] Print without end
  ```sh
  while :; do seq 1 100000; done
  ```
"""


def thousand_tasks() -> str:
    """A plan of groups that wait for nobody, each with a session that holds until it is stopped."""
    groups = []
    for group in range(GROUPS):
        items = "\n".join(f"- [ ] Task {group}-{item}\n  ```sh\n  sleep 600\n  ```" for item in range(EACH))
        groups.append(f"## Group {group}\n{items}")
    return "# A thousand\n\n" + "\n\n".join(groups)


async def heap(page: Page) -> int:
    """Bytes in use after a collection."""
    await page.tab.call("HeapProfiler.collectGarbage")
    size: int = (await page.tab.call("Runtime.getHeapUsage"))["usedSize"]
    return size


async def test_a_thousand_tasks_and_fifty_sessions_need_few_elements(page: Page) -> None:
    page.start(thousand_tasks())
    await page.open()
    await page.tab.wait(f"import('/js/app.js').then(({{app}}) => app.store.task.size > {GROUPS * EACH})")
    await page.tab.wait("document.querySelector('.places').textContent.includes('50')")
    await page.tab.wait("document.querySelectorAll('.task-row').length > 10")
    assert int(str(await page.tab.run("document.querySelectorAll('*').length"))) < ELEMENTS
    await page.tab.run("document.querySelector('.task-row[aria-level=\"1\"]').click()")
    await page.tab.wait("document.querySelectorAll('.graph-card').length === 50")
    await page.go("#work")
    await page.tab.run("document.querySelector('.scroller').scrollTop = 1e9")
    await page.tab.wait(
        "[...document.querySelectorAll('.task-row')].some((row) => row.textContent.includes('Group 49'))"
    )
    assert int(str(await page.tab.run("document.querySelectorAll('*').length"))) < ELEMENTS
    assert await heap(page) < HEAP


async def test_a_search_finds_one_of_a_thousand(page: Page) -> None:
    page.start(thousand_tasks())
    await page.open()
    await page.tab.wait(f"import('/js/app.js').then(({{app}}) => app.store.task.size > {GROUPS * EACH})")
    await page.tab.press("/")
    await page.tab.type("Task 31-7")
    await page.tab.wait("document.querySelectorAll('.task-row').length === 3")
    shown = await page.tab.run("[...document.querySelectorAll('.task-row .title')].map((it) => it.textContent)")
    assert shown == ["A thousand", "Group 31", "Task 31-7"]


async def test_a_terminal_with_endless_output_keeps_the_page_small_and_responsive(page: Page) -> None:
    page.start(ENDLESS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Print")
    await page.tab.wait("document.querySelector('.xterm-rows')")
    printed = "import('/js/main.js').then(({shell}) => shell.detail.terminal.channel.offset)"
    await page.tab.wait(f"{printed}.then((offset) => offset > 20e6)")
    queued = await page.tab.run("import('/js/main.js').then(({shell}) => shell.detail.terminal.queued)")
    assert int(str(queued)) <= 2 * 1024 * 1024
    lines = await page.tab.run(
        "import('/js/main.js').then(({shell}) => shell.detail.terminal.text().split('\\n').length)"
    )
    assert int(str(lines)) < 10_100
    assert await heap(page) < HEAP
    await page.tab.click(".tab", "Timeline")  # the page still listens
    await page.tab.see("session 'Print' created")


async def test_bursts_of_events_are_drawn_together(page: Page) -> None:
    await page.open()
    draws = "import('/js/app.js').then(({app}) => { window.draws = 0; app.store.listeners.add(() => { window.draws += 1; }); })"
    await page.tab.run(draws)
    project = page.daemon.call("project.create", name="shop", workingDir=str(page.daemon.home))["id"]
    with page.daemon.connect() as connection:
        for number in range(500):
            connection.call("task.create", title=f"Task {number}", projectId=project)
    await page.tab.wait("import('/js/app.js').then(({app}) => app.store.task.size === 500)")
    assert int(str(await page.tab.run("window.draws"))) < 400
    assert json.loads(
        str(await page.tab.run("JSON.stringify([...document.querySelectorAll('.task-row')].length < 80)"))
    )
