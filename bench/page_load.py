"""The web page: from the address to a thousand tasks on the screen, and what that takes of the browser's memory.

No number of the quality page: its floor is the same browser showing an empty document that the same daemon serves. Every round is
a navigation with an empty cache in headless Chromium; what is timed by the page's own clock ends with the first row drawn.
"""

import statistics
import tempfile
from pathlib import Path

import trio

from bench.daemon import Daemon
from bench.table import Row, at_most, skipped
from tests.kit.screens.browser import CHROMIUM, Tab, open_browser

TASKS = 1000

#: Milliseconds until a page feels like one step to who waits for it (https://web.dev/articles/rail: load in 1 s), and MB it may hold.
TARGET_MS = 1000
TARGET_MB = 30

#: Runs before anything of the page: notes when the first row of a task is there, and painted.
NOTE = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('.task-row .title')) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.drawn = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""


def measure(*, quick: bool) -> list[Row]:
    """Two rows: time and memory."""
    if CHROMIUM is None:
        return [skipped("page", "page load", "chromium is not installed")]
    with tempfile.TemporaryDirectory(prefix="m-", dir="/tmp") as folder:
        home = Path(folder, "m")
        home.mkdir()
        daemon = Daemon(home)
        daemon.start()
        try:
            _fill(daemon, home)
            return trio.run(_rows, daemon, Path(folder, "profile"), 3 if quick else 9)
        finally:
            daemon.stop()


def _fill(daemon: Daemon, home: Path) -> None:
    """A tree of tasks that nothing runs."""
    project = daemon.call("project.create", name="bench", workingDir=str(home))["id"]
    for group in range(TASKS // 20):
        parent = daemon.call("task.create", title=f"Group {group}", projectId=project)["id"]
        for number in range(19):
            daemon.call("task.create", title=f"Task {group}-{number}", parentId=parent)


async def _rows(daemon: Daemon, profile: Path, rounds: int) -> list[Row]:
    async with open_browser(profile) as browser:
        tab = await browser.tab()
        await tab.window(1280, 800)
        await tab.call("Network.setCacheDisabled", cacheDisabled=True)
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=NOTE)
        url = daemon.call("ui.open")["url"]
        await tab.open(url)
        site = url.partition("?")[0]
        pairs = [(await _load(tab, site), await _empty(tab, site)) for _ in range(rounds)]
        await _load(tab, site)
        await tab.call("HeapProfiler.collectGarbage")
        heap = (await tab.call("Runtime.getHeapUsage"))["usedSize"] / 1e6
    ours, empty = (statistics.median(column) for column in zip(*pairs, strict=True))
    detail = f"an empty document: {empty:.0f} ms, {ours / empty:.1f} ×"
    return [
        at_most("page", f"first rows of {TASKS} tasks", ours, TARGET_MS, detail, "ms"),
        at_most("page", f"memory of the page with {TASKS} tasks", heap, TARGET_MB, "after a collection", "MB"),
    ]


async def _load(tab: Tab, site: str) -> float:
    """Milliseconds from the navigation to the first row."""
    await tab.call("Page.navigate", url="about:blank")
    await tab.call("Page.navigate", url=site)
    return float(await tab.wait("window.drawn"))


async def _empty(tab: Tab, site: str) -> float:
    """Milliseconds from the navigation to the end of loading of a small picture: what the browser and one request take."""
    await tab.call("Page.navigate", url="about:blank")
    await tab.call("Page.navigate", url=f"{site}favicon.svg")
    return float(
        await tab.wait(
            "performance.timing.loadEventEnd > 0 && performance.timing.loadEventEnd - performance.timing.navigationStart"
        )
    )
