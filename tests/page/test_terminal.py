"""Terminals on the page: colour, typing, size, and the fallback without the emulator."""

import pytest

from tests.kit.screens.browser import needs_chromium
from tests.page.conftest import Page
from tests.page.plans import COUNTS, LISTEN, TERMINAL_TEXT

pytestmark = [needs_chromium, pytest.mark.slow]

TELL_SIZE = "# Size\n## Tell\n- [ ] Tell the size\n  ```sh\n  while :; do stty size <&1; sleep 0.1; done\n  ```\n"

#: The columns of the emulator, once the program in the terminal was told the emulator's size.
FITS = (
    "import('/js/main.js').then(({shell}) => { const {emulator} = shell.detail.terminal;"
    " const {rows, cols} = emulator.term; return emulator.text().split('\\n').at(-1).trim() === `${rows} ${cols}` && cols; })"
)

#: Answers the first size as the daemon does while no agent is there.
REFUSE_ONCE = """(() => {
  const send = WebSocket.prototype.send;
  window.refusedSizes = 0;
  WebSocket.prototype.send = function (data) {
    if (refusedSizes > 0 || typeof data !== 'string' || !data.includes('"resize"')) return send.call(this, data);
    refusedSizes += 1;
    this.dispatchEvent(new MessageEvent('message', {data: '{"type":"error","code":"terminal.not_held","message":"","details":{}}'}));
  };
})()"""


async def test_a_terminal_is_shown_in_colour_and_accepts_typing(page: Page) -> None:
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


async def test_without_the_emulator_the_terminal_is_plain_text_and_accepts_typing(page: Page) -> None:
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


async def test_the_terminal_has_the_size_of_its_visible_part(page: Page) -> None:
    page.start(TELL_SIZE)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Tell")
    wide = int(str(await page.tab.wait(FITS)))
    await page.tab.window(900, 500)
    await page.tab.wait(f"{FITS}.then((columns) => columns && columns < {wide})")


async def test_a_refused_terminal_size_is_requested_again(page: Page) -> None:
    """As happens to a page that is faster than the start of the agent."""
    page.start(TELL_SIZE)
    await page.open("#sessions")
    await page.tab.run(REFUSE_ONCE)
    await page.tab.click(".session-row", "Tell")
    await page.tab.wait(FITS)
    assert await page.tab.run("window.refusedSizes") == 1


async def test_a_terminal_keeps_its_size_when_the_window_changes(page: Page) -> None:
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
    await page.tab.wait("document.querySelector('.term-jump').hidden")


#: The channel of the terminal that is shown.
CHANNEL = "import('/js/main.js').then(({shell}) => shell.detail.terminal.channel)"


async def test_keys_typed_while_disconnected_are_sent_when_the_terminal_is_back(page: Page) -> None:
    page.start(LISTEN)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Talk")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('name?'))")
    await page.tab.run(f"{CHANNEL}.then((it) => {{ it.socket.close(); it.type('Ada'); it.type('\\r'); }})")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('hello Ada'))")


async def test_keys_that_cannot_be_held_are_not_dropped_silently(page: Page) -> None:
    page.start(LISTEN)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Talk")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('name?'))")
    full = "it.socket.close(); it.typeBytes(new Uint8Array(70_000))"
    note = "document.querySelector('.term-note').textContent"
    assert "the last ones were dropped" in str(
        await page.tab.run(f"{CHANNEL}.then((it) => {{ {full}; return {note}; }})")
    )


async def test_only_the_reader_stops_a_terminal_from_following_its_output(page: Page) -> None:
    page.start(COUNTS)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Numbers")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('line 90'))")
    at_end = "import('/js/main.js').then(({shell}) => shell.detail.terminal.emulator.atEnd())"
    await page.tab.run("import('/js/main.js').then(({shell}) => shell.detail.terminal.emulator.term.scrollLines(-20))")
    await page.tab.wait(at_end)  # the emulator scrolled by itself, as it does after a change of size
    await page.tab.press("i")
    await page.tab.press("PageUp", shift=True)
    await page.tab.wait(f"!document.querySelector('.term-jump').hidden && {at_end}.then((end) => !end)")
    await page.tab.window(1000, 600)
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('line 200'))")
    assert not await page.tab.run(at_end)
    await page.tab.click(".term-jump")
    await page.tab.wait(f"document.querySelector('.term-jump').hidden && {at_end}")


async def test_keys_that_the_daemon_refuses_are_not_dropped_silently(page: Page) -> None:
    page.start(LISTEN)
    await page.open("#sessions")
    await page.tab.click(".session-row", "Talk")
    await page.tab.wait(f"{TERMINAL_TEXT}.then((text) => text.includes('name?'))")
    refusal = """'{"type":"error","code":"session.input_full","message":"its input is full","details":{}}'"""
    await page.tab.run(
        f"{CHANNEL}.then((it) => {{ it.type('x'); it.socket.dispatchEvent(new MessageEvent('message', {{data: {refusal}}})); }})"
    )
    await page.tab.see("were refused: its input is full")
