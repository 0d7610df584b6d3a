"""The web page: time from navigation until a thousand tasks are on the screen, and the browser memory they take.

This is not one of the numbered quality targets. Its floor is the same browser showing an empty document from the same daemon. Each
round is a navigation with an empty cache in headless Chromium; the page's clock measures until the first row is drawn.
"""

import statistics
import tempfile
from pathlib import Path

import trio

from bench.daemon import Daemon
from bench.table import Row, at_most, skipped
from tests.kit.screens.browser import CHROMIUM, Tab, open_browser

TASKS = 1000

#: Maximum milliseconds until a page feels immediate (https://web.dev/articles/rail: load in 1 s), and maximum MB of memory.
TARGET_MS = 1000
TARGET_MB = 30

#: Runs before the page's scripts: notes when the first task row exists and is painted.
NOTE = """
new MutationObserver((_, observer) => {
  if (!document.querySelector('.task-row .title')) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.drawn = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""


def measure(*, quick: bool) -> list[Row]:
    """Two rows: load time and memory."""
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
    """Create a tree of tasks that no run includes."""
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
    """Milliseconds from the navigation until a small picture is loaded, which the browser and one request need."""
    await tab.call("Page.navigate", url="about:blank")
    await tab.call("Page.navigate", url=f"{site}favicon.svg")
    return float(
        await tab.wait(
            "performance.timing.loadEventEnd > 0 && performance.timing.loadEventEnd - performance.timing.navigationStart"
        )
    )
