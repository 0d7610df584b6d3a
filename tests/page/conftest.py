"""A daemon, a browser and the page of the one in the other."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.daemons.daemon import Daemon, Json
from tests.kit.screens.browser import Browser, Chromium, Tab, use_browser

#: What the page calls its parts.
APP = "import('/js/app.js').then(({app}) => app)"


@dataclass
class Page:
    """The page as a person has it before them, and the daemon it shows."""

    daemon: Daemon
    browser: Browser
    tab: Tab

    async def open(self, place: str = "#work") -> None:
        """Sign in by a one-time code, as ``maestroctl ui`` does, and go to a place."""
        await self.tab.open(self.daemon.call("ui.open")["url"])
        await self.tab.wait("document.querySelector('.pulse[data-state=open]')")
        await self.go(place)

    async def go(self, place: str) -> None:
        """Another place of the page."""
        await self.tab.run(f"location.hash = {place!r}")

    async def app(self, expression: str) -> object:
        """The value of an expression about ``app``."""
        return await self.tab.run(f"{APP}.then((app) => {expression})")

    def start(self, plan: str, **settings: object) -> Json:
        """Run a Markdown plan with the shell agent; the run."""
        folder = self.daemon.home / "shop"
        folder.mkdir(exist_ok=True)
        run: Json = self.daemon.call("run.start", markdown=plan, workingDir=str(folder), agent="shell", **settings)
        return run


@pytest.fixture
def daemon(short_folder: Path) -> Iterator[Daemon]:
    """A daemon with room for many sessions; whatever it started is gone afterwards."""
    daemon = Daemon(short_folder / "m", max_sessions=60)
    daemon.start()
    yield daemon
    daemon.close()
    print(daemon.words())  # noqa: T201 - pytest shows it when the test failed


@pytest.fixture(scope="session")
def running_chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Chromium]]:
    """The Chromium of all tests of a worker: a start takes five times as long as a tab. One that crashed is replaced."""
    started: list[Chromium] = []

    def running() -> Chromium:
        if not started or not started[-1].alive:
            started.append(Chromium(tmp_path_factory.mktemp("profile")))
        return started[-1]

    yield running
    for chromium in started:
        chromium.close()


@pytest.fixture
async def browser(running_chromium: Callable[[], Chromium]) -> AsyncIterator[Browser]:
    """A browser that knows nothing yet. In the end its pages may have complained of nothing."""
    async with use_browser(running_chromium()) as browser:
        yield browser
        assert browser.complaints == []


@pytest.fixture
async def page(daemon: Daemon, browser: Browser) -> Page:
    """A page that is not opened yet."""
    page = Page(daemon, browser, await browser.tab())
    await page.tab.window(1280, 800)
    return page
