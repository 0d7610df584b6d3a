"""Headless Chromium for tests, driven by the DevTools protocol over a pipe.

The pipe uses file descriptors 3 and 4 of the browser; messages are JSON terminated by NUL (``--remote-debugging-pipe``). This needs no
port and no library, and a browser exits when its pipe closes.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.kit.patience import PATIENCE

#: Debian calls it chromium; ``MAESTRO_CHROMIUM`` names another.
CHROMIUM = os.environ.get("MAESTRO_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"
)

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)

#: Ids of requests, unique over all users of a Chromium, so that replies to an earlier user are recognised.
_NUMBERS = itertools.count(1)


class PageError(AssertionError):
    """A failure in the page: an exception, or a condition that did not become true."""


class Tab:
    """One page: a user's actions on it, and what it shows."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        return await self._browser.call(method, params, self._session)

    async def open(self, url: str) -> None:
        """Go to ``url``, and return when the document is loaded."""
        await self.call("Page.navigate", url=url)
        await self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def run(self, script: str) -> Any:
        """The value of an expression (promises are awaited). Raises ``PageError`` with the page's exception."""
        answer = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if failure := answer.get("exceptionDetails"):
            raise PageError(failure.get("exception", {}).get("description") or failure["text"])
        return answer["result"].get("value")

    async def wait(self, condition: str, seconds: float = PATIENCE) -> Any:
        """The first true value of an expression, which is evaluated on every frame that the page draws."""
        with trio.move_on_after(seconds):
            while True:
                try:
                    if value := await self.run(f"(found => found instanceof Node || found)({condition})"):
                        return value
                except PageError:  # the page is between two documents, or not ready yet
                    pass
                await trio.sleep(0.02)  # the protocol has no event for "this expression became true"
        raise PageError(f"never true: {condition}\n{await self.run('document.body?.innerText')}")

    async def see(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until the page shows the text."""
        await self.wait(f"document.body?.innerText.includes({json.dumps(text)})", seconds)

    async def click(self, selector: str, text: str = "") -> None:
        """Click with the mouse on the middle of the first matching element that shows ``text``."""
        find = (
            f"(() => {{ const found = [...document.querySelectorAll({json.dumps(selector)})]"
            f".find((it) => it.offsetParent !== null && it.textContent.includes({json.dumps(text)}) && !it.disabled);"
            " if (!found) return null; found.scrollIntoView({block: 'nearest'}); const box = found.getBoundingClientRect();"
            " return [box.left + box.width / 2, box.top + box.height / 2]; })()"
        )
        x, y = await self.wait(find)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def type(self, text: str) -> None:
        """Type into the focused element."""
        for letter in text:
            await self.press(letter)

    async def press(self, key: str, *, control: bool = False, shift: bool = False) -> None:
        """Press one key: a letter, or ``Enter``, ``Escape``, ``ArrowDown`` and so on."""
        code = {"Enter": 13, "Escape": 27, "PageUp": 33, "ArrowDown": 40, "ArrowUp": 38, "Tab": 9}.get(key)
        text = "" if control or len(key) > 1 else key
        text = "\r" if key == "Enter" else text
        virtual = {"modifiers": 2 * control + 8 * shift} | ({"windowsVirtualKeyCode": code} if code else {})
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, **virtual)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **virtual)

    async def window(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """Set the size of the window, the system's colour preference, and whether it is a touch screen."""
        scale = 2 if phone else 1
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        await self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        wish = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=wish)

    async def picture(self, path: Path) -> None:
        """Save what is visible now as PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))


class Chromium:
    """A running Chromium with its own profile; many ``Browser``s may use it, one after the other."""

    def __init__(self, profile: Path) -> None:
        """Start it."""
        read_by_browser, self._commands = os.pipe()
        self._answers, written_by_browser = os.pipe()
        #: The beginning of a message whose rest was not read yet.
        self.unread = b""
        # a small program moves the pipe's ends to where Chromium expects them, and becomes Chromium
        place = (
            "import fcntl, os, sys; ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]];"
            " [os.dup2(end, place) for place, end in enumerate(ends, 3)]; os.execv(sys.argv[3], sys.argv[3:])"
        )
        ends = [str(read_by_browser), str(written_by_browser)]
        chromium = [str(CHROMIUM), *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", place, *ends, *chromium],
            pass_fds=(read_by_browser, written_by_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_by_browser)
        os.close(written_by_browser)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def streams(self) -> tuple[trio.lowlevel.FdStream, trio.lowlevel.FdStream]:
        """The pipe's two ends for one user: to Chromium and from it."""
        return trio.lowlevel.FdStream(os.dup(self._commands)), trio.lowlevel.FdStream(os.dup(self._answers))

    def close(self) -> None:
        """End it with everything that it started: a browser exits when its pipe closes."""
        os.close(self._commands)
        os.close(self._answers)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Browser:
    """A user of a running Chromium, with private cookies, storage and cache, which end with it."""

    def __init__(
        self, chromium: Chromium, to_browser: trio.lowlevel.FdStream, from_browser: trio.lowlevel.FdStream
    ) -> None:
        self._chromium = chromium
        self._to = to_browser
        self._from = from_browser
        self._answers: dict[int, dict[str, Any]] = {}
        self._arrived: dict[int, trio.Event] = {}
        self._context = ""
        self._tabs: set[str] = set()
        #: Errors in pages: exceptions, policy violations, failed requests.
        self.complaints: list[str] = []

    async def begin(self) -> None:
        """Create the browser context."""
        self._context = (await self.call("Target.createBrowserContext", {}))["browserContextId"]

    async def end(self) -> None:
        """Close the tabs and delete their shared data."""
        await self.call("Target.disposeBrowserContext", {"browserContextId": self._context})

    async def call(self, method: str, params: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        """Call a method of the protocol. Raises ``PageError`` if it is refused."""
        number, arrived = next(_NUMBERS), trio.Event()
        self._arrived[number] = arrived
        message = {"id": number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        await self._to.send_all(json.dumps(message).encode() + b"\0")
        with trio.fail_after(PATIENCE):
            await arrived.wait()
        answer = self._answers.pop(number)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def tab(self) -> Tab:
        """A new page."""
        target = await self.call("Target.createTarget", {"url": "about:blank", "browserContextId": self._context})
        attached = await self.call("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        session: str = attached["sessionId"]
        self._tabs.add(session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable", {}, session)
        return Tab(self, session)

    async def listen(self) -> None:
        """Process the browser's messages until it ends."""
        while piece := await self._from.receive_some(65536):
            *messages, self._chromium.unread = (self._chromium.unread + piece).split(b"\0")
            for message in messages:
                self._take(json.loads(message))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            if (arrived := self._arrived.pop(message["id"], None)) is not None:  # else the previous user's
                self._answers[message["id"]] = message
                arrived.set()
        elif message.get("sessionId") not in self._tabs:
            pass
        elif message["method"] == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            entry = message["params"]["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}".strip())


@asynccontextmanager
async def use_browser(chromium: Chromium) -> AsyncIterator[Browser]:
    """A new user of a running Chromium."""
    to_browser, from_browser = chromium.streams()
    async with to_browser, from_browser, trio.open_nursery() as nursery:
        browser = Browser(chromium, to_browser, from_browser)
        nursery.start_soon(browser.listen)
        await browser.begin()
        try:
            yield browser
        finally:
            with trio.CancelScope(shield=True):
                await browser.end()
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def open_browser(profile: Path) -> AsyncIterator[Browser]:
    """Chromium with a new profile; it ends with everything that it started at the end of the block."""
    chromium = Chromium(profile)
    try:
        async with use_browser(chromium) as browser:
            yield browser
    finally:
        chromium.close()
