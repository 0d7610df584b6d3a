"""The page when the connection breaks, the daemon restarts, or a sign-in expires: it recovers by itself and misses nothing."""

import itertools
import shutil
from pathlib import Path

import psutil
import pytest

from tests.kit.daemons.daemon import Daemon
from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page
from tests.page.plans import ASK, COUNTS, TERMINAL_TEXT

pytestmark = [needs_chromium, pytest.mark.slow]


async def test_a_lost_connection_returns_without_a_gap(page: Page) -> None:
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


async def test_a_dead_connection_that_was_not_closed_is_noticed_and_left(page: Page) -> None:
    """The daemon stands still: its end of each connection stays open and says nothing, as after a network that went."""
    run = page.start(COUNTS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Numbers")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('line 20'))")
    process = psutil.Process(page.daemon.pid)
    process.suspend()
    try:
        await page.tab.run("window.dispatchEvent(new Event('focus'))")  # somebody comes back to the page
        await page.tab.see("The daemon cannot be reached")
        await page.tab.wait("document.querySelector('.term-note').textContent.includes('connection')")
    finally:
        process.resume()
    await page.tab.wait("document.querySelector('.pulse[data-state=open]')")
    (page.daemon.home / "shop" / "enough").touch()
    assert page.daemon.finish_run(run["id"])["status"] == "completed"
    await page.tab.wait("document.querySelector('.term-note').textContent.includes('has ended')")
    await same_as_the_daemon(page)
    page.browser.complaints.clear()  # the browser says of each attempt that nobody answered


async def test_a_click_while_the_daemon_is_away_takes_effect_once_when_it_returns(page: Page) -> None:
    page.start(ASK)
    await page.open("#inbox")
    await page.tab.see("Deploy on Friday?")
    page.daemon.kill()
    await page.tab.see("The daemon cannot be reached")
    await page.tab.click(".inbox .choices .button", "yes")
    page.daemon.start()
    await page.tab.see("No open questions")
    answered = [
        event
        for event in page.daemon.history()
        if event["type"] == "attention.updated" and "answer" in event.get("data", {})
    ]
    assert len(answered) == 1
    page.browser.complaints.clear()  # the browser says of each attempt that nobody answered


async def test_an_expired_sign_in_says_how_to_return(page: Page) -> None:
    await page.open()
    await page.tab.call("Network.clearBrowserCookies")
    page.daemon.restart()
    await page.tab.see("You are signed out")
    await page.tab.see("maestroctl ui")
    await page.tab.open(page.daemon.call("ui.open")["url"])
    await page.tab.wait("document.querySelector('.pulse[data-state=open]')")
    page.browser.complaints.clear()  # the browser says of each attempt that it was refused


async def test_a_restored_store_is_read_again(page: Page) -> None:
    """Copies of one store that went different ways: their numbers mean other events, whether there are as many or fewer."""
    first, second = diverged(page.daemon, "A", "B")
    put_back(page.daemon, first)
    await page.open()
    await page.tab.see("Task A")
    page.daemon.kill()
    put_back(page.daemon, second)
    await page.tab.see("Task B")
    await same_as_the_daemon(page)
    project = page.daemon.call("project.list")["items"][0]["id"]
    page.daemon.call("task.create", title="One more", projectId=project)
    await page.tab.see("One more")
    page.daemon.kill()
    put_back(page.daemon, first)
    await page.tab.see("Task A")
    await same_as_the_daemon(page)
    page.browser.complaints.clear()  # the browser says of each attempt that nobody answered


def diverged(daemon: Daemon, *names: str) -> list[Path]:
    """Data folders that were one, each with a task of its own; the daemon is gone."""
    project = daemon.call("project.create", name="shop", workingDir=str(daemon.home))["id"]
    daemon.kill()
    common = daemon.data.rename(daemon.home / "common")
    stores = []
    for name in names:
        put_back(daemon, common)
        daemon.call("task.create", title=f"Task {name}", projectId=project)
        daemon.kill()
        stores.append(daemon.data.rename(daemon.home / name))
    return stores


def put_back(daemon: Daemon, store: Path) -> None:
    """Start the daemon with a copy of a data folder."""
    shutil.rmtree(daemon.data, ignore_errors=True)
    shutil.copytree(store, daemon.data)
    daemon.start()


async def test_a_missed_event_is_requested_again(page: Page) -> None:
    project = page.daemon.call("project.create", name="shop", workingDir=str(page.daemon.home))["id"]
    task = page.daemon.call("task.create", title="First", projectId=project)["id"]
    await page.open()
    await page.tab.see("First")
    await page.app("{ app.live.seq -= 1; app.store.task.clear(); app.store.childrenOf.clear(); }")
    page.daemon.call("task.create", title="Second", projectId=project)
    await page.tab.see("Second")
    await page.tab.see("First")  # its creation was told once more
    page.daemon.call("task.update", taskId=task, title="Renamed")
    await page.tab.see("Renamed")
    assert await page.app("app.live.resyncs") == 0


async def test_after_a_gap_in_the_events_the_page_is_correct_again(page: Page) -> None:
    """Comes back with a number whose events the daemon cannot tell: what it knew is read anew, and followed from there."""
    project = page.daemon.call("project.create", name="shop", workingDir=str(page.daemon.home))["id"]
    task = page.daemon.call("task.create", title="First", projectId=project)["id"]
    await page.open()
    await page.tab.see("First")
    await page.app("{ app.live.seq += 1_000_000; app.live.connection.socket.close(); }")
    page.daemon.call("task.update", taskId=task, title="Renamed meanwhile")
    await page.tab.see("Renamed meanwhile")
    assert await page.app("app.live.resyncs") == 1
    page.daemon.call("task.create", title="Second", projectId=project)
    await page.tab.see("Second")
    await same_as_the_daemon(page)
